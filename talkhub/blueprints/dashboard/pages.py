"""What every page has: who looks, at whose workspace, and how it is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request
from flask_jwt_extended import get_jwt

from talkhub import clock
from talkhub.errors import Forbidden
from talkhub.names import Scope
from talkhub.store.queries.workspaces import workspace_name, workspace_timezone
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

FRAGMENT_HEADER = "X-Fragment"
"""Sent by the live module, which needs the page without what surrounds it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page: its workspace, the time zone its days are in, who looks."""

    workspace: str
    zone: ZoneInfo
    person: str
    now: datetime
    manages_keys: bool
    manages_webhooks: bool
    sends_messages: bool
    edits_people: bool
    corrects_analyses: bool


@contextmanager
def reading(database: Database) -> Iterator[UnitOfWork]:
    """Open a read-only unit of work in the workspace of who is signed in."""
    claims = get_jwt()
    with database.read_only(workspace_scope(int(claims["ws"]), str(claims["sub"]))) as uow:
        yield uow


@contextmanager
def writing(database: Database) -> Iterator[UnitOfWork]:
    """Open a unit of work there, with who is signed in as its actor."""
    claims = get_jwt()
    with database.unit_of_work(workspace_scope(int(claims["ws"]), str(claims["sub"]))) as uow:
        yield uow


@contextmanager
def writing_if(
    database: Database, may: Callable[[Frame], bool], *, refusal: str
) -> Iterator[UnitOfWork]:
    """Open such a unit of work for who may do it; raises Forbidden, with `refusal`, for others."""
    with writing(database) as uow:
        if not may(read_frame(uow)):
            raise Forbidden(refusal)
        yield uow


def read_frame(uow: UnitOfWork) -> Frame:
    """Return the frame of the page that the request asks for."""
    claims = get_jwt()
    scopes = str(claims["scope"]).split()
    return Frame(
        workspace=workspace_name(uow),
        zone=workspace_timezone(uow),
        person=str(claims.get("name") or claims["sub"]),
        now=clock.now(),
        manages_keys=Scope.KEYS_MANAGE in scopes,
        manages_webhooks=Scope.WEBHOOKS_MANAGE in scopes,
        sends_messages=Scope.MESSAGES_SEND in scopes,
        edits_people=Scope.PROFILE_WRITE in scopes,
        corrects_analyses=Scope.ANALYSIS_WRITE in scopes,
    )


def render_page(template: str, page: object, *, status: int = 200) -> Response:
    """Render a page, or only its main part for the live module: 304 if it has not changed."""
    layout = "fragment.html" if FRAGMENT_HEADER in request.headers else "layout.html"
    response = make_response(render_template(template, page=page, layout=layout))
    response.vary.add(FRAGMENT_HEADER)
    response.vary.add("Cookie")
    response.add_etag()
    response.make_conditional(request)
    if response.status_code == HTTPStatus.OK:
        response.status_code = status
    return response
