"""Corrections on a transcript's page: what people said of it, and the forms to say it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, writing_if
from talkhub.blueprints.dashboard.shown_corrections import (
    ShownCorrection,
    label_words,
    shown_correction,
)
from talkhub.blueprints.dashboard.wording import intent_name
from talkhub.names import Sentiment
from talkhub.names.labels import Correctable
from talkhub.services.fitting import without_nul
from talkhub.services.labelling.corrections import (
    OF_CONVERSATIONS,
    correct,
    intents_to_choose,
    list_corrections,
    standing,
    undo,
)
from talkhub.services.talking.labels import OF_COURSE, SEPARATOR
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.transcripts import Transcript
from talkhub.store.uow import Database, UnitOfWork

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A label to correct: its field, its title, what it may be, and what counts now."""

    field: str
    title: str
    options: dict[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class CorrectionBox:
    """What a transcript's page shows of corrections.

    `said` is what counts of them, by message and field. `number` is the place of the
    message that is being corrected, if one is.
    """

    may_correct: bool
    choices: list[Choice]
    moods: tuple[str, ...]
    intents: dict[str, str]
    shown: list[ShownCorrection]
    said: Mapping[str | None, Mapping[str, str]]
    number: int | None


class CorrectionForm(BaseModel):
    """What the forms send; what is empty is not said. With `message_id` it is of a message.

    `shown` are the intents that the form began with: a message may have more than it shows.
    """

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(default="", max_length=64)
    number: int = Field(default=0, ge=0)
    shown: str = ""
    intent: str = ""
    further: str = ""
    sentiment: str = ""
    outcome: str = ""
    resolution: str = ""

    def said(self) -> dict[str, str | Sequence[str]]:
        """Return what is said, by field."""
        said: dict[Correctable, str | list[str]]
        if self.message_id:
            intents = [it for it in (self.intent, self.further) if it]
            said = {Correctable.SENTIMENT: self.sentiment}
            if SEPARATOR.join(intents) != self.shown:
                said[Correctable.INTENTS] = intents
        else:
            said = {field: getattr(self, field) for field in OF_CONVERSATIONS}
        return {field.value: value for field, value in said.items() if value}


def correction_box(
    uow: UnitOfWork, frame: Frame, transcript: Transcript, number: int | None
) -> CorrectionBox:
    """Return what is corrected of a transcript, and the forms to correct it with."""
    found = list_corrections(uow, transcript.conversation_id)
    intents = intents_to_choose(uow) if frame.corrects_analyses else ()
    places = {message.get("id"): place for place, message in enumerate(transcript.messages)}
    return CorrectionBox(
        may_correct=frame.corrects_analyses,
        choices=list(_choices(transcript, intents)),
        moods=tuple(Sentiment),
        intents={intent: intent_name(intent) for intent in intents},
        shown=[shown_correction(it, places) for it in found[:SHOWN]],
        said=standing(found),
        number=number if frame.corrects_analyses else None,
    )


def register(blueprint: Blueprint, database: Database) -> None:
    """Add correcting to the dashboard."""

    @blueprint.post("/conversations/<conversation_id>/corrections")
    def correct_analysis(conversation_id: str) -> Response:
        given = {name: without_nul(value) for name, value in request.form.items()}
        form = CorrectionForm.model_validate(given)
        said, message_id = form.said(), form.message_id or None
        with correcting(database) as uow:
            if said:
                correct(uow, conversation_id, said, message_id=message_id, only_changes=True)
        return _back(conversation_id, f"m{form.number}" if form.message_id else "corrections")

    @blueprint.post("/conversations/<conversation_id>/corrections/<int:correction_id>/undo")
    def undo_correction(conversation_id: str, correction_id: int) -> Response:
        with correcting(database) as uow:
            undo(uow, conversation_id, min(correction_id, LARGEST_ID))
        return _back(conversation_id, "corrections")


def correcting(database: Database) -> AbstractContextManager[UnitOfWork]:
    """Begin what only those may who correct analyses."""
    refusal = "You may read conversations here, but not correct their analyses."
    return writing_if(database, attrgetter("corrects_analyses"), refusal=refusal)


def _back(conversation_id: str, place: str) -> Response:
    there = url_for("dashboard.conversation", conversation_id=conversation_id)
    return redirect(f"{there}#{place}", 303)


def _choices(transcript: Transcript, intents: Sequence[str]) -> Iterator[Choice]:
    course = transcript.course or {}
    counts = {
        Correctable.INTENT: transcript.primary_intent,
        Correctable.SENTIMENT: transcript.sentiment,
        **{field: course[field]["label"] for field in OF_COURSE if field in course},
    }
    for field, values in OF_CONVERSATIONS.items():
        title, name_of = label_words(field)
        known = intents if field is Correctable.INTENT else values
        options = {value: name_of(value) for value in known}
        yield Choice(field, title, options, counts.get(field) or "")
