"""The box below a transcript: an answer to its person, and how far the last ones have come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, read_frame, writing
from talkhub.errors import Conflict, Forbidden, Invalid, NotFound, WindowClosed
from talkhub.names import MessageRole
from talkhub.services.fitting import without_nul
from talkhub.services.idempotency import once_per_key
from talkhub.services.sending.messages import (
    LONGEST_ELSEWHERE,
    Wanted,
    latest_messages,
    queue_message,
)
from talkhub.services.sending.reaching import Chat, what_hinders
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.transcripts import Transcript, find_transcript
from talkhub.store.uow import Database, UnitOfWork

SHOWN = 5


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """A message to the person, as far as it has come."""

    id: int
    state: str
    text: str
    error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerBox:
    """What the box shows. `after` is the last message's id: a form sent twice says it once.

    `text` and `refused` are what somebody wrote and why it was not taken.
    """

    may_write: bool
    is_window_closed: bool
    answers: tuple[SentAnswer, ...]
    after: int
    longest: int = LONGEST_ELSEWHERE
    text: str = ""
    refused: str = ""

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to show."""
        return self.may_write or self.is_window_closed or bool(self.answers)


class AnswerForm(BaseModel):
    """What the box sends."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=2 * LONGEST_ELSEWHERE)
    after: int = Field(default=0, ge=0, le=LARGEST_ID)


def answer_box(
    uow: UnitOfWork, frame: Frame, transcript: Transcript, *, text: str = "", refused: str = ""
) -> AnswerBox:
    """Return the box below a transcript."""
    found = latest_messages(uow, transcript.profile_id, limit=SHOWN)
    chat = Chat(
        transcript.user_id,
        transcript.channel_id,
        is_pinned=True,
        profile_id=transcript.profile_id,
    )
    hindrance = what_hinders(uow, chat)
    return AnswerBox(
        may_write=frame.sends_messages and hindrance is None,
        is_window_closed=frame.sends_messages and isinstance(hindrance, WindowClosed),
        answers=tuple(map(_shown, found)),
        after=found[0]["id"] if found else 0,
        text=text,
        refused=refused,
    )


def register(
    blueprint: Blueprint, database: Database, show: Callable[[str, str, str], Response]
) -> None:
    """Add answering to the dashboard; `show` renders a page with what was written and why not."""

    @blueprint.post("/conversations/<conversation_id>/answer")
    def answer(conversation_id: str) -> Response:
        form = AnswerForm.model_validate(request.form.to_dict())
        text = without_nul(form.text).replace("\r\n", "\n")  # forms write both for a line break
        try:
            with writing(database) as uow:
                _queue(uow, conversation_id, text, form.after)
        except (Conflict, Invalid) as refused:
            response = show(conversation_id, text, refused.first_code)
            response.status_code = refused.status
            return response
        there = url_for("dashboard.conversation", conversation_id=conversation_id)
        return redirect(f"{there}#answer", 303)


def _queue(uow: UnitOfWork, conversation_id: str, text: str, after: int) -> None:
    if not read_frame(uow).sends_messages:
        raise Forbidden("You may read conversations here, but not write to people.")
    found = None if "\0" in conversation_id else find_transcript(uow, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    wanted = Wanted(
        found.user_id, MessageRole.AGENT, text=text, channel_id=found.channel_id, is_pinned=True
    )
    said = f"{conversation_id}\n{after}\n{text}"
    once_per_key(
        uow,
        tool="dashboard.answer",
        key=hashlib.sha256(said.encode()).hexdigest(),
        request=said,
        produce=lambda: queue_message(uow, wanted),
    )


def _shown(message: dict[str, Any]) -> SentAnswer:
    template = message["approved_template"]
    return SentAnswer(
        id=message["id"],
        state=message["state"],
        text=message["text"] or (template["name"] if template else ""),
        error=message["error"],
        created_at=message["created_at"],
    )
