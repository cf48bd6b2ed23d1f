"""Learns a workspace's own intents and topics from a few phrases, and says how well it did.

A ridge regression in closed form: from it follows, without fitting again, what would have been
said of each phrase had it not been among them. That is what the report tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.hearing import listen
from talkhub.analysis.meaning import has_encoder
from talkhub.analysis.own.everyday import WEIGHT_OF_EVERYDAY, everyday
from talkhub.analysis.own.points import points
from talkhub.analysis.own.ridge import Matrix, fits
from talkhub.analysis.own.taught import SURE_FROM, OwnLabel, Taught, chances_of, nothing_taught

FEWEST_PHRASES: Final = 3
"""Of a label; with fewer nothing is learned of it."""

# Likelier than this, the likeliest label of a phrase that means another is worth a warning.
_RIVAL: Final = 0.2

_STIFFNESS: Final = (0.03, 0.1, 0.3, 1.0)
_STEEPNESS: Final = np.geomspace(4.0, 40.0, 8)
_TURNS: Final = np.linspace(0.15, 0.6, 10)


class Phrase(NamedTuple):
    """A text that means a label, by its place among them; None means none of them."""

    text: str
    label: int | None


@dataclass(frozen=True, slots=True)
class LabelReport:
    """How a label fares: of its phrases, left out one by one, so many are found again.

    `taken_for` are those that are not, each with the label it is taken for; None is none.
    """

    name: str
    phrases: int
    found: int
    taken_for: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How well labels are told apart. `false_alarms` is the share of other messages named."""

    phrases: int
    found: int
    false_alarms: float
    labels: tuple[LabelReport, ...]
    confusable: tuple[tuple[str, str, int], ...]


def teach(labels: Sequence[OwnLabel], phrases: Sequence[Phrase]) -> tuple[Taught, Report]:
    """Return what is learned of the phrases, and how well each is told when it is left out.

    Deterministic. Labels with too few phrases are learned as far as that goes: callers see
    to that there are enough.
    """
    with_meaning = has_encoder()
    if not labels:
        return nothing_taught(with_meaning=with_meaning), Report(0, 0, 0.0, (), ())
    own = points([listen(it.text) for it in phrases], with_meaning=with_meaning)
    places = np.vstack([own, everyday(with_meaning=with_meaning).unlike(own).places])
    truth = np.zeros((len(places), len(labels)))
    for row, it in enumerate(phrases):
        if it.label is not None:
            truth[row, it.label] = 1.0
    counts = np.where(np.arange(len(places)) < len(own), 1.0, WEIGHT_OF_EVERYDAY)
    found = fits(places, truth, counts, _STIFFNESS)
    curves = [_curve(it.left_out, truth, counts) for it in found]
    curve, fit = min(zip(curves, found, strict=True), key=lambda pair: pair[0].surprise)
    taught = Taught(tuple(labels), *fit.weights(places), curve.steepness, curve.turn)
    chances = chances_of(fit.left_out, curve.steepness, curve.turn)
    return taught, _report(labels, phrases, chances)


class _Curve(NamedTuple):
    surprise: float
    steepness: float
    turn: float


def _curve(scores: Matrix, truth: Matrix, counts: Matrix) -> _Curve:
    """Return the curve under which what the texts mean surprises least."""
    weights = counts[:, None] / counts.sum()
    best = _Curve(float("inf"), 0.0, 0.0)
    for steepness in _STEEPNESS:
        for turn in _TURNS:
            chances = np.clip(chances_of(scores, steepness, turn), 1e-6, 1 - 1e-6)
            surprises = -np.log(np.where(truth > 0, chances, 1 - chances))
            surprise = float((weights * surprises).sum())
            best = min(best, _Curve(surprise, float(steepness), float(turn)))
    return best


def _report(labels: Sequence[OwnLabel], phrases: Sequence[Phrase], chances: NDArray[Any]) -> Report:
    own, others = chances[: len(phrases)], chances[len(phrases) :]
    names = [label.name for label in labels]
    answers = [int(row.argmax()) if row.max(initial=0.0) >= SURE_FROM else None for row in own]
    each = [_of_label(place, names, phrases, answers) for place in range(len(labels))]
    return Report(
        phrases=sum(it.phrases for it in each),
        found=sum(it.found for it in each),
        false_alarms=round(float((others.max(axis=1, initial=0.0) >= SURE_FROM).mean()), 3),
        labels=tuple(each),
        confusable=_confusable(names, phrases, own),
    )


def _of_label(
    place: int, names: Sequence[str], phrases: Sequence[Phrase], answers: Sequence[int | None]
) -> LabelReport:
    own = [
        (it.text, answer) for it, answer in zip(phrases, answers, strict=True) if it.label == place
    ]
    missed = tuple(
        (text, None if answer is None else names[answer]) for text, answer in own if answer != place
    )
    return LabelReport(names[place], len(own), len(own) - len(missed), missed)


def _confusable(
    names: Sequence[str], phrases: Sequence[Phrase], chances: NDArray[Any]
) -> tuple[tuple[str, str, int], ...]:
    """Return the pairs of labels whose phrases look like each other's, most often first.

    Also where none is sure enough to be named: what lies between two labels is named neither.
    """
    pairs: dict[tuple[str, str], int] = {}
    for it, row in zip(phrases, chances, strict=True):
        rival = int(row.argmax())
        if it.label is not None and it.label != rival and row[rival] >= _RIVAL:
            first, second = sorted([names[it.label], names[rival]])
            pairs[first, second] = pairs.get((first, second), 0) + 1
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return tuple((*pair, count) for pair, count in ranked)
