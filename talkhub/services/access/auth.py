"""Prove who someone is, slow down who guesses, and write down who came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from talkhub import security
from talkhub.errors import Unauthenticated
from talkhub.names import Scope, TokenKind
from talkhub.security import API_SCOPES
from talkhub.services.access.admin_tries import settle_try
from talkhub.services.access.attempts import Attempt
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.store.statements import accounts as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

DEFAULT_WORKSPACE_ID = 1
DEFAULT_LOCALE = "pt-BR"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone who proved who they are, and where they belong."""

    subject: str
    name: str
    workspace_id: int
    locale: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the dashboard who proved who they are, and the workspace that they come in at.

    With a second factor they have to prove that one too, before a session begins. What they
    may there is asked with each request: see `store/browser_sessions.py`.
    """

    user_id: int
    username: str
    workspace_id: int
    locale: str
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token, the names it is written down under, and when it ends.

    Tokens of one family are revoked together; `client_id` is the OAuth client that it
    was issued to.
    """

    text: str
    token_id: str
    family: str
    kind: TokenKind
    client_id: str | None
    issued_at: datetime
    expires_at: datetime


def exchange_admin_secret(
    database: Database, *, username: str, given: str, expected: Sequence[str], address: str
) -> SignedIn:
    """Return whom an admin secret lets in: `username`, in the default workspace.

    Raises Unauthenticated, or RateLimited after ten failures within a quarter of an
    hour from one address, and sooner while many guess (`admin_tries`).
    """
    is_right = security.is_one_of(given, expected)
    try:
        settle_try(database, subject=username, address=address, is_right=is_right)
    except Unauthenticated:
        with database.unit_of_work(workspace_scope(DEFAULT_WORKSPACE_ID, username[:255])) as uow:
            audit(uow, action="admin_secret.refused", subject=None, address=address)
        raise
    return SignedIn(username, username, DEFAULT_WORKSPACE_ID, DEFAULT_LOCALE, API_SCOPES)


def sign_in(database: Database, username: str, password: str, address: str) -> Person:
    """Return the dashboard user with this password.

    Raises Unauthenticated, or RateLimited after ten failures within a quarter of an
    hour from one address; failures are counted in the database.
    """
    username = without_nul(username)
    attempt = Attempt(database, "password", username, address)
    attempt.refuse_after_too_many()
    row = find_user(database, username)
    if not security.is_password(password, row["password_hash"] if row else None) or row is None:
        attempt.failed(row["workspace_id"] if row else None)
        raise Unauthenticated("The name or the password is not right.")
    if security.is_hash_outdated(row["password_hash"]):
        _keep_password(database, row["id"], password)
    return Person(row["id"], username, row["workspace_id"], row["locale"], row["has_second_factor"])


def remembered(row: Mapping[Any, Any]) -> SignedIn:
    """Return whom a stored row is for, with what it allows them."""
    return SignedIn(
        subject=row["subject"],
        name=row["name"],
        workspace_id=row["workspace_id"],
        locale=DEFAULT_LOCALE,
        scopes=frozenset(map(Scope, row["scopes"])),
    )


def record_token(database: Database, who: SignedIn, issued: IssuedToken, address: str) -> None:
    """Write down an issued token, so that it can be revoked, and that someone came in.

    Raises Unauthenticated if its family was revoked meanwhile.
    """
    with database.unit_of_work(workspace_scope(who.workspace_id, who.subject)) as uow:
        _lock_family(uow, issued.family)
        recorded = uow.run(
            statements.RECORD_TOKEN,
            {
                "workspace_id": who.workspace_id,
                "jti": issued.token_id,
                "family": issued.family,
                "kind": issued.kind,
                "client_id": issued.client_id,
                "subject": who.subject,
                "issued_at": issued.issued_at,
                "expires_at": issued.expires_at,
            },
        ).first()
        if recorded is None:
            raise Unauthenticated("What this token belongs to was revoked meanwhile.")
        audit(uow, action=f"{issued.kind}.issued", subject=issued.token_id, address=address)


def revoke_token(database: Database, *, workspace_id: int, subject: str, token_id: str) -> bool:
    """Revoke a token and its family: refresh tokens, and what was got with them.

    They are refused everywhere within five seconds. False if the token was already.
    """
    with database.unit_of_work(workspace_scope(workspace_id, subject)) as uow:
        key = {"workspace_id": workspace_id, "jti": token_id}
        family = uow.run(statements.FAMILY_OF_TOKEN, key).scalar()
        return family is not None and token_id in revoke_family(uow, family)


def revoke_family(uow: UnitOfWork, family: str) -> set[str]:
    """Revoke all tokens of a family; return the ids of the access tokens that this ended."""
    _lock_family(uow, family)
    key = {"workspace_id": uow.workspace_id, "family": family}
    ended = set(uow.run(statements.REVOKE_FAMILY, key).scalars())
    for token_id in sorted(ended):
        audit(uow, action="token.revoked", subject=token_id, address=None)
    return ended


def _lock_family(uow: UnitOfWork, family: str) -> None:
    """Let no token of a family be written down unseen while the family is revoked."""
    uow.run(LOCK, {"key": f"family:{uow.workspace_id}:{family}"})


def add_first_user(
    database: Database, *, username: str, password: str, workspace_id: int = DEFAULT_WORKSPACE_ID
) -> bool:
    """Make a dashboard user who owns a workspace; False if the name is taken."""
    with database.unit_of_work(system_scope("the first admin")) as uow:
        made = uow.run(
            statements.ADD_USER,
            {
                "workspace_id": workspace_id,
                "username": username,
                "password_hash": security.hash_password(password),
                "name": username,
            },
        ).first()
    return made is not None


def workspace_of_login(database: Database, username: str) -> int | None:
    """Return where a dashboard user comes in; None if nobody has the name."""
    row = find_user(database, username)
    return row["workspace_id"] if row else None


def _keep_password(database: Database, user_id: int, password: str) -> None:
    """Hash a password as passwords are hashed now; it may only be known at this moment."""
    with database.unit_of_work(system_scope("a person's password")) as uow:
        params = {"user_id": user_id, "password_hash": security.hash_password(password)}
        uow.run(statements.KEEP_PASSWORD, params)


def find_user(database: Database, username: str) -> RowMapping | None:
    """Return who signs in by this name, and where they come in; None if nobody does."""
    with database.read_only(system_scope("the workspace of a login")) as uow:
        return uow.run(statements.FIND_USER, {"username": username}).mappings().first()
