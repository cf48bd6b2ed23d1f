"""What every page has: who looks, at whose workspace, and how it is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Response, g, make_response, render_template, request

from talkhub import clock
from talkhub.blueprints.dashboard.visitors import FRAGMENT_HEADER, this_runtime, visitor
from talkhub.errors import Forbidden
from talkhub.names import Scope
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.administration.brands import Face, face_of
from talkhub.store.uow import STATEMENT_TIMEOUT_MS, Database, UnitOfWork, workspace_scope
from talkhub.volatile.hints import position


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page: its workspace, the time zone its days are in, who looks."""

    face: Face
    workspace: str
    zone: ZoneInfo
    person: str
    now: datetime
    manages_keys: bool
    manages_webhooks: bool
    sends_messages: bool
    edits_people: bool
    corrects_analyses: bool
    exports_data: bool
    manages_privacy: bool
    manages_workspace: bool
    owns_workspace: bool

    # One scope of the API is for all that calls others or runs the workspace; pages ask by name.
    @property
    def manages_channels(self) -> bool:
        """Whether they tell providers our address, ask them, and set what is written back."""
        return self.manages_webhooks

    @property
    def manages_crms(self) -> bool:
        """Whether they connect CRMs, and say what these are told."""
        return self.manages_webhooks

    @property
    def manages_alerts(self) -> bool:
        """Whether they say when to raise an alert."""
        return self.manages_webhooks

    @property
    def manages_enrichment(self) -> bool:
        """Whether they let a language model read."""
        return self.manages_webhooks

    @property
    def manages_replies(self) -> bool:
        """Whether they say what is answered automatically, and from what."""
        return self.manages_webhooks

    @property
    def operates(self) -> bool:
        """Whether they see what waits, what was given up and who called."""
        return self.manages_webhooks

    @property
    def has_own_addresses(self) -> bool:
        """Whether the channels' addresses without an account lead into this workspace."""
        return self.face.workspace_id == DEFAULT_WORKSPACE_ID

    @property
    def annotates(self) -> bool:
        """Whether they note, mark and share views of conversations: who corrects them does."""
        return self.corrects_analyses


@contextmanager
def reading(database: Database) -> Iterator[UnitOfWork]:
    """Open a read-only unit of work in the workspace of who is signed in."""
    who = visitor()
    with database.read_only(workspace_scope(who.workspace_id, who.username)) as uow:
        yield uow


@contextmanager
def following(database: Database) -> Iterator[UnitOfWork]:
    """Open such a one for a page that is kept true: its stream of hints begins here."""
    if FRAGMENT_HEADER not in request.headers:
        # Before anything is read: what changes later is not on the page.
        g.hints_since = position(this_runtime().redis, visitor().workspace_id)
    with reading(database) as uow:
        yield uow


@contextmanager
def writing(database: Database, *, timeout_ms: int = STATEMENT_TIMEOUT_MS) -> Iterator[UnitOfWork]:
    """Open a unit of work there, with who is signed in as its actor."""
    who = visitor()
    scope = workspace_scope(who.workspace_id, who.username, timeout_ms=timeout_ms)
    with database.unit_of_work(scope) as uow:
        yield uow


@contextmanager
def writing_if(
    database: Database,
    may: Callable[[Frame], bool],
    *,
    refusal: str,
    timeout_ms: int = STATEMENT_TIMEOUT_MS,
) -> Iterator[UnitOfWork]:
    """Open such a unit of work for who may do it; raises Forbidden, with `refusal`, for others."""
    with writing(database, timeout_ms=timeout_ms) as uow:
        if not may(read_frame(uow)):
            raise Forbidden(refusal)
        yield uow


def read_frame(uow: UnitOfWork) -> Frame:
    """Return the frame of the page that the request asks for."""
    who = visitor()
    face = face_of(uow)
    return Frame(
        face=face,
        workspace=face.name,
        zone=face.zone,
        person=who.name or who.username,
        now=clock.now(),
        manages_keys=Scope.KEYS_MANAGE in who.scopes,
        manages_webhooks=Scope.WEBHOOKS_MANAGE in who.scopes,
        sends_messages=Scope.MESSAGES_SEND in who.scopes,
        edits_people=Scope.PROFILE_WRITE in who.scopes,
        corrects_analyses=Scope.ANALYSIS_WRITE in who.scopes,
        exports_data=Scope.DATA_EXPORT in who.scopes,
        manages_privacy=Scope.PRIVACY_MANAGE in who.scopes,
        manages_workspace=Scope.WORKSPACE_MANAGE in who.scopes,
        owns_workspace=Scope.WORKSPACE_OWN in who.scopes,
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
