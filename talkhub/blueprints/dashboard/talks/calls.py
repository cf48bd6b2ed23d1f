"""Calls: who rings, the call that one is in, the last ones, and the page that people call from."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.calls import PAGE, way_in
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page, writing_if
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.web import let_page_listen
from talkhub.errors import Invalid
from talkhub.names.calls import CallOutcome, CallSide, CallState
from talkhub.services.calling import calls
from talkhub.services.calling.call_pages import MOST_ORIGINS, CallPage, call_page, set_call_page
from talkhub.services.calling.call_tokens import Participant
from talkhub.store.queries.calls import CallGoingOn, CallLine, calls_going_on, latest_calls
from talkhub.store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class CallsPage:
    """Everything the page shows; `door` is None as long as nobody opened the page to call from."""

    frame: Frame
    going_on: list[CallGoingOn]
    latest: list[CallLine]
    door: CallPage | None
    address: str
    origins: str
    refused: str
    most_origins: int = MOST_ORIGINS


def call_outcome_name(call: CallLine) -> str:
    """Return how a call ended, or that it goes on."""
    names: dict[str | None, str] = {
        CallOutcome.ANSWERED: _("Atendida"),
        CallOutcome.MISSED: _("Perdida"),
        CallOutcome.DECLINED: _("Recusada"),
        CallOutcome.FAILED: _("Sem ligação"),
    }
    going_on = _("Tocando") if call.state == CallState.RINGING else _("Em andamento")
    return names.get(call.outcome, going_on)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page of calls to the dashboard."""
    database = runtime.database

    @blueprint.get("/calls", endpoint="calls")
    def show() -> Response:
        return _page(runtime)

    @blueprint.post("/calls/<call_id>/answer", endpoint="answer_call")
    def answer(call_id: str) -> Response:
        with _answering(database) as uow:
            call = calls.answer(uow, call_id)
            who = Participant(uow.workspace_id, call.call_id, CallSide.AGENT, uow.scope.actor)
        return private_answer(way_in(runtime, who))

    @blueprint.post("/calls/<call_id>/decline", endpoint="decline_call")
    def decline(call_id: str) -> Response:
        with _answering(database) as uow:
            calls.decline(uow, call_id)
        return redirect(url_for("dashboard.calls"), 303)

    @blueprint.post("/calls/page", endpoint="set_call_page")
    def set_page() -> Response:
        origins = request.form.get("origins", "")
        try:
            with _managing(database) as uow:
                is_open = request.form.get("is_open") == "yes"
                set_call_page(uow, is_open=is_open, origins=origins.split())
        except Invalid as refused:
            return _page(runtime, origins=origins, refused=refused)
        return redirect(url_for("dashboard.calls"), 303)


def _answering(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "You may see calls here, but not answer them."
    return writing_if(database, attrgetter("sends_messages"), refusal=refusal)


def _managing(database: Database) -> AbstractContextManager[UnitOfWork]:
    refusal = "Only owners and admins of the workspace say who may embed its page."
    return writing_if(database, attrgetter("manages_workspace"), refusal=refusal)


def _page(
    runtime: Runtime, *, origins: str | None = None, refused: Invalid | None = None
) -> Response:
    with following(runtime.database) as uow:
        frame, door = read_frame(uow), call_page(uow)
        going_on, latest = calls_going_on(uow), latest_calls(uow)
    base = runtime.settings.public_url or request.host_url.rstrip("/")
    page = CallsPage(
        frame=frame,
        going_on=going_on,
        latest=latest,
        door=door,
        address=base + PAGE.format(page_key=door.page_key) if door else "",
        origins=origins if origins is not None else "\n".join(door.origins if door else ()),
        refused=_("Cada site numa linha, como https://www.exemplo.com.br.") if refused else "",
    )
    let_page_listen()
    status = refused.status if refused else 200
    return render_page("dashboard/talks/calls.html", page, status=status)
