"""Coming in because somebody else vouches for one: the company's login, or Supabase."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub import clock
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import MAX_PATH_LENGTH, own_path
from talkhub.blueprints.dashboard.sign_in.linking import end_linking, who_is_linking
from talkhub.blueprints.dashboard.sign_in.login_page import login_face, login_page
from talkhub.blueprints.dashboard.sign_in.second_step import welcome
from talkhub.blueprints.public_address import address_of_browser
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.vouching import company_login, supabase_login, there
from talkhub.encryption import Keyring, decrypt_from_client, encrypt
from talkhub.errors import Conflict, RateLimited, Unauthenticated, Unavailable
from talkhub.extensions import limiter
from talkhub.services.access.attempts import Attempt
from talkhub.services.access.company_login import Begun
from talkhub.services.administration.vouched import link_email, person_of_email
from talkhub.services.fitting import without_nul

logger = structlog.get_logger(__name__)

ATTEMPTS = "20 per minute"
AWAY_SECONDS = 600
"""For so long somebody may be at the company's login before they come back."""

_COOKIE, _PATH = "begun", "/dashboard/login"


class Account(BaseModel):
    """What the form for a Supabase account sends."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1024)
    next: str = Field(default="", max_length=MAX_PATH_LENGTH)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add these ways to the dashboard; those that the settings leave out are not found."""
    _add_company(blueprint, runtime)
    _add_supabase(blueprint, runtime)


def _add_company(blueprint: Blueprint, runtime: Runtime) -> None:
    settings, keyring = runtime.settings, runtime.settings.keyring
    company = company_login(runtime)

    def own_address() -> str:
        return address_of_browser(settings) + url_for("dashboard.return_from_company")

    # Not a form: what answers one may lead to no other site (`form-action`).
    @blueprint.get("/login/company")
    @limiter.limit(ATTEMPTS)
    def leave_for_company() -> Response:
        try:
            address, begun = there(company).begin(own_address())
        except Unavailable as refused:
            logger.warning("company_login_failed", reason=refused.detail)
            return login_page(runtime, refused=refused)
        ends_at = str(int(clock.now().timestamp()) + AWAY_SECONDS)
        path = own_path(request.args.get("next"))
        kept = encrypt(
            [ends_at, begun.state, begun.nonce, begun.verifier, path], keyring, bound_to=_COOKIE
        )
        response = redirect(address, 303)
        response.set_cookie(
            _COOKIE,
            kept.decode(),
            max_age=AWAY_SECONDS,
            path=_PATH,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        return response

    @blueprint.get("/login/company/return")
    @limiter.limit(ATTEMPTS)
    def return_from_company() -> Response:
        begun, path = _begun(keyring)
        asked = request.args

        def vouched_for() -> str:
            if begun is None or "code" not in asked:
                raise Unauthenticated(f"No sign-in was begun, or {asked.get('error', 'no code')}.")
            return there(company).finish(
                begun,
                code=asked["code"],
                state=asked.get("state", ""),
                issuer=asked.get("iss"),
                redirect_uri=own_address(),
            )

        response = _welcome(runtime, vouched_for, method="oidc", path=path)
        response.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="Lax")
        return response


def _add_supabase(blueprint: Blueprint, runtime: Runtime) -> None:
    project = supabase_login(runtime)

    @blueprint.get("/login/supabase")
    def supabase() -> Response:
        there(project)
        wanted = request.args.get("next", "")[:MAX_PATH_LENGTH]
        return make_response(
            render_template(
                "dashboard/sign_in/login_supabase.html", next=wanted, face=login_face(runtime)
            )
        )

    @blueprint.post("/login/supabase")
    @limiter.limit(ATTEMPTS)
    def enter_by_supabase() -> Response:
        given = Account.model_validate(request.form.to_dict())
        email, address = without_nul(given.email), request.remote_addr or ""
        attempt = Attempt(runtime.database, "supabase", email, address)

        def vouched_for() -> str:
            attempt.refuse_after_too_many()
            try:
                return there(project).sign_in(email, given.password).email
            except Unauthenticated:
                attempt.failed(None)
                raise

        return _welcome(runtime, vouched_for, method="supabase", path=given.next)


def _welcome(
    runtime: Runtime, vouched_for: Callable[[], str], *, method: str, path: str
) -> Response:
    """Let in whose address is vouched for, or link it to who is signed in and asked for that."""
    address = request.remote_addr or ""
    who = who_is_linking(runtime.settings.keyring)
    try:
        email = vouched_for()
        if who is not None:
            link_email(runtime.database, who, email, address=address)
            response = make_response(redirect(url_for("dashboard.account"), 303))
            end_linking(response)
            return response
        person = person_of_email(runtime.database, email, address=address)
    except Conflict as refused:
        wrong = _("Outra pessoa já entra com este e-mail.")
        return login_page(runtime, wanted=path, refused=refused, wrong=wrong)
    except (Unauthenticated, RateLimited, Unavailable) as refused:
        # Whom it was about is not said: a stranger's address is nobody's business here.
        logger.warning("vouched_login_failed", method=method, reason=refused.detail)
        wrong = _("Este e-mail não dá acesso a este painel. Fale com quem administra o espaço.")
        return login_page(runtime, wanted=path, refused=refused, wrong=wrong)
    return welcome(runtime, person, method=method, path=path)


def _begun(keyring: Keyring) -> tuple[Begun | None, str]:
    """Return what this browser left with, and where it wanted to go; None if it is over."""
    try:
        ends_at, state, nonce, verifier, path = decrypt_from_client(
            request.cookies.get(_COOKIE, "").encode(), keyring, bound_to=_COOKIE
        )
    except (Unavailable, ValueError):
        return None, ""
    is_over = clock.now().timestamp() >= int(ends_at)
    return (None if is_over else Begun(state, nonce, verifier)), path
