"""How the person's mood went: where it was lowest, and whether it rose or fell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talkhub.analysis.conversation.model import Finding, Stretch
from talkhub.analysis.conversation.turns import Turn, persons
from talkhub.names import Sentiment, Trajectory

_FADES: Final = 0.5
# A turn without any mood says a little of the mood there, not nothing.
_UNMOVED_WEIGHT: Final = 0.15
_CHANGED: Final = 0.35


def trajectory(turns: Sequence[Turn]) -> Finding:
    """Return how the end compares with the beginning; the first and the last turn speak for it."""
    own = list(persons(turns))
    scores = [said.score for _, said in own]
    if len(own) < 2:
        return Finding(Trajectory.STABLE, ())
    change = _near_the_first(scores[::-1]) - _near_the_first(scores)
    if abs(change) < _CHANGED:
        return Finding(Trajectory.STABLE, ())
    label = Trajectory.IMPROVING if change > 0 else Trajectory.WORSENING
    return Finding(label, (own[0][0].whole(), own[-1][0].whole()))


def lowest(turns: Sequence[Turn]) -> Stretch | None:
    """Return the turn in which the person felt worst, the later of equals; None if none was bad."""
    bad = [
        (said.score, -place, turn)
        for place, (turn, said) in enumerate(persons(turns))
        if said.sentiment is Sentiment.NEGATIVE
    ]
    return min(bad, key=lambda item: item[:2])[2].whole() if bad else None


def _near_the_first(scores: Sequence[float]) -> float:
    """Return the mood at one end: what is nearer to it, and what is felt more, weighs more."""
    total, weights, fading = 0.0, 0.0, 1.0
    for score in scores:
        weight = fading * (_UNMOVED_WEIGHT + abs(score))
        total += weight * score
        weights += weight
        fading *= _FADES
    return total / weights
