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
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound
from talkhub.names import Scope
from talkhub.services.access.oauth_grants import revoke_grant
from talkhub.store.queries.applications import ConnectedApplication, connected_applications


@dataclass(frozen=True, slots=True)
class ApplicationsPage:
    """Everything the list shows; `endable` are the ids that who looks may disconnect."""

    frame: Frame
    applications: tuple[ConnectedApplication, ...]
    endable: frozenset[int]


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the list of connected applications to the dashboard."""

    @blueprint.get("/applications")
    def applications() -> Response:
        with reading(runtime.database) as uow:
            found = connected_applications(uow)
            page = ApplicationsPage(read_frame(uow), found, _endable(found))
        return render_page("dashboard/integrations/applications.html", page)

    @blueprint.post("/applications/<int:grant_id>/revoke")
    def disconnect(grant_id: int) -> Response:
        with writing(runtime.database) as uow:
            is_ended = revoke_grant(
                uow, grant_id, is_manager=_is_manager(), address=request.remote_addr or ""
            )
        if not is_ended:
            raise NotFound("There is no such connection.")
        runtime.revoked.forget()
        return redirect(url_for("dashboard.applications"), 303)


def _endable(applications: tuple[ConnectedApplication, ...]) -> frozenset[int]:
    person, is_manager = visitor().username, _is_manager()
    return frozenset(line.id for line in applications if is_manager or line.subject == person)


def _is_manager() -> bool:
    # What is connected opens what keys open: who may end these may end it.
    return Scope.KEYS_MANAGE in visitor().scopes
