"""Issue tokens through flask-jwt-extended, and write each one down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request
from flask_jwt_extended import create_access_token, decode_token

from talkhub.security import TOKEN_LIFETIME
from talkhub.services.auth import SignedIn, record_token
from talkhub.store.uow import Database


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token and when it ends."""

    text: str
    expires_at: datetime


def bearer_token() -> str | None:
    """Return the token in the request's Authorization header; None without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def issue_token(database: Database, who: SignedIn, *, kind: str) -> IssuedToken:
    """Sign a token for someone who proved who they are; `kind` is `api` or `dashboard`."""
    claims = {
        "ws": who.workspace_id,
        "scope": " ".join(sorted(who.scopes)),
        "name": who.name,
        "kind": kind,
    }
    text = create_access_token(
        identity=who.subject, additional_claims=claims, expires_delta=TOKEN_LIFETIME
    )
    signed = decode_token(text)
    expires_at = datetime.fromtimestamp(signed["exp"], UTC)
    record_token(
        database,
        who,
        token_id=signed["jti"],
        kind=kind,
        issued_at=datetime.fromtimestamp(signed["iat"], UTC),
        expires_at=expires_at,
        address=request.remote_addr or "",
    )
    return IssuedToken(text, expires_at)
