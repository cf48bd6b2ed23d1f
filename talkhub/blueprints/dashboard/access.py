"""Signing in and out, and the guard before every page."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_jwt_extended import (
    get_jwt,
    set_access_cookies,
    unset_jwt_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from talkhub.blueprints.dashboard.i18n import LANGUAGE_COOKIE, LANGUAGES
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import MAX_PATH_LENGTH, own_path
from talkhub.blueprints.dashboard.preferences import remember
from talkhub.blueprints.tokens import issue_access_token
from talkhub.blueprints.web import refuse_cross_site_writes, take_forms_only
from talkhub.errors import RateLimited, TalkHubError, Unauthenticated
from talkhub.extensions import limiter
from talkhub.names import Scope, TokenKind
from talkhub.security import AUDIENCE, TOKEN_LIFETIME
from talkhub.services.auth import revoke_token, sign_in
from talkhub.store.revocations import RevokedTokens
from talkhub.store.uow import Database

ATTEMPTS = "20 per minute"
OPEN_TO_ANYONE = frozenset({"dashboard.login", "dashboard.enter", "dashboard.preferences"})


class Credentials(BaseModel):
    """What the login form sends."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1024)
    next: str = Field(default="", max_length=MAX_PATH_LENGTH)


def register(blueprint: Blueprint, database: Database, revoked: RevokedTokens) -> None:
    """Add the login to the dashboard, and guard everything else."""
    blueprint.before_request(_guard)

    @blueprint.get("/login")
    def login() -> AnyResponse:
        if _is_signed_in():
            return redirect(own_path(request.args.get("next")), 303)
        return _form(Credentials(next=request.args.get("next", "")[:MAX_PATH_LENGTH]))

    @blueprint.post("/login")
    @limiter.limit(ATTEMPTS)
    def enter() -> AnyResponse:
        given = Credentials.model_validate(request.form.to_dict())
        address = request.remote_addr or ""
        try:
            who = sign_in(database, given.username, given.password, address)
        except (Unauthenticated, RateLimited) as refused:
            return _form(given, refused)
        issued = issue_access_token(
            database, who, kind=TokenKind.DASHBOARD, audience=AUDIENCE, lifetime=TOKEN_LIFETIME
        )
        response = make_response(redirect(own_path(given.next), 303))
        set_access_cookies(response, issued.text, max_age=int(TOKEN_LIFETIME.total_seconds()))
        if LANGUAGE_COOKIE not in request.cookies and who.locale in LANGUAGES:
            remember(response, LANGUAGE_COOKIE, who.locale)
        return response

    @blueprint.post("/logout")
    def leave() -> AnyResponse:
        claims = get_jwt()
        revoke_token(
            database,
            workspace_id=int(claims["ws"]),
            subject=str(claims["sub"]),
            token_id=str(claims["jti"]),
        )
        revoked.forget()
        response = make_response(redirect(url_for("dashboard.login"), 303))
        unset_jwt_cookies(response)
        return response


def _guard() -> AnyResponse | None:
    refuse_cross_site_writes()
    take_forms_only()
    if request.endpoint in OPEN_TO_ANYONE or _is_signed_in():
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("dashboard.login", next=wanted), 303)


def _is_signed_in() -> bool:
    try:
        verify_jwt_in_request(locations=["cookies"])
    except (JWTExtendedException, PyJWTError):
        return False
    return Scope.DASHBOARD in str(get_jwt().get("scope", "")).split()


def _form(given: Credentials, refused: TalkHubError | None = None) -> Response:
    message = ""
    if isinstance(refused, RateLimited):
        message = _("Muitas tentativas. Espere alguns minutos e tente de novo.")
    elif refused is not None:
        message = _("Usuário ou senha não conferem.")
    html = render_template(
        "dashboard/login.html", username=given.username, next=given.next, message=message
    )
    return make_response(html, refused.status if refused else 200)
