"""Signing in and out, and the guard before every page."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response as AnyResponse

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import MAX_PATH_LENGTH, own_path
from talkhub.blueprints.dashboard.sign_in.login_page import login_page
from talkhub.blueprints.dashboard.sign_in.second_step import welcome
from talkhub.blueprints.dashboard.visitors import find_visitor, show_out, visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.web import refuse_cross_site_writes, take_forms_only
from talkhub.errors import RateLimited, Unauthenticated
from talkhub.extensions import limiter
from talkhub.services.access.auth import sign_in
from talkhub.services.access.browser_sessions import end_session

ATTEMPTS = "20 per minute"
OPEN_TO_ANYONE = frozenset(
    {
        "dashboard.login",
        "dashboard.enter",
        "dashboard.second_step",
        "dashboard.take_second_step",
        "dashboard.invitation",
        "dashboard.accept_as_newcomer",
        "dashboard.leave_for_company",
        "dashboard.return_from_company",
        "dashboard.supabase",
        "dashboard.enter_by_supabase",
        "dashboard.preferences",
        "dashboard.brand_style",
        "dashboard.brand_logo",
    }
)
WITHOUT_FACTOR = frozenset(
    {
        "dashboard.second_factor",
        "dashboard.begin_factor",
        "dashboard.confirm_factor",
        "dashboard.leave",
        "dashboard.presence",
        "dashboard.workspaces",
        "dashboard.enter_workspace",
    }
)
"""What is open to somebody who has yet to set up the second factor that is required of them."""


class Credentials(BaseModel):
    """What the login form sends."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1024)
    next: str = Field(default="", max_length=MAX_PATH_LENGTH)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the login to the dashboard, and guard everything else."""
    database = runtime.database
    blueprint.before_request(_guard)

    @blueprint.get("/login")
    def login() -> AnyResponse:
        if find_visitor() is not None:
            return redirect(own_path(request.args.get("next")), 303)
        return login_page(runtime, wanted=request.args.get("next", "")[:MAX_PATH_LENGTH])

    @blueprint.post("/login")
    @limiter.limit(ATTEMPTS)
    def enter() -> AnyResponse:
        given = Credentials.model_validate(request.form.to_dict())
        address = request.remote_addr or ""
        try:
            person = sign_in(database, given.username, given.password, address)
        except (Unauthenticated, RateLimited) as refused:
            return login_page(
                runtime,
                username=given.username,
                wanted=given.next,
                refused=refused,
                wrong=_("Usuário ou senha não conferem."),
            )
        return welcome(runtime, person, method="password", path=given.next)

    @blueprint.post("/logout")
    def leave() -> AnyResponse:
        who = visitor()
        end_session(database, who, who.session_id, address=request.remote_addr or "")
        runtime.browser_sessions.forget()
        response = make_response(redirect(url_for("dashboard.login"), 303))
        show_out(response)
        return response


def _guard() -> AnyResponse | None:
    refuse_cross_site_writes()
    take_forms_only()
    if request.endpoint in OPEN_TO_ANYONE:
        return None
    who = find_visitor()
    if who is not None and who.lacks_second_factor and request.endpoint not in WITHOUT_FACTOR:
        return redirect(url_for("dashboard.second_factor"), 303)
    if who is not None:
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("dashboard.login", next=wanted), 303)
