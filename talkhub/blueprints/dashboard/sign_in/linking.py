"""Linking a login to an address: its person proves their password, then somebody vouches.

That a person asked for it travels sealed in a cookie of the login, and counts only in the
browser in which they are signed in.
"""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from talkhub import clock
from talkhub.blueprints.dashboard.visitors import find_visitor
from talkhub.encryption import Keyring, decrypt_from_client, encrypt
from talkhub.errors import Unavailable
from talkhub.store.browser_sessions import Visitor

LINKING_SECONDS = 600
"""For so long after the password somebody may be at who vouches for them."""

_COOKIE, _PATH = "linking", "/dashboard/login"


def begin_linking(response: AnyResponse, who: Visitor, keyring: Keyring) -> None:
    """Have the next who vouches for somebody in this browser name the address of this person."""
    ends_at = str(int(clock.now().timestamp()) + LINKING_SECONDS)
    response.set_cookie(
        _COOKIE,
        encrypt([_COOKIE, ends_at, str(who.user_id)], keyring, bound_to=_COOKIE).decode(),
        max_age=LINKING_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def who_is_linking(keyring: Keyring) -> Visitor | None:
    """Return who asked for it in this browser minutes ago, if they are still signed in."""
    try:
        what, ends_at, user_id = decrypt_from_client(
            request.cookies.get(_COOKIE, "").encode(), keyring, bound_to=_COOKIE
        )
    except (Unavailable, ValueError):
        return None
    # The key seals other cookies too: none of them stands for this one.
    if what != _COOKIE or clock.now().timestamp() >= int(ends_at):
        return None
    who = find_visitor()
    return who if who is not None and who.user_id == int(user_id) else None


def end_linking(response: Response) -> None:
    """Have who vouches for somebody mean a sign-in again."""
    response.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="Lax")
