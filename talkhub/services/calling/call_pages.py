"""The page from which people call a workspace: whether it is open, and who may embed it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from talkhub.errors import Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import calls as statements
from talkhub.store.uow import UnitOfWork

MOST_ORIGINS = 20
_KEY = re.compile(r"([0-9]{1,19})-[A-Za-z0-9_-]{16}")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?", re.IGNORECASE)
"""A letter that means something in a policy's list would let in others."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """A workspace's page; its key is in its address, for all to see."""

    page_key: str
    is_open: bool
    origins: tuple[str, ...]


def workspace_of_key(page_key: str) -> int:
    """Return which workspace a key is said to be of; raises NotFound for what is none."""
    match = _KEY.fullmatch(page_key)
    if match is None or int(match[1]) > LARGEST_ID:
        raise NotFound("There is no such page.")
    return int(match[1])


def call_page(uow: UnitOfWork) -> CallPage | None:
    """Return the workspace's page; None as long as nobody has opened one."""
    row = uow.run(statements.PAGE, {"workspace_id": uow.workspace_id}).mappings().first()
    return None if row is None else CallPage(row["page_key"], row["is_open"], tuple(row["origins"]))


def open_page(uow: UnitOfWork, page_key: str) -> CallPage:
    """Return the page of a key; raises NotFound for one that there is not, or that is closed."""
    page = call_page(uow)
    if page is None or not page.is_open or not secrets.compare_digest(page.page_key, page_key):
        raise NotFound("There is no such page.")
    return page


def set_call_page(uow: UnitOfWork, *, is_open: bool, origins: Sequence[str]) -> CallPage:
    """Open or close the page, for these sites to embed. Raises Invalid."""
    allowed = tuple(dict.fromkeys(_origin(it) for it in origins if it.strip()))
    if len(allowed) > MOST_ORIGINS:
        detail = f"Up to {MOST_ORIGINS} sites may embed the page."
        raise Invalid.at("origins", detail=detail, code="origins_invalid")
    params = {
        "workspace_id": uow.workspace_id,
        "page_key": f"{uow.workspace_id}-{secrets.token_urlsafe(12)}",
        "is_open": is_open,
        "origins": list(allowed),
        "actor": uow.scope.actor,
    }
    page_key: str = uow.run(statements.SET_PAGE, params).scalar_one()
    said = {"is_open": is_open, "origins": list(allowed)}
    audit(uow, action="call_page.set", subject=None, address=None, detail=said)
    return CallPage(page_key, is_open, allowed)


def _origin(text: str) -> str:
    """Return a site's origin as browsers write it; by http only on the developer's machine."""
    parts = urlsplit(text.strip().rstrip("/"))
    is_near = parts.hostname in {"localhost", "127.0.0.1"}
    is_origin = parts.geturl() == f"{parts.scheme}://{parts.netloc}"
    if (
        parts.scheme not in ({"https", "http"} if is_near else {"https"})
        or not is_origin
        or not _HOST.fullmatch(parts.netloc)
    ):
        detail = "A site is written like https://www.example.com, without a path."
        raise Invalid.at("origins", detail=detail, code="origin_invalid")
    return f"{parts.scheme}://{parts.netloc.lower()}"
