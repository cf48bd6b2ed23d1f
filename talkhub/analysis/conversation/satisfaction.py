"""Estimates how content a person seems: by rules, and never shown as what people answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from talkhub.analysis.conversation.model import SatisfactionEstimate
from talkhub.names import Outcome, Resolution, SatisfactionBand, Sentiment, Trajectory, Urgency

_MIDDLE, _LOWEST, _HIGHEST = 3.0, 1.0, 5.0
_LOW_BELOW, _HIGH_FROM = 2.5, 3.5

# By how much of the scale something moves the estimate; tuned on the corpus' training people.
_MOOD: Final = {Sentiment.POSITIVE: 1.2, Sentiment.NEUTRAL: 0.0, Sentiment.NEGATIVE: -1.0}
_RESOLUTION: Final = {Resolution.CONFIRMED: 1.0, Resolution.SILENT: 0.5, Resolution.NO: -0.6}
_TRAJECTORY: Final = {Trajectory.IMPROVING: 0.2, Trajectory.WORSENING: -0.4}
_OUTCOME: Final = {Outcome.UNANSWERED: -0.3}
_BOT_FAILED: Final = -0.4
_NOBODY_CAME: Final = -0.5
_ANGRY: Final = -0.4


class Facts(NamedTuple):
    """What an estimate is made from."""

    sentiment: Sentiment
    trajectory: str
    resolution: str
    outcome: str
    urgency: str
    has_bot_failed: bool
    has_nobody_come: bool


def estimate(facts: Facts) -> SatisfactionEstimate:
    """Return the estimate, and what it is made from."""
    made_from = tuple(_parts(facts))
    score = _MIDDLE + sum(weight for _, weight in made_from)
    score = round(min(max(score, _LOWEST), _HIGHEST), 1)
    if score < _LOW_BELOW:
        band = SatisfactionBand.LOW
    else:
        band = SatisfactionBand.HIGH if score >= _HIGH_FROM else SatisfactionBand.MIDDLE
    return SatisfactionEstimate(band, score, made_from)


def _parts(facts: Facts) -> Iterator[tuple[str, float]]:
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
    if facts.urgency == Urgency.ANGER:
        yield "urgency:anger", _ANGRY
