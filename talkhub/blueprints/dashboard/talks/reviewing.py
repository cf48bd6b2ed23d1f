"""The analyses to look at on the page of quality, and how right those are that somebody did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame
from talkhub.blueprints.dashboard.talks.correcting import correcting
from talkhub.blueprints.dashboard.wording import intent_name, sentiment_name
from talkhub.names import Sentiment
from talkhub.names.labels import Correctable, ReviewKind
from talkhub.services.fitting import without_nul
from talkhub.services.labelling.corrections import intents_to_choose
from talkhub.services.labelling.next_intents import PredictionReport, prediction_report
from talkhub.services.labelling.reviewing import ReviewedAccuracy, review, reviewed_accuracy
from talkhub.store.base import LARGEST_ID
from talkhub.store.queries.reviews import (
    COUNTED_AT_MOST,
    ReviewPage,
    doubtful_conversations,
    sampled_conversations,
)
from talkhub.store.uow import Database, UnitOfWork

_PLACE = re.compile(r"(\d{1,19}(?:\.\d{1,6})?)_(\d{1,19})")


class ReviewForm(BaseModel):
    """What is said of one conversation, and which list it was in."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: str = Field(max_length=255)
    kind: ReviewKind = ReviewKind.UNSURE
    intent: str = ""
    sentiment: str = ""

    def said(self) -> dict[str, str]:
        """Return what is said, by field."""
        fields = {Correctable.INTENT: self.intent, Correctable.SENTIMENT: self.sentiment}
        return {field.value: value for field, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class ReviewBox:
    """The card of analyses to look at: the list of a kind, and what can be said of each."""

    kind: ReviewKind
    found: ReviewPage
    next_href: str | None
    is_first: bool
    may_correct: bool
    intents: Mapping[str, str]
    moods: Mapping[str, str]
    accuracy: tuple[ReviewedAccuracy, ...]
    foreseen: PredictionReport | None
    counted_at_most: int = COUNTED_AT_MOST


def review_box(uow: UnitOfWork, frame: Frame, asked: Mapping[str, str]) -> ReviewBox:
    """Return the card, at the place in a list that an address names."""
    is_sample = asked.get("review") == ReviewKind.SAMPLE
    kind = ReviewKind.SAMPLE if is_sample else ReviewKind.UNSURE
    after = _read_place(asked.get("after", ""))
    found = sampled_conversations(uow) if is_sample else doubtful_conversations(uow, after=after)
    place = f"{found.next[0]}_{found.next[1]}" if found.next else None
    return ReviewBox(
        kind=kind,
        found=found,
        next_href=_address(kind, place) if place else None,
        is_first=after is None,
        may_correct=frame.corrects_analyses,
        intents={intent: intent_name(intent) for intent in intents_to_choose(uow)},
        moods={mood.value: sentiment_name(mood) for mood in Sentiment},
        accuracy=reviewed_accuracy(uow),
        foreseen=prediction_report(uow),
    )


def register(blueprint: Blueprint, database: Database) -> None:
    """Add reviewing to the dashboard."""

    @blueprint.post("/quality/reviews")
    def review_analysis() -> Response:
        given = {name: without_nul(value) for name, value in request.form.items()}
        form = ReviewForm.model_validate(given)
        if said := form.said():
            with correcting(database) as uow:
                review(uow, form.conversation_id, said, kind=form.kind)
        return redirect(_address(form.kind), 303)


def _address(kind: ReviewKind, after: str | None = None) -> str:
    chosen = kind.value if kind is ReviewKind.SAMPLE else None
    return url_for("dashboard.quality", review=chosen, after=after, _anchor="reviews")


def _read_place(text: str) -> tuple[float, int] | None:
    matched = _PLACE.fullmatch(text)
    if matched is None:
        return None
    place, row_id = matched.groups()
    return min(float(place), float(LARGEST_ID // 2)), min(int(row_id), LARGEST_ID)
