"""My account: where one is signed in, and one's password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.sign_in.linking import begin_linking
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Invalid, NotFound, RateLimited, TalkHubError, Unauthenticated
from talkhub.extensions import limiter
from talkhub.services.access.browser_sessions import (
    OpenSession,
    end_other_sessions,
    end_session,
    open_sessions,
)
from talkhub.services.access.passwords import change_password, prove_password
from talkhub.services.administration.vouched import email_of, forget_email
from talkhub.settings.secrets import MIN_PASSWORD_LENGTH

ATTEMPTS = "20 per minute"


class NewPassword(BaseModel):
    """What the form for another password sends."""

    model_config = ConfigDict(extra="forbid")

    old: str = Field(default="", max_length=1024)
    new: str = Field(default="", max_length=1024)


class EmailWish(BaseModel):
    """What the form for the address sends that one comes in by: to link one, or to forget it."""

    model_config = ConfigDict(extra="forbid")

    wish: Literal["link", "forget"] = "link"
    password: str = Field(default="", max_length=1024)


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Everything the page shows; `here` is the session that looks, `message` what was refused."""

    frame: Frame
    username: str
    sessions: list[OpenSession]
    here: int
    message: str = ""
    is_changed: bool = False
    email: str = ""
    email_message: str = ""
    is_linking: bool = False
    has_company: bool = False
    has_supabase: bool = False
    min_length: int = MIN_PASSWORD_LENGTH


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the account of who is signed in to the dashboard."""
    database = runtime.database

    @blueprint.get("/account")
    def account() -> Response:
        return _page(runtime, is_changed="changed" in request.args)

    @blueprint.post("/account/password")
    @limiter.limit(ATTEMPTS)
    def set_password() -> Response:
        given = NewPassword.model_validate(request.form.to_dict())
        try:
            change_password(
                database,
                visitor(),
                old=given.old,
                new=given.new,
                address=request.remote_addr or "",
            )
        except (Unauthenticated, RateLimited, Invalid) as refused:
            return _page(runtime, refused=refused)
        runtime.browser_sessions.forget()
        return redirect(url_for("dashboard.account", changed=""), 303)

    @blueprint.post("/account/email")
    @limiter.limit(ATTEMPTS)
    def set_own_email() -> Response:
        given = EmailWish.model_validate(request.form.to_dict())
        who, address = visitor(), request.remote_addr or ""
        try:
            if given.wish == "forget":
                forget_email(database, who, password=given.password, address=address)
                return redirect(url_for("dashboard.account"), 303)
            prove_password(database, who, given.password, address=address)
        except (Unauthenticated, RateLimited) as refused:
            return _page(runtime, refused_email=refused)
        # A form may lead to no other site: the page it leads to has links that do.
        response = redirect(url_for("dashboard.account", linking="") + "#email", 303)
        begin_linking(response, who, runtime.settings.keyring)
        return response

    @blueprint.post("/presence")
    def presence() -> Response:
        """Answer a page in which somebody types or reads; the guard has noted that they do."""
        return Response(status=HTTPStatus.NO_CONTENT)

    _add_ends(blueprint, runtime)


def _add_ends(blueprint: Blueprint, runtime: Runtime) -> None:
    database = runtime.database

    @blueprint.post("/account/sessions/<int:session_id>/end")
    def end_one_session(session_id: int) -> Response:
        is_ended = end_session(database, visitor(), session_id, address=request.remote_addr or "")
        runtime.browser_sessions.forget()
        if not is_ended:
            raise NotFound("There is no such session.")
        return redirect(url_for("dashboard.account"), 303)

    @blueprint.post("/account/sessions/end-others")
    def end_all_other_sessions() -> Response:
        end_other_sessions(database, visitor(), address=request.remote_addr or "")
        runtime.browser_sessions.forget()
        return redirect(url_for("dashboard.account"), 303)


def _page(
    runtime: Runtime,
    *,
    refused: TalkHubError | None = None,
    refused_email: TalkHubError | None = None,
    is_changed: bool = False,
) -> Response:
    who = visitor()
    idle = timedelta(minutes=runtime.settings.login_idle_minutes)
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
    page = AccountPage(
        frame=frame,
        username=who.username,
        sessions=open_sessions(runtime.database, who, idle=idle),
        here=who.session_id,
        message=_reason(refused),
        is_changed=is_changed,
        email=email_of(runtime.database, who),
        email_message=_reason(refused_email),
        is_linking="linking" in request.args,
        has_company=runtime.settings.oidc_issuer is not None,
        has_supabase=runtime.settings.supabase_sign_in,
    )
    error = refused or refused_email
    return render_page(
        "dashboard/sign_in/account.html", page, status=error.status if error else 200
    )


def _reason(refused: TalkHubError | None) -> str:
    match refused:
        case None:
            return ""
        case RateLimited():
            return _("Muitas tentativas. Espere alguns minutos e tente de novo.")
        case Unauthenticated():
            return _("A senha atual não confere.")
    return _("A nova senha precisa de 12 caracteres, e não ser a atual nem o usuário.")
