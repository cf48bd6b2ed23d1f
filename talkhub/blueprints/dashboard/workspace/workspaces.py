"""The workspaces of who is signed in: looked at one after the other, and made in an agency."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.dashboard.palette import FROM_HTMX
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.dashboard.workspace.administration import ZONES, acting, fault
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.access.browser_sessions import move_session
from talkhub.services.administration.administering import overseeing
from talkhub.services.administration.agencies import Agency, agency_of, found_agency
from talkhub.services.administration.workspaces import (
    NewWorkspace,
    OwnWorkspace,
    create_workspace,
    workspaces_of,
)
from talkhub.services.fitting import without_nul
from talkhub.store.base import LARGEST_ID


class WorkspaceForm(BaseModel):
    """What the form for a new workspace sends."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=255)
    slug: str = Field(default="", max_length=255)
    timezone: str = Field(default="America/Sao_Paulo", max_length=64)


@dataclass(frozen=True, slots=True)
class WorkspacesPage:
    """Everything the page shows; the form is for admins of the agency."""

    frame: Frame
    here: int
    workspaces: tuple[OwnWorkspace, ...]
    agency: Agency | None
    form: WorkspaceForm
    zones: tuple[str, ...] = ZONES
    refused: str = ""


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the workspaces to the dashboard."""
    database = runtime.database

    @blueprint.get("/workspaces")
    def workspaces() -> Response:
        if FROM_HTMX not in request.headers:
            return _page(runtime)
        with overseeing(database) as uow:
            found = workspaces_of(uow, visitor().username)
        menu = render_template(
            "dashboard/workspace/_workspace_menu.html",
            workspaces=found,
            here=visitor().workspace_id,
        )
        return make_response(menu)

    @blueprint.post("/workspaces/<int:workspace_id>/enter")
    def enter_workspace(workspace_id: int) -> Response:
        if workspace_id > LARGEST_ID or not move_session(database, visitor(), workspace_id):
            raise NotFound("You belong to no such workspace.")
        runtime.browser_sessions.forget()
        return redirect(url_for("dashboard.overview"), 303)

    @blueprint.post("/workspaces", endpoint="create_workspace")
    def create() -> Response:
        form = WorkspaceForm.model_validate(
            {name: without_nul(value) for name, value in request.form.items()}
        )
        wish = NewWorkspace(form.slug.strip(), form.name, form.timezone.strip())
        try:
            create_workspace(database, acting(), wish)
        except Conflict:
            return _page(runtime, form, refused=_("Este nome curto já existe."), status=409)
        except Invalid as refused:
            return _page(runtime, form, refused=fault(refused), status=422)
        return redirect(url_for("dashboard.workspaces"), 303)

    @blueprint.post("/workspaces/agency", endpoint="found_agency")
    def found() -> Response:
        try:
            found_agency(database, acting(), without_nul(request.form.get("name", "")))
        except Invalid as refused:
            return _page(runtime, refused=fault(refused), status=422)
        return redirect(url_for("dashboard.workspaces"), 303)


def _page(
    runtime: Runtime,
    form: WorkspaceForm | None = None,
    *,
    refused: str = "",
    status: int = 200,
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
    with overseeing(runtime.database) as uow:
        page = WorkspacesPage(
            frame=frame,
            here=visitor().workspace_id,
            workspaces=workspaces_of(uow, visitor().username),
            agency=agency_of(uow, acting()),
            form=form or WorkspaceForm(),
            refused=refused,
        )
    return render_page("dashboard/workspace/workspaces.html", page, status=status)
