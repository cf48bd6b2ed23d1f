"""How the person's mood went: at the end, at its lowest, and whether it rose or fell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talkhub.analysis.closing import is_closing
from talkhub.analysis.conversation.model import Finding, Stretch
from talkhub.analysis.conversation.signs import PersonSign
from talkhub.analysis.conversation.turns import Turn, persons
from talkhub.analysis.model import MessageAnalysis
from talkhub.analysis.sentiment import named
from talkhub.names import Sentiment, Trajectory

_FADES: Final = 0.35
# A turn without any mood says a little of the mood there, not nothing; an "ok" says more.
_UNMOVED_WEIGHT, _CALM_WEIGHT = 0.2, 0.6
_CHANGED: Final = 0.35
# Thanks as short as "certo, obrigada" are manners.
_MANNERS: Final = 4
_RELIEF: Final = 0.4

Felt = tuple[float, float]
"""A mood from -1 to 1, and how much it weighs."""


def mood_at_end(turns: Sequence[Turn]) -> tuple[Finding, float]:
    """Return the mood in which the person left, and its score from -1 to 1."""
    own = list(persons(turns))
    score = _near_the_first([_felt(turn, said) for turn, said in reversed(own)])
    label = named(score)
    evidence = tuple(
        turn.whole() for turn, said in own[-2:] if said.sentiment is label is not Sentiment.NEUTRAL
    )
    return Finding(label, evidence), round(score, 3)


def trajectory(turns: Sequence[Turn]) -> Finding:
    """Return how the end compares with the beginning; the first and the last turn speak for it."""
    own = list(persons(turns))
    felt = [_felt(turn, said) for turn, said in own]
    if len(own) < 2:
        return Finding(Trajectory.STABLE, ())
    change = _near_the_first(felt[::-1]) - _near_the_first(felt)
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


def _felt(turn: Turn, said: MessageAnalysis) -> Felt:
    """Return a turn's mood among the others: manners are none, and what works again is a relief."""
    if said.sentiment is not Sentiment.NEGATIVE and is_closing(turn.content):
        is_manners = len(turn.content.split()) <= _MANNERS and "!" not in turn.content
        if is_manners:
            return 0.0, _CALM_WEIGHT
    has_relief = turn.shown.first(PersonSign.CONFIRMS) and not turn.shown.first(PersonSign.DENIES)
    if has_relief and said.score < _RELIEF and "?" not in turn.content:
        return (_RELIEF if said.score > -_RELIEF else 0.0), _CALM_WEIGHT
    return said.score, _UNMOVED_WEIGHT + abs(said.score)


def _near_the_first(felt: Sequence[Felt]) -> float:
    """Return the mood at one end: what is nearer to it, and what is felt more, weighs more."""
    total, weights, fading = 0.0, 0.0, 1.0
    for score, weight in felt:
        total += fading * weight * score
        weights += fading * weight
        fading *= _FADES
    return total / weights if weights else 0.0
