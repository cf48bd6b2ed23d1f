"""Brands: the name, logo and colour under which a workspace shows itself to its people."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from talkhub.errors import Invalid
from talkhub.services.administration.accents import is_colour
from talkhub.services.administration.logos import as_logo
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.store.statements import brands as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

LONGEST_NAME = 40
_NOT_IN_FILE_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Face:
    """How a workspace shows itself; None is as the product does."""

    workspace_id: int
    slug: str
    name: str
    timezone: str
    accent: str | None
    logo_digest: str | None
    has_own_name: bool

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days."""
        return ZoneInfo(self.timezone)

    @property
    def file_prefix(self) -> str:
        """What its files' names begin with: its own name in plain letters, or nothing."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        words = _NOT_IN_FILE_NAMES.sub("-", plain.lower()).strip("-")
        return f"{words}-" if self.has_own_name and words else ""


@dataclass(frozen=True, slots=True)
class WantedBrand:
    """What somebody wishes: an empty name or accent takes it back; `logo` is None to leave it."""

    name: str
    accent: str
    logo: bytes | None = None
    drops_logo: bool = False


def face_of(uow: UnitOfWork) -> Face:
    """Return how the unit of work's workspace shows itself."""
    key = {"workspace_id": uow.workspace_id}
    return Face(**uow.run(statements.FACE, key).mappings().one())


def face_of_login(database: Database, slug: str) -> Face | None:
    """Return the face of a workspace that has a brand, by its slug; None for all others."""
    key = {"slug": without_nul(slug)}
    with database.read_only(system_scope("the brand of a login")) as uow:
        row = uow.run(statements.FACE_OF_SLUG, key).mappings().first()
    return Face(**row) if row is not None else None


def face_of_workspace(database: Database, workspace_id: int) -> Face | None:
    """Return the face of a workspace for somebody on their way in; None if it is no more.

    They hold an invitation of it, or its password and not yet the code.
    """
    key = {"workspace_id": workspace_id}
    with database.read_only(workspace_scope(workspace_id, "anybody")) as uow:
        row = uow.run(statements.FACE, key).mappings().first()
    return Face(**row) if row is not None else None


def logo_of(database: Database, workspace_id: int, digest: str) -> bytes | None:
    """Return a logo for anybody who knows its digest; None if it is another's or there is none."""
    key = {"workspace_id": workspace_id, "digest": digest}
    with database.read_only(workspace_scope(workspace_id, "anybody")) as uow:
        logo = uow.run(statements.LOGO, key).scalar()
    return bytes(logo) if logo is not None else None


def set_brand(uow: UnitOfWork, wanted: WantedBrand) -> None:
    """Change how the workspace shows itself; raises Invalid."""
    name = " ".join(without_nul(wanted.name).split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        detail = f"A name has at most {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    accent = wanted.accent.lower()
    if accent and not is_colour(accent):
        detail = "A colour is written as #rrggbb."
        raise Invalid.at("accent", detail=detail, code="accent_invalid")
    key = {"workspace_id": uow.workspace_id}
    uow.run(statements.SET_BRAND, {**key, "name": name or None, "accent": accent or None})
    if wanted.drops_logo:
        uow.run(statements.SET_LOGO, {**key, "logo": None, "digest": None})
    elif wanted.logo is not None:
        logo = as_logo(wanted.logo)
        uow.run(statements.SET_LOGO, {**key, "logo": logo, "digest": sha256(logo).hexdigest()})
    audit(uow, action="brand.changed", subject=None, address=None)
