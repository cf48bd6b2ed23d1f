"""Issue tokens through flask-jwt-extended, and write each one down."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token
from jwt import InvalidKeyError

from talkhub.blueprints.runtime import Runtime
from talkhub.names import TokenKind
from talkhub.security import TOKEN_LIFETIME
from talkhub.services.access.auth import IssuedToken, SignedIn, record_token
from talkhub.store.signing_keys import SigningKey
from talkhub.store.uow import Database


def bearer_token() -> str | None:
    """Return the token in the request's Authorization header; None without one."""
    sent: str = request.environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = sent.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def issue_access_token(
    database: Database,
    who: SignedIn,
    *,
    kind: TokenKind,
    audience: str,
    lifetime: timedelta,
    client_id: str | None = None,
    family: str | None = None,
) -> IssuedToken:
    """Sign a token for one audience and write it down; it lasts a day at most.

    `family` joins tokens that are revoked together; without one the token begins its
    own. `client_id` is the OAuth client it was issued to.
    """
    if lifetime > TOKEN_LIFETIME:
        raise ValueError("a token must not outlive the key that signed it")
    token_id = uuid.uuid4().hex
    # Not the domain's clock: whoever reads the token compares with the system's.
    issued_at = datetime.fromtimestamp(int(time.time()), UTC)
    expires_at = issued_at + lifetime
    claims = {
        "jti": token_id,
        "aud": audience,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": expires_at,
        "ws": who.workspace_id,
        "scope": " ".join(sorted(who.scopes)),
        "name": who.name,
        "kind": kind.value,
        **({"client_id": client_id} if client_id is not None else {}),
    }
    text = create_access_token(who.subject, additional_claims=claims)
    issued = IssuedToken(
        text=text,
        token_id=token_id,
        family=family or token_id,
        kind=kind,
        client_id=client_id,
        issued_at=issued_at,
        expires_at=expires_at,
    )
    record_token(database, who, issued, request.remote_addr or "")
    return issued


def teach(manager: JWTManager) -> None:
    """Give the extension our keys and our list of revoked tokens.

    It is shared by all applications of a process: each callback asks the one that serves.
    """
    manager.additional_headers_loader(lambda _identity: {"kid": _signing_key().kid})
    manager.encode_key_loader(lambda _identity: _signing_key().material)
    manager.decode_key_loader(_key_of)


def _signing_key() -> SigningKey:
    """Return one key for header and signature, though another may begin to sign between them."""
    if "signing_key" not in g:
        g.signing_key = _runtime().signing_keys.current()
    key: SigningKey = g.signing_key
    return key


def _key_of(header: dict[str, Any], _claims: dict[str, Any]) -> bytes:
    key = _runtime().signing_keys.find(str(header.get("kid", "")))
    if key is None:
        raise InvalidKeyError("unknown kid")
    return key


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["talkhub"]
    return runtime
