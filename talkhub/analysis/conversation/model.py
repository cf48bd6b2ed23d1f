"""What is said of how a conversation went: frozen data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from talkhub.names.labels import SatisfactionBand


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters `start` to `end` of a message's content, which speak for something."""

    message_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A label and what speaks for it; what nothing speaks against may be said without evidence."""

    label: str
    evidence: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a message, with what identifies people masked."""

    message_id: str
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """What the person talked about, in their own words, and where they first said it."""

    text: str
    said: Stretch


@dataclass(frozen=True, slots=True)
class SatisfactionEstimate:
    """How content a person seems. An estimate by rules: nobody was asked, and it is no CSAT.

    `score` runs from 1 to 5. It is the sum of what `made_from` names, kept on the scale.
    """

    band: SatisfactionBand
    score: float
    made_from: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """How a conversation went, from its beginning to its end.

    Moods come from the person's turns alone; what was done about it also from those of bots
    and agents. A hand-off without evidence was neither asked for nor done. `lowest` is the
    turn in the worst mood, None where none was bad; `sentiment` is that at the end, and `score`
    runs from -1 to 1. `language` is None where neither the
    words nor the person's locale say which it is.
    """

    language: str | None
    sentiment: Finding
    score: float
    trajectory: Finding
    lowest: Stretch | None
    further_intents: tuple[tuple[str, float], ...]
    urgency: Finding
    handoff_requested: tuple[Stretch, ...]
    handoff_done: tuple[Stretch, ...]
    fallbacks: tuple[Stretch, ...]
    loops: tuple[Stretch, ...]
    unanswered: tuple[Stretch, ...]
    outcome: Finding
    resolution: Finding
    key_phrases: tuple[KeyPhrase, ...]
    summary: tuple[Quote, ...]
    satisfaction: SatisfactionEstimate
