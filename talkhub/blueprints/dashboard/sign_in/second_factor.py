"""The second factor on one's own account: set up, confirmed, switched off; required by owners."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.shown_once import (
    Made,
    forget,
    made_just_now,
    redirect_to_show,
)
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Forbidden, RateLimited, TalkHubError, Unauthenticated
from talkhub.extensions import limiter
from talkhub.names import Scope
from talkhub.services.access.second_factors import (
    FactorState,
    begin_second_factor,
    confirm_second_factor,
    end_second_factor,
    is_second_factor_required,
    provisioning_uri,
    require_second_factor,
    second_factor_of,
)

ATTEMPTS = "20 per minute"
_PICTURE_SCALE = 4


class Proof(BaseModel):
    """What the forms send: a code, and the password to switch off."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(default="", max_length=64)
    password: str = Field(default="", max_length=1024)


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    """Everything the page shows; `codes` are recovery codes on the one occasion to show them.

    `picture` holds the secret for the authenticator, until it is confirmed. `may_require` is
    for owners; `must` says that the person gets no further without one.
    """

    frame: Frame
    state: FactorState | None
    picture: str
    codes: list[str]
    may_require: bool
    is_required: bool
    must: bool
    message: str = ""


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the second factor to the account's pages."""
    database, keyring = runtime.database, runtime.settings.keyring

    @blueprint.get("/account/second-factor")
    def second_factor() -> Response:
        made = made_just_now(keyring)
        response = _page(runtime, codes=made.text.split() if made else [])
        forget(response, path=url_for("dashboard.second_factor"))
        return response

    @blueprint.post("/account/second-factor")
    def begin_factor() -> Response:
        begin_second_factor(database, visitor(), keyring=keyring)
        return _back()

    @blueprint.post("/account/second-factor/confirm")
    @limiter.limit(ATTEMPTS)
    def confirm_factor() -> Response:
        given, address = Proof.model_validate(request.form.to_dict()), request.remote_addr or ""
        try:
            codes = confirm_second_factor(
                database, visitor(), given.code, keyring=keyring, address=address
            )
        except (Unauthenticated, RateLimited) as refused:
            return _page(runtime, refused=refused)
        runtime.browser_sessions.forget()
        made = Made("codes", " ".join(codes))
        return redirect_to_show(made, path=url_for("dashboard.second_factor"), keyring=keyring)

    @blueprint.post("/account/second-factor/end")
    @limiter.limit(ATTEMPTS)
    def end_factor() -> Response:
        given, address = Proof.model_validate(request.form.to_dict()), request.remote_addr or ""
        try:
            end_second_factor(
                database,
                visitor(),
                password=given.password,
                code=given.code,
                keyring=keyring,
                address=address,
            )
        except (Unauthenticated, RateLimited) as refused:
            return _page(runtime, refused=refused)
        return _back_asked_anew(runtime)

    @blueprint.post("/account/second-factor/require")
    def require_factor() -> Response:
        if Scope.WORKSPACE_OWN not in visitor().scopes:
            raise Forbidden("Only owners say what the workspace requires.")
        wanted = request.form.get("required") == "true"
        try:
            require_second_factor(
                database, visitor(), is_required=wanted, address=request.remote_addr or ""
            )
        except Conflict as refused:
            return _page(runtime, refused=refused)
        return _back_asked_anew(runtime)


def _back() -> Response:
    return redirect(url_for("dashboard.second_factor"), 303)


def _back_asked_anew(runtime: Runtime) -> Response:
    """Show the page again, and ask the database with the next request what a browser may."""
    runtime.browser_sessions.forget()
    return _back()


def _page(
    runtime: Runtime, *, codes: list[str] | None = None, refused: TalkHubError | None = None
) -> Response:
    who, keyring = visitor(), runtime.settings.keyring
    state = second_factor_of(runtime.database, who, keyring=keyring)
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
    page = SecondFactorPage(
        frame=frame,
        state=state,
        picture=_picture(provisioning_uri(who, state.secret)) if state and state.secret else "",
        codes=codes or [],
        may_require=Scope.WORKSPACE_OWN in who.scopes,
        is_required=is_second_factor_required(runtime.database, who.workspace_id),
        must=who.lacks_second_factor,
        message=_reason(refused),
    )
    status = refused.status if refused else 200
    return render_page("dashboard/sign_in/second_factor.html", page, status=status)


def _picture(text: str) -> str:
    """Return a QR code as an address that an image may have; black on white in both themes."""
    return segno.make(text, error="m").svg_data_uri(
        scale=_PICTURE_SCALE, dark="#000", light="#fff", xmldecl=False
    )


def _reason(refused: TalkHubError | None) -> str:
    match refused:
        case None:
            return ""
        case RateLimited():
            return _("Muitas tentativas. Espere alguns minutos e tente de novo.")
        case Conflict():
            return _("Ligue o seu antes de exigir dos outros.")
    return _("A senha ou o código não confere, ou o código já foi usado.")
