"""How right predictions are: accuracy, F1, their intervals, confusion and calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.examples import INTENTS, SENTIMENTS, Example
from talkhub.names import Intent

_BINS = 10
_RESAMPLES = 1_000
_IMAGINED = 200
_SEED = 20_261_122

Numbers = NDArray[np.intp]
Interval = tuple[float, float]

INTENT_ANSWERS: Final = (*INTENTS, Intent.UNKNOWN)


class Prediction(NamedTuple):
    """What an analyser says of one message, and how sure it is."""

    sentiment: str
    sentiment_confidence: float
    intent: str
    intent_confidence: float


class LabelF1(NamedTuple):
    """The F1 of a label that some rows have, with its interval."""

    label: str
    rows: int
    f1: float
    ci95: Interval


class Bin(NamedTuple):
    """The rows with predictions of about one confidence: its mean, and the share that is right."""

    rows: int
    confidence: float
    accuracy: float


class Measures(NamedTuple):
    """How right the predictions of one kind of label are.

    `confusion` has a row for each true label and a column for each answer, in the order of
    `answers`. `ece` is the expected calibration error over ten bins of equal width, and
    `ece_if_calibrated` what predictions of these confidences show on average if they are
    calibrated perfectly: few rows never show 0. `reliability` are the bins that are not empty,
    `f1_by_label` the labels that occur. `accuracy_with_alt` is None without alternatives.
    """

    answers: tuple[str, ...]
    accuracy: float
    accuracy_ci95: Interval
    macro_f1: float
    macro_f1_ci95: Interval
    ece: float
    ece_if_calibrated: float
    confusion: Numbers
    reliability: tuple[Bin, ...]
    f1_by_label: tuple[LabelF1, ...]
    accuracy_with_alt: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the figures for machines, rounded; the interval is that of the macro-F1."""
        figures: dict[str, Any] = {
            "accuracy": round(self.accuracy, 4),
            "macro_f1": round(self.macro_f1, 4),
            "ci95": [round(end, 4) for end in self.macro_f1_ci95],
            "ece": round(self.ece, 4),
        }
        if self.accuracy_with_alt is not None:
            figures["accuracy_with_alt"] = round(self.accuracy_with_alt, 4)
        return figures


def measure(
    examples: Sequence[Example], predictions: Sequence[Prediction]
) -> tuple[Measures, Measures]:
    """Return how right the sentiments and the intents of some predictions are."""
    moods = _measures(
        SENTIMENTS,
        [example.sentiment for example in examples],
        [prediction.sentiment for prediction in predictions],
        np.array([prediction.sentiment_confidence for prediction in predictions]),
    )
    errands = _measures(
        INTENT_ANSWERS,
        [example.intent for example in examples],
        [prediction.intent for prediction in predictions],
        np.array([prediction.intent_confidence for prediction in predictions]),
    )
    accepted = [
        prediction.intent in (example.intent, example.intent_alt)
        for example, prediction in zip(examples, predictions, strict=True)
    ]
    return moods, errands._replace(accuracy_with_alt=sum(accepted) / len(accepted))


def macro_f1(confusion: Numbers) -> float:
    """Return the mean F1 of the labels that occur; an answer that is no label counts as wrong."""
    f1s, occurs = _f1s(confusion), confusion.sum(axis=1) > 0
    return float(f1s[occurs].mean())


def calibration_error(confidences: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> float:
    """Return by how much confidence and accuracy differ, over ten bins of equal width."""
    bins = _bins(confidences)
    gaps = np.bincount(bins, weights=confidences - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(confidences))


def _measures(
    answers: tuple[str, ...],
    labels: Sequence[str],
    answered: Sequence[str],
    confidences: NDArray[np.floating[Any]],
) -> Measures:
    number = {answer: place for place, answer in enumerate(answers)}
    true = np.array([number[label] for label in labels])
    given = np.array([number[answer] for answer in answered])
    right = true == given
    chance = np.random.default_rng(_SEED)
    accuracies, f1s = np.empty(_RESAMPLES), np.empty(_RESAMPLES)
    by_label = np.empty((_RESAMPLES, len(answers)))
    for turn in range(_RESAMPLES):
        rows = chance.integers(len(true), size=len(true))
        resampled = _confusion(true[rows], given[rows], len(answers))
        accuracies[turn] = right[rows].mean()
        f1s[turn] = macro_f1(resampled)
        by_label[turn] = _f1s(resampled)
    imagined = [
        calibration_error(confidences, chance.random(len(true)) < confidences)
        for _ in range(_IMAGINED)
    ]
    confusion = _confusion(true, given, len(answers))
    return Measures(
        answers=answers,
        accuracy=float(right.mean()),
        accuracy_ci95=_interval(accuracies),
        macro_f1=macro_f1(confusion),
        macro_f1_ci95=_interval(f1s),
        ece=calibration_error(confidences, right),
        ece_if_calibrated=float(np.mean(imagined)),
        confusion=confusion,
        reliability=tuple(_reliability(confidences, right)),
        f1_by_label=tuple(
            LabelF1(answers[place], int(count), float(f1), _interval(by_label[:, place]))
            for place, (count, f1) in enumerate(
                zip(confusion.sum(axis=1), _f1s(confusion), strict=True)
            )
            if count
        ),
        accuracy_with_alt=None,
    )


def _f1s(confusion: Numbers) -> NDArray[np.floating[Any]]:
    """Return each label's F1; not a number where it neither occurs nor was answered."""
    involved = confusion.sum(axis=1) + confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * np.diag(confusion) / involved)


def _bins(confidences: NDArray[np.floating[Any]]) -> Numbers:
    return np.minimum((confidences * _BINS).astype(np.intp), _BINS - 1)


def _reliability(confidences: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> Iterator[Bin]:
    bins = _bins(confidences)
    for number in np.unique(bins):
        own = bins == number
        yield Bin(int(own.sum()), float(confidences[own].mean()), float(right[own].mean()))


def _confusion(true: Numbers, given: Numbers, labels: int) -> Numbers:
    return np.bincount(true * labels + given, minlength=labels**2).reshape(labels, labels)


def _interval(figures: NDArray[np.floating[Any]]) -> Interval:
    low, high = np.nanpercentile(figures, [2.5, 97.5])
    return float(low), float(high)
