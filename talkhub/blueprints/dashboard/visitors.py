"""Who is signed in in the browser that a request comes from, and the cookie that says so.

The cookie only names a session, which the database knows: when it ends, and where it looks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Response, current_app, g, request
from flask_jwt_extended import create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from talkhub.blueprints.runtime import Runtime
from talkhub.names import TokenKind
from talkhub.services.access.auth import Person
from talkhub.store.browser_sessions import Visitor

FRAGMENT_HEADER = "X-Fragment"
"""Sent by the live module, which needs the page without what surrounds it."""

_COOKIE = "talkhub"


def visitor() -> Visitor:
    """Return who is signed in; only for what stands behind the guard."""
    return cast("Visitor", g.visitor)


def find_visitor() -> Visitor | None:
    """Return who is signed in, asked once for each request; None if nobody is."""
    if "visitor" not in g:
        token_id = _token_id()
        g.visitor = None
        if token_id is not None:
            g.visitor = this_runtime().browser_sessions.find(
                token_id, address=request.remote_addr or "", is_active=_is_act_of_person()
            )
    return cast("Visitor | None", g.visitor)


def let_in(response: Response, person: Person, token_id: str, lifetime: timedelta) -> None:
    """Give the browser the cookie of a session that has begun."""
    claims = {"jti": token_id, "kind": TokenKind.DASHBOARD.value}
    text = create_access_token(person.username, additional_claims=claims, expires_delta=lifetime)
    response.set_cookie(
        _cookie_name(),
        text,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=_is_https(),
    )


def show_out(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(_cookie_name(), httponly=True, samesite="Lax", secure=_is_https())


def _token_id() -> str | None:
    text = request.cookies.get(_cookie_name(), "")
    if not text:
        return None
    try:
        claims = decode_token(text)
    except (JWTExtendedException, PyJWTError):
        return None
    return str(claims["jti"]) if claims.get("kind") == TokenKind.DASHBOARD else None


def _is_act_of_person() -> bool:
    """Tell what somebody did from what a page that lies open does by itself."""
    return FRAGMENT_HEADER not in request.headers and request.endpoint != "dashboard.hints"


def _cookie_name() -> str:
    # The prefix keeps other hosts of the domain from setting it. Browsers take it over https
    # alone, also from the loopback.
    return f"__Host-{_COOKIE}" if _is_https() else _COOKIE


def _is_https() -> bool:
    return request.is_secure or this_runtime().settings.env == "production"


def this_runtime() -> Runtime:
    """Return what the process that answers this request shares."""
    return cast("Runtime", current_app.extensions["talkhub"])
