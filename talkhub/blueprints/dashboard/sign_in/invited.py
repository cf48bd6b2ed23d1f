"""Where an invitation's link leads: a login is made, or the one that there is joins."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.sign_in.access import ATTEMPTS
from talkhub.blueprints.dashboard.sign_in.second_step import welcome
from talkhub.blueprints.dashboard.visitors import find_visitor, visitor
from talkhub.blueprints.dashboard.workspace.administration import fault
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.extensions import limiter
from talkhub.services.access.browser_sessions import move_session
from talkhub.services.administration.brands import face_of_workspace
from talkhub.services.administration.invitations import (
    Newcomer,
    accept_as_member,
    accept_as_newcomer,
    find_invitation,
)
from talkhub.services.fitting import without_nul


class NewcomerForm(BaseModel):
    """What somebody without a login sends."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(default="", max_length=255)
    name: str = Field(default="", max_length=255)
    password: str = Field(default="", max_length=1024)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page of an invitation, which anybody may open who has its link."""
    database = runtime.database

    @blueprint.get("/invitations/<token>")
    @limiter.limit(ATTEMPTS)
    def invitation(token: str) -> Response:
        return _page(runtime, token)

    @blueprint.post("/invitations/<token>/join", endpoint="join_workspace")
    @limiter.limit(ATTEMPTS)
    def join(token: str) -> Response:
        who = visitor()
        try:
            invited = accept_as_member(database, token, who.username, address=request.remote_addr)
        except Conflict:
            return _page(runtime, token, refused=_("Você já faz parte deste espaço."), status=409)
        move_session(database, who, invited.workspace_id)
        runtime.browser_sessions.forget()
        return redirect(url_for("dashboard.overview"), 303)

    @blueprint.post("/invitations/<token>", endpoint="accept_as_newcomer")
    @limiter.limit(ATTEMPTS)
    def accept(token: str) -> Response:
        form = NewcomerForm.model_validate(
            {name: without_nul(value) for name, value in request.form.items()}
        )
        newcomer = Newcomer(form.username.strip(), form.name, form.password)
        try:
            person = accept_as_newcomer(database, token, newcomer, address=request.remote_addr)
        except Conflict:
            taken = _("Este usuário já existe. Se é você, use a senha dele; se não, escolha outro.")
            return _page(runtime, token, form, refused=taken, status=409)
        except Invalid as refused:
            return _page(runtime, token, form, refused=fault(refused), status=422)
        return welcome(runtime, person, method="invitation", path=url_for("dashboard.overview"))


def _page(
    runtime: Runtime,
    token: str,
    form: NewcomerForm | None = None,
    *,
    refused: str = "",
    status: int = 200,
) -> Response:
    try:
        invited = find_invitation(runtime.database, token)
    except NotFound:
        invited, status = None, 404
    face = face_of_workspace(runtime.database, invited.workspace_id) if invited else None
    html = render_template(
        "dashboard/sign_in/invitation.html",
        invited=invited,
        face=face,
        token=token,
        who=find_visitor(),
        form=form or NewcomerForm(),
        refused=refused,
    )
    return make_response(html, status)
