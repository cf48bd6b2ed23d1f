"""Trains the model from the corpus: `./run train`."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from talkhub.analysis.classifier import ERRANDS, FOLDER, MANIFEST, MOODS, WEIGHTS
from talkhub.analysis.examples import (
    INTENTS,
    SENTIMENTS,
    BadExamples,
    Example,
    Split,
    corpus,
    corpus_checksum,
)
from talkhub.analysis.fitting import TUNED_ON, Counts, Fitted, Matrix, count, fit
from talkhub.analysis.measuring import Measures, Prediction, measure
from talkhub.progress import Tell, show_progress

SEED: Final = 20_261_122

_TRUSTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 1.0)
_TEMPERATURES = np.geomspace(0.2, 3.0, 80)
_FOLDS = 6
_STEPS = _FOLDS + 4

# An answer that is right less often than this is worse than saying that one cannot tell.
_WORTH_SAYING = 1 / 3
_THRESHOLDS = np.arange(0.1, 0.5, 0.02)


class Calibration(NamedTuple):
    """By what scores are divided to become honest, and below what an intent is not named."""

    moods: float
    errands: float
    unknown_below: float


class Model(NamedTuple):
    """Everything that is shipped, and how it came about."""

    fitted: Fitted
    trust: Matrix
    calibration: Calibration

    def predictions(self, counts: Counts) -> list[Prediction]:
        """Return what the model says of examples."""
        scores = self.fitted.scores(counts, self.trust)
        moods = _likelihood(scores[:, MOODS] / self.calibration.moods)
        errands = _likelihood(scores[:, ERRANDS] / self.calibration.errands)
        return [
            Prediction(
                SENTIMENTS[mood.argmax()],
                float(mood.max()),
                INTENTS[errand.argmax()],
                float(errand.max()),
            )
            for mood, errand in zip(moods, errands, strict=True)
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the model and say how right it is; return the exit code."""
    parser = argparse.ArgumentParser(prog="./run train", description=__doc__)
    parser.add_argument("--into", type=Path, default=FOLDER, help="another folder to write to")
    options = parser.parse_args(arguments)
    try:
        with show_progress("training", _STEPS) as tell:
            by_split = {split: count(corpus(split)) for split in Split}
            tell(1)
            model, development, test = train(by_split, tell)
    except BadExamples as error:
        sys.stderr.write(f"train: {error}\n")
        return 1
    options.into.mkdir(parents=True, exist_ok=True)
    weights = options.into / WEIGHTS
    np.savez_compressed(weights, allow_pickle=False, **arrays_of(model))
    manifest = _manifest(model, weights, by_split, {"development": development, "test": test})
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (options.into / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")
    return 0


def train(
    by_split: dict[Split, Counts], tell: Tell
) -> tuple[Model, tuple[Measures, Measures], tuple[Measures, Measures]]:
    """Return the model, and how right it is on the development and the test split.

    The development split decides how far the lexicons are trusted. Then it becomes training
    text as well, so its figures are those of a model that had not seen it.
    """
    # One thread adds in one order, so that the same examples give the same bits.
    with threadpool_limits(1):
        return _train(by_split, tell)


def _train(
    by_split: dict[Split, Counts], tell: Tell
) -> tuple[Model, tuple[Measures, Measures], tuple[Measures, Measures]]:
    training, development = by_split[Split.TRAINING], by_split[Split.DEVELOPMENT]
    first = fit(training)
    tell(2)
    trust = _trust(first, development)
    both = _joined(training, development)
    calibration = _calibrated(both, _unseen_scores(both, trust, tell))
    model = Model(fit(both), trust, calibration)
    tell(_STEPS)
    before = model._replace(fitted=first)
    test = by_split[Split.TEST]
    return (
        model,
        measure(development.examples, before.predictions(development)),
        measure(test.examples, model.predictions(test)),
    )


def _joined(one: Counts, other: Counts) -> Counts:
    return Counts(
        scipy.sparse.vstack([one.buckets, other.buckets]).tocsr(),
        np.vstack([one.heard, other.heard]),
        [*one.examples, *other.examples],
    )


def _unseen_scores(counts: Counts, trust: Matrix, tell: Tell) -> Matrix:
    """Return the scores of each example by a model that knows nobody's words of its fold."""
    scores = np.zeros((len(counts.examples), ERRANDS.stop))
    folds = _folds(counts.examples)
    for fold in range(_FOLDS):
        unseen = np.flatnonzero(folds == fold)
        fitted = fit(counts.part(np.flatnonzero(folds != fold)))
        scores[unseen] = fitted.scores(counts.part(unseen), trust)
        tell(fold + 3)
    return scores


def _folds(examples: Sequence[Example]) -> NDArray[np.intp]:
    """Deal whole personas to the folds, and what has no persona row by row."""
    personas = sorted({example.persona for example in examples} - {TUNED_ON})
    order = np.random.default_rng(SEED).permutation(len(personas))
    fold_of = {personas[place]: turn % _FOLDS for turn, place in enumerate(order)}
    return np.array([fold_of.get(it.persona, row % _FOLDS) for row, it in enumerate(examples)])


def _trust(fitted: Fitted, counts: Counts) -> Matrix:
    """Return the lexicons' share in the score of each label, one for moods and one for errands.

    It is the largest under which what people meant surprises no more than under the best one,
    but for one standard error of the difference: the lexicons know every negation there is, the
    examples those that somebody wrote.
    """
    trust = np.zeros(ERRANDS.stop)
    for part, labels in zip((MOODS, ERRANDS), _labels(counts.examples), strict=True):
        surprises = {}
        for share in _TRUSTS:
            scores = fitted.scores(counts, np.full(ERRANDS.stop, share))[:, part]
            surprises[share] = _surprises(scores / _temperature(scores, labels), labels)
        best = min(surprises.values(), key=np.mean)
        trust[part] = max(
            share
            for share, found in surprises.items()
            if (found - best).mean() <= (found - best).std() / np.sqrt(len(best))
        )
    return trust


def _calibrated(counts: Counts, scores: Matrix) -> Calibration:
    """Return the calibration under which the scores of unseen examples tell the truth."""
    untuned = np.array([example.persona != TUNED_ON for example in counts.examples])
    moods, errands = _labels(counts.examples)
    by_mood = _temperature(scores[untuned, MOODS], moods[untuned])
    by_errand = _temperature(scores[untuned, ERRANDS], errands[untuned])
    chances = _likelihood(scores[untuned, ERRANDS] / by_errand)
    right = chances.argmax(axis=1) == errands[untuned]
    return Calibration(by_mood, by_errand, _unknown_below(chances.max(axis=1), right))


def _temperature(scores: Matrix, labels: NDArray[np.intp]) -> float:
    """Return the temperature under which the labels surprise least."""
    best = min(_TEMPERATURES, key=lambda heat: float(_surprises(scores / heat, labels).mean()))
    return round(float(best), 3)


def _surprises(scores: Matrix, labels: NDArray[np.intp]) -> Matrix:
    chances = _likelihood(scores)[np.arange(len(labels)), labels]
    return np.asarray(-np.log(np.maximum(chances, 1e-9)))


def _unknown_below(confidences: NDArray[Any], right: NDArray[np.bool_]) -> float:
    """Return the highest threshold under which answers are too seldom right."""
    for threshold in _THRESHOLDS[::-1]:
        below = confidences < threshold
        if below.any() and right[below].mean() < _WORTH_SAYING:
            return round(float(threshold), 2)
    return 0.0


def _likelihood(scores: Matrix) -> Matrix:
    risen = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = risen / risen.sum(axis=1, keepdims=True)
    return shares


def _labels(examples: Sequence[Example]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    moods = [SENTIMENTS.index(example.sentiment) for example in examples]
    return np.array(moods), np.array([INTENTS.index(example.intent) for example in examples])


def arrays_of(model: Model) -> dict[str, NDArray[np.float16]]:
    """Return the model's arrays: calibrated, the lexicons' share in them, at half precision."""
    fitted, calibration = model.fitted, model.calibration
    temperatures = np.repeat(
        [calibration.moods, calibration.errands], [len(SENTIMENTS), len(INTENTS)]
    )
    arrays = {
        "rarity": fitted.rarity,
        "weights": fitted.weights / temperatures,
        "heard": model.trust * fitted.heard / temperatures,
        "bias": (fitted.bias + model.trust * fitted.heard_bias) / temperatures,
    }
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _manifest(
    model: Model,
    weights: Path,
    by_split: dict[Split, Counts],
    measured: dict[str, tuple[Measures, Measures]],
) -> dict[str, Any]:
    return {
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "corpus_sha256": corpus_checksum(),
        "examples": {split.value: len(counts.examples) for split, counts in by_split.items()},
        "sentiments": SENTIMENTS,
        "intents": INTENTS,
        "seed": SEED,
        "trust_in_lexicons": {
            "sentiment": float(model.trust[0]),
            "intent": float(model.trust[-1]),
        },
        "temperatures": {
            "sentiment": model.calibration.moods,
            "intent": model.calibration.errands,
        },
        "unknown_below": model.calibration.unknown_below,
        "metrics": {
            split: {"sentiment": moods.as_json(), "intent": errands.as_json()}
            for split, (moods, errands) in measured.items()
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }


if __name__ == "__main__":
    sys.exit(main())
