"""Refresh tokens: each is good once, and one that is shown twice ends its whole family."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub.errors import Unauthenticated
from talkhub.security import hash_secret
from talkhub.services.access.auth import SignedIn, remembered, revoke_family
from talkhub.services.audit import audit
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

REFRESH_LIFETIME = timedelta(days=30)
PREFIX = "thr_"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Whom a refresh token was for, and its successor."""

    who: SignedIn
    family: str
    audience: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class FoundRefreshToken:
    """A refresh token that was issued once; it may be over, or used."""

    who: SignedIn
    family: str


def issue_refresh_token(
    database: Database, who: SignedIn, *, family: str, audience: str, client_id: str | None = None
) -> str:
    """Return a refresh token of a family, for further access tokens to one audience."""
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        return _add(uow, who, family=family, audience=audience, client_id=client_id)


def find_refresh_token(
    database: Database, text: str, *, client_id: str | None = None
) -> FoundRefreshToken | None:
    """Return whom a refresh token is for; None if it is unknown or another client's."""
    row = _find(database, text, client_id)
    return None if row is None else FoundRefreshToken(remembered(row), row["family"])


def use_refresh_token(
    database: Database, text: str, *, address: str, client_id: str | None = None
) -> Refreshed:
    """Exchange a refresh token for its successor; the access token is the caller's to issue.

    Raises Unauthenticated for one that is unknown, over, or another client's. A used
    one is in two hands, and nobody knows whose is the right one: its family is revoked.
    """
    row = _find(database, text, client_id)
    if row is None:
        raise _refusal()
    who = remembered(row)
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        successor = _take(uow, who, row, address)
    if successor is None:
        raise _refusal()
    return Refreshed(who, row["family"], row["audience"], successor)


def revoke_refresh_token(database: Database, text: str, *, client_id: str | None = None) -> bool:
    """Revoke the family of a refresh token; False if it is unknown or over already."""
    row = _find(database, text, client_id)
    if row is None:
        return False
    with database.unit_of_work(workspace_scope(row["workspace_id"], row["subject"])) as uow:
        revoke_family(uow, row["family"])
    return bool(row["is_valid"])


def _find(database: Database, text: str, client_id: str | None) -> Any:
    """Return a token's row; None if there is none, or it is another client's."""
    with database.read_only(system_scope("the workspace of a refresh token")) as uow:
        key = {"token_hash": hash_secret(text)}
        row = uow.run(statements.FIND_REFRESH_TOKEN, key).mappings().first()
    return row if row is not None and row["client_id"] == client_id else None


def _take(uow: UnitOfWork, who: SignedIn, row: Any, address: str) -> str | None:
    """Use the token up and return its successor; None if it was used, ending the family."""
    key = {"workspace_id": uow.workspace_id, "token_hash": row["token_hash"]}
    if uow.run(statements.USE_REFRESH_TOKEN, key).first() is not None:
        audience, client_id = row["audience"], row["client_id"]
        return _add(uow, who, family=row["family"], audience=audience, client_id=client_id)
    # Read again: two requests may have shown it at once, and one of them used it.
    now = uow.run(statements.FIND_REFRESH_TOKEN, key).mappings().one()
    if now["is_used"]:
        audit(uow, action="refresh_token.reused", subject=row["family"], address=address)
        revoke_family(uow, row["family"])
    return None


def _add(
    uow: UnitOfWork, who: SignedIn, *, family: str, audience: str, client_id: str | None
) -> str:
    text = PREFIX + secrets.token_urlsafe(32)
    uow.run(
        statements.ADD_REFRESH_TOKEN,
        {
            "workspace_id": uow.workspace_id,
            "token_hash": hash_secret(text),
            "family": family,
            "subject": who.subject,
            "name": who.name,
            "scopes": sorted(who.scopes),
            "audience": audience,
            "client_id": client_id,
            "lifetime": REFRESH_LIFETIME,
        },
    )
    return text


def _refusal() -> Unauthenticated:
    return Unauthenticated("The refresh token is not valid, is over, or was used before.")
