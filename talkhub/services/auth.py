"""Prove who someone is, slow down who guesses, and write down who came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import security
from talkhub.errors import RateLimited, Unauthenticated
from talkhub.names import Scope, TokenKind
from talkhub.security import API_SCOPES, DASHBOARD_SCOPES, MANAGING_SCOPES
from talkhub.services.fitting import without_nul
from talkhub.store.statements import accounts as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

FAILURE_WINDOW = timedelta(minutes=15)
MAX_FAILURES = 10
MAX_FAILURES_ANYWHERE = 30
DEFAULT_WORKSPACE_ID = 1
DEFAULT_LOCALE = "pt-BR"
MANAGING_ROLES = frozenset({"owner", "admin"})
WRITING_ROLES = MANAGING_ROLES | {"member"}
"""Who may write to people from the dashboard, and correct what was found of them."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone who proved who they are, and where they belong."""

    subject: str
    name: str
    workspace_id: int
    locale: str
    scopes: frozenset[Scope]


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
    database: Database, *, username: str, given: str, expected: str, address: str
) -> SignedIn:
    """Return whom the admin secret lets in: `username`, in the default workspace.

    Raises Unauthenticated, or RateLimited after ten failures within a quarter of an
    hour from one address; failures are counted in the database.
    """
    attempt = _Attempt(database, "admin_secret", username, address)
    attempt.refuse_after_too_many()
    if not security.is_same_secret(given, expected):
        attempt.failed(DEFAULT_WORKSPACE_ID)
        raise Unauthenticated("The admin secret is not right.")
    return SignedIn(username, username, DEFAULT_WORKSPACE_ID, DEFAULT_LOCALE, API_SCOPES)


def sign_in(database: Database, username: str, password: str, address: str) -> SignedIn:
    """Return the dashboard user with this password; raises like `exchange_admin_secret`."""
    username = without_nul(username)
    attempt = _Attempt(database, "password", username, address)
    attempt.refuse_after_too_many()
    with database.read_only(system_scope("the workspace of a login")) as uow:
        row = uow.run(statements.FIND_USER, {"username": username}).mappings().first()
    if not security.is_password(password, row["password_hash"] if row else None) or row is None:
        attempt.failed(row["workspace_id"] if row else None)
        raise Unauthenticated("The name or the password is not right.")
    scopes = DASHBOARD_SCOPES
    if row["role"] in WRITING_ROLES:
        scopes |= {Scope.MESSAGES_SEND, Scope.ANALYSIS_WRITE}
    if row["role"] in MANAGING_ROLES:
        scopes |= MANAGING_SCOPES | {Scope.PROFILE_WRITE}
    return SignedIn(username, row["name"], row["workspace_id"], row["locale"], scopes)


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


def audit(uow: UnitOfWork, *, action: str, subject: str | None, address: str | None) -> None:
    """Add an entry to the workspace's trail, in the change's own transaction."""
    uow.run(
        statements.AUDIT,
        {
            "workspace_id": uow.workspace_id,
            "actor": uow.scope.actor,
            "action": action,
            "subject": subject,
            "detail": uow.json({}),
            "address": address,
        },
    )


def add_first_user(database: Database, *, username: str, password: str) -> bool:
    """Make a dashboard user who owns the default workspace; False if the name is taken."""
    with database.unit_of_work(system_scope("the first admin")) as uow:
        made = uow.run(
            statements.ADD_USER,
            {
                "workspace_id": DEFAULT_WORKSPACE_ID,
                "username": username,
                "password_hash": security.hash_password(password),
                "name": username,
            },
        ).first()
    return made is not None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to come in. Its traces stay although the request is refused."""

    database: Database
    kind: str
    subject: str
    address: str

    def refuse_after_too_many(self) -> None:
        """Refuse an address that failed often, and any that failed while many do.

        An address without a failure always gets its try: guessers cannot lock out an
        owner who knows the secret.
        """
        with self.database.read_only(system_scope("failures of all addresses")) as uow:
            params = {**self._names(), "window": FAILURE_WINDOW}
            here, anywhere = uow.run(statements.COUNT_FAILURES, params).one()
        if here >= MAX_FAILURES or (here and anywhere >= MAX_FAILURES_ANYWHERE):
            seconds = int(FAILURE_WINDOW.total_seconds())
            raise RateLimited("Too many failed attempts; try again later.", retry_after=seconds)

    def failed(self, workspace_id: int | None) -> None:
        """Count the failure, and tell the workspace that it was meant for, if there is one."""
        with self.database.unit_of_work(system_scope("a failed attempt")) as uow:
            uow.run(statements.RECORD_FAILURE, self._names())
        if workspace_id is not None:
            scope = workspace_scope(workspace_id, self.subject[:255])
            with self.database.unit_of_work(scope) as uow:
                audit(uow, action=f"{self.kind}.refused", subject=None, address=self.address)

    def _names(self) -> dict[str, str]:
        address = security.client_network(self.address)
        return {"kind": self.kind, "subject": self.subject[:255], "address": address}
