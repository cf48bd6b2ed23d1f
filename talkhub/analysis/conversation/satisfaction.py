"""Estimates how content a person seems: by rules, and never shown as what people answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from talkhub.analysis.conversation.model import SatisfactionEstimate
from talkhub.names import Outcome, Resolution, Sentiment, Trajectory
from talkhub.names.labels import SatisfactionBand

_LOWEST, _HIGHEST = 1.0, 5.0
_LOW_BELOW, _HIGH_FROM = 2.5, 3.6

# Who gets an answer is content, unless something speaks against it. By how much each thing
# does was fitted on the corpus' training and development people, and rounded.
_START: Final = 4.3
_UNHEARD: Final = 3.0
_MOOD: Final = {Sentiment.POSITIVE: 0.2, Sentiment.NEGATIVE: -0.5}
_RESOLUTION: Final = {Resolution.CONFIRMED: 0.3, Resolution.NO: -0.7}
_TRAJECTORY: Final = {Trajectory.WORSENING: -0.6}
_OUTCOME: Final = {Outcome.UNANSWERED: -0.5, Outcome.PERSON_LEFT: -0.4}
_BOT_FAILED: Final = -0.7
_NOBODY_CAME: Final = -0.2


class Facts(NamedTuple):
    """What an estimate is made from."""

    sentiment: str
    trajectory: str
    resolution: str
    outcome: str
    has_bot_failed: bool
    has_nobody_come: bool
    has_spoken: bool


def estimate(facts: Facts) -> SatisfactionEstimate:
    """Return the estimate, and what it is made from."""
    made_from = tuple(_parts(facts))
    total = sum(weight for _, weight in made_from)
    score = round(min(max(total, _LOWEST), _HIGHEST), 1)
    if score < _LOW_BELOW:
        band = SatisfactionBand.LOW
    else:
        band = SatisfactionBand.HIGH if score >= _HIGH_FROM else SatisfactionBand.MIDDLE
    return SatisfactionEstimate(band, score, made_from)


def _parts(facts: Facts) -> Iterator[tuple[str, float]]:
    if not facts.has_spoken:
        yield "start", _UNHEARD
        return
    yield "start", _START
    for name, label, weights in (
        ("sentiment", facts.sentiment, _MOOD),
        ("trajectory", facts.trajectory, _TRAJECTORY),
        ("resolution", facts.resolution, _RESOLUTION),
        ("outcome", facts.outcome, _OUTCOME),
    ):
        weight = {str(key): value for key, value in weights.items()}.get(label, 0.0)
        if weight:
            yield f"{name}:{label}", weight
    if facts.has_bot_failed:
        yield "bot_failed", _BOT_FAILED
    if facts.has_nobody_come:
        yield "nobody_came", _NOBODY_CAME
