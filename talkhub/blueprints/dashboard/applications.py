"""The connected applications: who may do what from outside, and how it is taken back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import (
    Frame,
    read_frame,
    reading,
    render_page,
    writing,
)
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.services.oauth_grants import revoke_grant
from talkhub.store.queries.applications import ConnectedApplication, connected_applications


@dataclass(frozen=True, slots=True)
class ApplicationsPage:
    """Everything the list shows."""

    frame: Frame
    applications: tuple[ConnectedApplication, ...]


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the list of connected applications to the dashboard."""

    @blueprint.get("/applications")
    def applications() -> Response:
        with reading(runtime.database) as uow:
            page = ApplicationsPage(read_frame(uow), connected_applications(uow))
        return render_page("dashboard/applications.html", page)

    @blueprint.post("/applications/<int:grant_id>/revoke")
    def disconnect(grant_id: int) -> Response:
        with writing(runtime.database) as uow:
            is_ended = revoke_grant(uow, grant_id, address=request.remote_addr or "")
        if not is_ended:
            raise NotFound("There is no such connection.")
        runtime.revoked.forget()
        return redirect(url_for("dashboard.applications"), 303)
