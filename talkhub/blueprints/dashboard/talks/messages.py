"""A transcript's messages as they are shown: by day, with moods, reasons and waiting times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from talkhub.blueprints.dashboard.talks.marks import Segment, segments
from talkhub.services.talking.labels import found_in
from talkhub.services.talking.transcripts import time_of, waits
from talkhub.store.queries.transcripts import Transcript

SURE_FROM = 0.5
SHOWN_INTENTS = 2


@dataclass(frozen=True, slots=True)
class FoundIntent:
    """What a message wants; one of little confidence is shown as a guess."""

    name: str
    confidence: float

    @property
    def is_sure(self) -> bool:
        """Whether it is more than a guess."""
        return self.confidence >= SURE_FROM


@dataclass(frozen=True, slots=True)
class Mood:
    """What the analysis says of one message, its surest intents first."""

    sentiment: str
    score: float
    intents: list[FoundIntent]
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message; `waited_seconds` says how long the person waited for it as an answer.

    `file` is the name of what was sent with it, where it has one. Of a message that was
    taken back nothing is left to show.
    """

    number: int
    message_id: str
    role: str
    kind: str
    file: str
    sent_at: datetime
    is_edited: bool
    is_revoked: bool
    is_automatic: bool
    reactions: list[str]
    segments: list[Segment]
    mood: Mood | None
    waited_seconds: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one local day."""

    on: date
    messages: list[ShownMessage]


def days_of(
    transcript: Transcript, zone: ZoneInfo, said: Mapping[str | None, Mapping[str, str]]
) -> list[Day]:
    """Return a transcript's messages by local day, in their order.

    `said` is what counts of the corrections, by message and field.
    """
    found = transcript.result or {}
    analysed = {
        it["message_id"]: {**it, **found_in(said.get(it["message_id"], {}))}
        for it in found.get("messages", ())
    }
    messages = transcript.messages
    waited = waits(messages, [time_of(message) for message in messages])
    shown = [
        _shown(number, message, analysed.get(message.get("id")), waited[number])
        for number, message in enumerate(messages)
    ]
    by_day = groupby(shown, key=lambda message: message.sent_at.astimezone(zone).date())
    return [Day(on, list(messages)) for on, messages in by_day]


def _shown(
    number: int,
    message: Mapping[str, Any],
    analysed: Mapping[str, Any] | None,
    waited: float | None,
) -> ShownMessage:
    content = str(message.get("content") or "")
    return ShownMessage(
        number=number,
        message_id=str(message.get("id", "")),
        role=message["role"],
        kind=message.get("kind", "text"),
        file=str(message.get("attributes", {}).get("filename", "")),
        sent_at=time_of(message),
        is_edited="edited_at" in message,
        is_revoked="revoked_at" in message,
        is_automatic="automatic" in message.get("attributes", {}),
        reactions=[str(reaction["emoji"]) for reaction in message.get("reactions", ())],
        segments=segments(content, analysed["reasons"] if analysed else ()),
        mood=_mood(analysed) if analysed else None,
        waited_seconds=waited,
    )


def _mood(analysed: Mapping[str, Any]) -> Mood:
    # Stable: intents that people named keep the order in which they did.
    intents = sorted(analysed["intents"], key=lambda pair: pair[1], reverse=True)
    shown = [FoundIntent(name, confidence) for name, confidence in intents[:SHOWN_INTENTS]]
    is_corrected = bool(analysed.get("is_corrected"))
    return Mood(analysed["sentiment"], analysed["score"], shown, is_corrected)
