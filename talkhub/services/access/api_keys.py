"""API keys: made, shown once, rotated, revoked, and who calls with one."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkhub import security
from talkhub.errors import Invalid, NotFound, Unauthenticated
from talkhub.names import TokenKind
from talkhub.security import AUDIENCE, KEY_SCOPES, Principal
from talkhub.services.audit import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import api_keys as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

ROTATION_GRACE = timedelta(hours=24)
"""So long a rotated key still opens what it opened, for callers to go over to the new one."""

CACHED_SECONDS = 300
"""A process asks about a key again after so long; of a revoked one it hears within five seconds."""

MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key on the one occasion on which it can be shown."""

    id: int
    name: str
    text: str
    scopes: list[str]
    expires_at: datetime | None


def create_api_key(
    uow: UnitOfWork, *, name: str, scopes: Collection[str], lifetime: timedelta | None
) -> NewKey:
    """Make a key of the workspace; without a lifetime it lasts until it is revoked."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= KEY_SCOPES:
        known = ", ".join(sorted(KEY_SCOPES))
        detail = f"A key takes one or more of {known}."
        raise Invalid.at("scopes", detail=detail, code="scopes_invalid")
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        detail = f"A name has 1 to {MAX_NAME_LENGTH} printable characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    made = _add(uow, name.strip(), wanted, lifetime)
    audit(uow, action="api_key.created", subject=str(made.id), address=None)
    return made


def rotate_api_key(uow: UnitOfWork, key_id: int) -> NewKey:
    """Make a key's successor, of the same name, reach and lifetime.

    The old one stays valid for `ROTATION_GRACE`, or for less if it would have ended before.
    """
    key = _named(uow, key_id)
    old = uow.run(statements.LOCK_API_KEY, key).mappings().first()
    if old is None:
        raise NotFound("There is no such key that is in force and was not replaced yet.")
    made = _add(uow, old["name"], old["scopes"], old["lifetime"])
    params = {**key, "successor": made.id, "grace": ROTATION_GRACE}
    uow.run(statements.REPLACE_API_KEY, params)
    audit(uow, action="api_key.rotated", subject=str(key_id), address=None)
    return made


def revoke_api_key(uow: UnitOfWork, key_id: int) -> None:
    """Revoke a key; it is refused everywhere within five seconds. Raises NotFound."""
    key = _named(uow, key_id)
    if uow.run(statements.REVOKE_API_KEY, key).first() is None:
        raise NotFound("There is no such key, or it was revoked before.")
    audit(uow, action="api_key.revoked", subject=str(key_id), address=None)


def read_api_key(database: Database, text: str) -> Principal:
    """Return who calls with a key; raises Unauthenticated. To be asked again when it expires."""
    if not security.is_api_key(text):  # mistyped or made up: not worth a question
        raise _refusal()
    key = {"key_hash": security.hash_secret(text)}
    with database.read_only(system_scope("the workspace of an API key")) as uow:
        row = uow.run(statements.FIND_API_KEY, key).mappings().first()
    if row is None:
        raise _refusal()
    ends_at = row["expires_at"].timestamp() if row["expires_at"] is not None else float("inf")
    return Principal(
        subject=f"api-key-{row['id']}",
        workspace_id=row["workspace_id"],
        scopes=frozenset(row["scopes"]),
        token_id=f"api-key:{row['id']}",
        expires_at=min(ends_at, time.time() + CACHED_SECONDS),
        kind=TokenKind.API_KEY,
        audience=AUDIENCE,
        api_key_id=row["id"],
    )


def _named(uow: UnitOfWork, key_id: int) -> dict[str, int]:
    if not 0 < key_id <= LARGEST_ID:
        raise NotFound("There is no such key.")
    return {"workspace_id": uow.workspace_id, "id": key_id}


def _add(uow: UnitOfWork, name: str, scopes: list[str], lifetime: timedelta | None) -> NewKey:
    text = security.make_api_key()
    params = {
        "workspace_id": uow.workspace_id,
        "name": name,
        "key_hash": security.hash_secret(text),
        "hint": text[: security.API_KEY_HINT_LENGTH],
        "scopes": scopes,
        "created_by": uow.scope.actor,
        "lifetime": lifetime,
    }
    row = uow.run(statements.ADD_API_KEY, params).mappings().one()
    return NewKey(row["id"], row["name"], text, row["scopes"], row["expires_at"])


def _refusal() -> Unauthenticated:
    return Unauthenticated("The API key is not valid, has expired, or was revoked.")
