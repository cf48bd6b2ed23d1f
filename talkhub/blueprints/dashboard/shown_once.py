"""A secret that was just made, on its way through a redirect to the one page that shows it.

So a reload makes nothing anew, and the secret still stands nowhere but in the browser: sealed, in
a cookie for that page and that login, which the page's next answer takes away.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request
from flask_jwt_extended import get_jwt
from werkzeug.wrappers import Response

from talkhub import clock
from talkhub.errors import Unavailable
from talkhub.security import decrypt, encrypt

_COOKIE = "made"
_LIFETIME_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Made:
    """What something is called and its secret, on the one occasion to show it."""

    name: str
    text: str


def redirect_to_show(made: Made, *, path: str, key: str) -> Response:
    """Answer a form by sending the browser to `path` with the secret, sealed by `key`."""
    ends_at = int(clock.now().timestamp()) + _LIFETIME_SECONDS
    sealed = encrypt([str(get_jwt()["jti"]), str(ends_at), made.name, made.text], key)
    response = redirect(path, 303)
    response.set_cookie(
        _COOKIE,
        sealed.decode(),
        max_age=_LIFETIME_SECONDS,
        path=path,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
    )
    return response


def made_just_now(key: str) -> Made | None:
    """Return what this login has just made; None if there is nothing, or it was long ago."""
    sealed = request.cookies.get(_COOKIE, "")
    try:
        login, ends_at, name, text = decrypt(sealed.encode(), key)
    except (Unavailable, ValueError):
        return None
    is_ours = login == get_jwt()["jti"] and clock.now().timestamp() < int(ends_at)
    return Made(name, text) if is_ours else None


def forget(response: Response, *, path: str) -> None:
    """Take the secret away from the browser: it has been shown."""
    if _COOKIE in request.cookies:
        response.delete_cookie(
            _COOKIE, path=path, httponly=True, samesite="Strict", secure=request.is_secure
        )
