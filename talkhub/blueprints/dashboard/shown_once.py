"""A secret or receipt that was just made, on its way through a redirect to the page that shows it.

So a reload makes nothing anew, and a secret still stands nowhere but in the browser: sealed, in
a cookie for that page and that login, which the page's next answer takes away.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request
from werkzeug.wrappers import Response

from talkhub import clock
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.encryption import Keyring, decrypt_from_client, encrypt
from talkhub.errors import Unavailable

_COOKIE = "made"
_LIFETIME_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Made:
    """What something is called and its secret or receipt, on the one occasion to show it."""

    name: str
    text: str


def redirect_to_show(made: Made, *, path: str, keyring: Keyring) -> Response:
    """Answer a form by sending the browser to `path` with what was made, sealed."""
    ends_at = int(clock.now().timestamp()) + _LIFETIME_SECONDS
    sealed = encrypt(
        [visitor().token_id, str(ends_at), made.name, made.text], keyring, bound_to=_COOKIE
    )
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


def made_just_now(keyring: Keyring) -> Made | None:
    """Return what this login has just made; None if there is nothing, or it was long ago."""
    sealed = request.cookies.get(_COOKIE, "")
    try:
        login, ends_at, name, text = decrypt_from_client(sealed.encode(), keyring, bound_to=_COOKIE)
    except (Unavailable, ValueError):
        return None
    is_ours = login == visitor().token_id and clock.now().timestamp() < int(ends_at)
    return Made(name, text) if is_ours else None


def forget(response: Response, *, path: str) -> None:
    """Take what was made away from the browser: it has been shown."""
    if _COOKIE in request.cookies:
        response.delete_cookie(
            _COOKIE, path=path, httponly=True, samesite="Strict", secure=request.is_secure
        )
