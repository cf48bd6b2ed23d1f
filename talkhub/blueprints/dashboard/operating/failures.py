"""What was given up, with its errors, and buttons that send it round again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Forbidden
from talkhub.services.sending.dead_letters import replay_dead_letters
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.dead_letters import (
    PAGE,
    DeadEvent,
    DeadMessage,
    dead_events,
    dead_messages,
)


@dataclass(frozen=True, slots=True)
class FailuresPage:
    """Everything the page shows; `older` is where a list's next page begins."""

    frame: Frame
    events: tuple[DeadEvent, ...]
    messages: tuple[DeadMessage, ...]
    older_events: int | None
    older_messages: int | None
    refused: str = ""


class FailuresForm(BaseModel):
    """The page's address."""

    model_config = ConfigDict(extra="forbid")

    events_before: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    messages_before: int | None = Field(default=None, ge=1, le=LARGEST_ID)


class ReplayForm(BaseModel):
    """One event, one message, or, with neither, everything but messages to people."""

    model_config = ConfigDict(extra="forbid")

    event_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    message_id: int | None = Field(default=None, ge=1, le=LARGEST_ID)


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the failures to the dashboard, for owners and admins."""

    @blueprint.get("/failures", endpoint="failures")
    def show() -> Response:
        return _page(runtime, FailuresForm.model_validate(request.args.to_dict()))

    @blueprint.post("/failures/replay", endpoint="replay_failures")
    def replay() -> Response:
        form = ReplayForm.model_validate(request.form.to_dict())
        is_everything = form.event_id is None and form.message_id is None
        try:
            with writing(runtime.database) as uow:
                frame = read_frame(uow)
                _refuse_others(frame)
                replay_dead_letters(
                    uow,
                    event_ids=None if is_everything else _one(form.event_id),
                    message_ids=None if is_everything else _one(form.message_id),
                    may_write=frame.sends_messages,
                )
        except Conflict as refused:
            return _page(runtime, FailuresForm(), refused=refused.code, status=refused.status)
        return redirect(url_for("dashboard.failures"), 303)


def _page(
    runtime: Runtime, form: FailuresForm, *, refused: str = "", status: int = 200
) -> Response:
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        _refuse_others(frame)
        events = dead_events(uow, before=form.events_before)
        messages = dead_messages(uow, before=form.messages_before)
    page = FailuresPage(frame, events, messages, _older(events), _older(messages), refused)
    return render_page("dashboard/operating/failures.html", page, status=status)


def _refuse_others(frame: Frame) -> None:
    if not frame.operates:
        raise Forbidden("Only owners and admins of the workspace look after what failed.")


def _one(id_: int | None) -> list[int]:
    return [] if id_ is None else [id_]


def _older(found: tuple[DeadEvent, ...] | tuple[DeadMessage, ...]) -> int | None:
    return found[-1].id if len(found) == PAGE else None
