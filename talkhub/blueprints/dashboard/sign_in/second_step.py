"""The second step of signing in: a code, from who proved the first one minutes ago.

What was proved travels sealed in a cookie of the login; no session begins before the code.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from talkhub import clock
from talkhub.blueprints.dashboard.i18n import LANGUAGE_COOKIE, LANGUAGES
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import own_path
from talkhub.blueprints.dashboard.preferences import remember
from talkhub.blueprints.dashboard.visitors import let_in
from talkhub.blueprints.runtime import Runtime
from talkhub.encryption import decrypt_from_client, encrypt
from talkhub.errors import RateLimited, TalkHubError, Unauthenticated, Unavailable
from talkhub.extensions import limiter
from talkhub.services.access.auth import Person
from talkhub.services.access.browser_sessions import Device, begin_session
from talkhub.services.access.second_factors import prove_second_factor
from talkhub.services.administration.brands import face_of_workspace

ATTEMPTS = "20 per minute"
PROVED_SECONDS = 300
"""For so long after the first step the second one is waited for."""

_COOKIE, _PATH = "proved", "/dashboard/login"


class Code(BaseModel):
    """What the form sends: a code of the authenticator, or one of the ten."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(default="", max_length=64)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page that asks for a code."""

    @blueprint.get("/login/code")
    def second_step() -> AnyResponse:
        proved = _proved(runtime)
        if proved is None:
            return redirect(url_for("dashboard.login"), 303)
        return _form(runtime, proved[0])

    @blueprint.post("/login/code")
    @limiter.limit(ATTEMPTS)
    def take_second_step() -> AnyResponse:
        proved = _proved(runtime)
        if proved is None:
            return redirect(url_for("dashboard.login"), 303)
        person, method, path = proved
        code = Code.model_validate(request.form.to_dict()).code
        keyring, address = runtime.settings.keyring, request.remote_addr or ""
        try:
            prove_second_factor(runtime.database, person, code, keyring=keyring, address=address)
        except (Unauthenticated, RateLimited) as refused:
            return _form(runtime, person, refused)
        response = _open_doors(runtime, person, method=method, path=path)
        response.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="Lax")
        return response


def welcome(runtime: Runtime, person: Person, *, method: str, path: str) -> Response:
    """Let somebody in who proved who they are by `method`, after a code if they have one."""
    if not person.has_second_factor:
        return _open_doors(runtime, person, method=method, path=path)
    ends_at = int(clock.now().timestamp()) + PROVED_SECONDS
    proved = [
        *(str(ends_at), str(person.user_id), str(person.workspace_id)),
        *(person.username, person.locale, method, own_path(path)),
    ]
    sealed = encrypt(proved, runtime.settings.keyring, bound_to=_COOKIE)
    response = make_response(redirect(url_for("dashboard.second_step"), 303))
    response.set_cookie(
        _COOKIE,
        sealed.decode(),
        max_age=PROVED_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return response


def _open_doors(runtime: Runtime, person: Person, *, method: str, path: str) -> Response:
    """Sign the browser in, under a new id always, and send it to where it wanted to go."""
    lifetime = timedelta(hours=runtime.settings.login_hours)
    device = Device(request.user_agent.string, request.remote_addr or "")
    token_id = begin_session(runtime.database, person, device, method=method, lifetime=lifetime)
    response = make_response(redirect(own_path(path), 303))
    let_in(response, person, token_id, lifetime)
    if LANGUAGE_COOKIE not in request.cookies and person.locale in LANGUAGES:
        remember(response, LANGUAGE_COOKIE, person.locale)
    return response


def _proved(runtime: Runtime) -> tuple[Person, str, str] | None:
    """Return who proved the first step, how, and where they wanted to go; None if nobody did."""
    sealed = request.cookies.get(_COOKIE, "")
    try:
        kept = decrypt_from_client(sealed.encode(), runtime.settings.keyring, bound_to=_COOKIE)
        ends_at, user_id, workspace_id, username, locale, method, path = kept
    except (Unavailable, ValueError):
        return None
    if clock.now().timestamp() >= int(ends_at):
        return None
    person = Person(int(user_id), username, int(workspace_id), locale, has_second_factor=True)
    return person, method, path


def _form(runtime: Runtime, person: Person, refused: TalkHubError | None = None) -> Response:
    message = ""
    if isinstance(refused, RateLimited):
        message = _("Muitas tentativas. Espere alguns minutos e tente de novo.")
    elif refused is not None:
        message = _("O código não confere, ou já foi usado.")
    face = face_of_workspace(runtime.database, person.workspace_id)
    html = render_template("dashboard/sign_in/second_step.html", message=message, face=face)
    return make_response(html, refused.status if refused else 200)
