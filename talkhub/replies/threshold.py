"""From which probability on a workspace's answers go out: learned from what people judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from talkhub.replies.deciding import SUGGESTED_FROM

DEFAULT: Final = 0.8
"""What the development part of our own questions asks for: at most one answer in twenty wrong."""

LEAST: Final = 0.5
MOST: Final = 0.95
_STEP: Final = 0.01
_MOST_WRONG: Final = 0.05
# What a step further down has to be shown by, and what we take for seen beforehand.
_ENOUGH: Final = 20
_SEEN, _SEEN_WRONG = 20, 0.8


@dataclass(frozen=True, slots=True)
class Judged:
    """How likely an answer was thought right, and whether somebody found it so."""

    score: float
    is_good: bool


def learned_threshold(judged: Sequence[Judged]) -> float:
    """Return the threshold that the judgements ask for; without any it is DEFAULT.

    It rises until at most one judged answer in twenty above it was bad, and falls only where
    enough were judged in between: one verdict moves little, and none moves it beyond its bounds.
    """
    known = [it for it in judged if it.score >= SUGGESTED_FROM]
    steps = round((MOST - LEAST) / _STEP)
    candidates = [round(LEAST + step * _STEP, 2) for step in range(steps + 1)]
    allowed = [it for it in candidates if _is_good_enough(known, it)]
    lower = [it for it in allowed if it < DEFAULT and _is_shown(known, it)]
    if lower:
        return lower[0]
    return next((it for it in allowed if it >= DEFAULT), MOST)


def _is_good_enough(known: Sequence[Judged], threshold: float) -> bool:
    above = [it for it in known if it.score >= threshold]
    wrong = sum(not it.is_good for it in above) + _SEEN_WRONG
    return wrong <= _MOST_WRONG * (len(above) + _SEEN)


def _is_shown(known: Sequence[Judged], threshold: float) -> bool:
    """Tell whether enough was judged between a lower threshold and the usual one, and held."""
    between = [it for it in known if threshold <= it.score < DEFAULT]
    wrong = sum(not it.is_good for it in between)
    return len(between) >= _ENOUGH and wrong <= _MOST_WRONG * len(between)
