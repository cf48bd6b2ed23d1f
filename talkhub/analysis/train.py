"""Trains the model from the corpus: `./run train`."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from talkhub.analysis.calibrating import (
    ASK_BELOW,
    COST_OF_UNKNOWN,
    Calibration,
    Shares,
    calibrate,
    chances_of,
    predictions_of,
    shares_for,
)
from talkhub.analysis.classifier import ERRANDS, FOLDER, MANIFEST, MOODS, WEIGHTS
from talkhub.analysis.evaluate import draw_plots
from talkhub.analysis.examples import (
    INTENTS,
    SENTIMENTS,
    BadExamples,
    Example,
    Split,
    corpus,
    corpus_checksum,
)
from talkhub.analysis.fitting import (
    SEED,
    TUNED_ON,
    Counts,
    Fitted,
    Matrix,
    Scores,
    count,
    fit,
)
from talkhub.analysis.meaning import ENCODER
from talkhub.analysis.measuring import Measures, Prediction, measure
from talkhub.progress import Tell, show_progress

FOLDS: Final = 5
_STEPS = FOLDS + 2


class Model(NamedTuple):
    """Everything that is shipped, and how it came about."""

    fitted: Fitted
    shares: Shares
    calibration: Calibration

    def predictions(self, counts: Counts, *, asks: bool = True) -> list[Prediction]:
        """Return what the model says of examples, with the encoder or without."""
        return self.told_by(self.fitted.scores(counts), asks=asks)

    def told_by(self, scores: Scores, *, asks: bool) -> list[Prediction]:
        """Return what the model makes of scores."""
        return predictions_of(chances_of(scores, self.shares, self.calibration, asks=asks))


class Measured(NamedTuple):
    """How right a model is on a split: of sentiments, of intents."""

    sentiment: Measures
    intent: Measures


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, write the model and say how right it is; return the exit code."""
    parser = argparse.ArgumentParser(prog="./run train", description=__doc__)
    parser.add_argument("--plots", type=Path, metavar="DIR", help="write pictures into a folder")
    parser.add_argument("--into", type=Path, default=FOLDER, help="another folder to write to")
    options = parser.parse_args(arguments)
    try:
        with show_progress("training", _STEPS) as tell:
            by_split = {split: count(corpus(split)) for split in Split}
            tell(1)
            model, measured = train(by_split, tell)
    except BadExamples as error:
        sys.stderr.write(f"train: {error}\n")
        return 1
    if options.plots:
        kinds = measured["test"]._asdict()
        draw_plots(options.plots, kinds, rows=len(by_split[Split.TEST].examples))
    options.into.mkdir(parents=True, exist_ok=True)
    weights = options.into / WEIGHTS
    np.savez_compressed(weights, allow_pickle=False, **arrays_of(model))
    manifest = _manifest(model, weights, by_split, measured)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (options.into / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")
    return 0


def train(
    by_split: dict[Split, Counts], tell: Tell, *, folds: int = FOLDS
) -> tuple[Model, dict[str, Measured]]:
    """Return the model, and how right it is on the development and the test split.

    How far lexicons and encoder are trusted, and how sure to be, is fitted on people left out
    of training and development, fold by fold. The development split's figures are those of
    models that had not seen its people; the model that is shipped has.
    """
    # One thread adds in one order, so that the same examples give the same bits.
    with threadpool_limits(1):
        return _train(by_split, tell, folds)


def _train(
    by_split: dict[Split, Counts], tell: Tell, folds: int
) -> tuple[Model, dict[str, Measured]]:
    training, development = by_split[Split.TRAINING], by_split[Split.DEVELOPMENT]
    both = _joined(training, development)
    unseen = _unseen_scores(both, tell, folds)
    shares = shares_for(both.examples, unseen)
    calibration = calibrate(both.examples, unseen, shares)
    model = Model(fit(both), shares, calibration)
    tell(_STEPS)
    test = by_split[Split.TEST]
    last = unseen.part(np.arange(len(training.examples), len(both.examples)))
    tested = model.fitted.scores(test)
    measured = {
        "development": (development, last, True),
        "development, words alone": (development, last, False),
        "test": (test, tested, True),
        "test, words alone": (test, tested, False),
    }
    return model, {
        name: Measured(*measure(counts.examples, model.told_by(scores, asks=asks)))
        for name, (counts, scores, asks) in measured.items()
    }


def _joined(one: Counts, other: Counts) -> Counts:
    return Counts(
        scipy.sparse.vstack([one.buckets, other.buckets]).tocsr(),
        np.vstack([one.heard, other.heard]),
        np.vstack([one.meanings, other.meanings]),
        [*one.examples, *other.examples],
    )


def _unseen_scores(counts: Counts, tell: Tell, folds: int) -> Scores:
    """Return the scores of each example by a model that knows nobody's words of its fold."""
    shape = (len(counts.examples), ERRANDS.stop)
    scores = Scores(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    fold_of = _dealt(counts.examples, folds)
    for fold in range(folds):
        unseen = np.flatnonzero(fold_of == fold)
        fitted = fit(counts.part(np.flatnonzero(fold_of != fold)))
        for all_scores, found in zip(scores, fitted.scores(counts.part(unseen)), strict=True):
            all_scores[unseen] = found
        tell(fold + 2)
    return scores


def _dealt(examples: Sequence[Example], folds: int) -> NDArray[np.intp]:
    """Deal whole personas to the folds, and what has no persona row by row."""
    personas = sorted({example.persona for example in examples} - {TUNED_ON})
    order = np.random.default_rng(SEED).permutation(len(personas))
    fold_of = {personas[place]: turn % folds for turn, place in enumerate(order)}
    return np.array([fold_of.get(it.persona, row % folds) for row, it in enumerate(examples)])


def arrays_of(model: Model) -> dict[str, NDArray[np.float16]]:
    """Return the model's arrays at half precision: calibrated, with every part's share in them.

    `weights`, `heard` and `bias` are whole without the encoder. What it says is added to
    their scores times `beside_meaning`.
    """
    fitted, (trust, share), (words, both, _) = model
    network = fitted.network
    arrays: dict[str, NDArray[Any]] = {
        "rarity": fitted.rarity,
        "weights": fitted.weights / words,
        "heard": trust * fitted.heard / words,
        "bias": (fitted.bias + trust * fitted.heard_bias) / words,
        "hidden": network.hidden,
        "hidden_bias": network.hidden_bias,
        "meaning": share * network.meaning / both,
        "meaning_bias": share * network.meaning_bias / both,
        "beside_meaning": words / both,
    }
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def _manifest(
    model: Model,
    weights: Path,
    by_split: dict[Split, Counts],
    measured: dict[str, Measured],
) -> dict[str, Any]:
    return {
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "corpus_sha256": corpus_checksum(),
        "examples": {split.value: len(counts.examples) for split, counts in by_split.items()},
        "sentiments": SENTIMENTS,
        "intents": INTENTS,
        "seed": SEED,
        "encoder": {"package": ENCODER, "version": metadata.version(ENCODER)},
        "trust_in_lexicons": _by_kind(model.shares.lexicons),
        "share_of_encoder": _by_kind(model.shares.meaning),
        "temperatures": _by_kind(model.calibration.words),
        "temperatures_with_encoder": _by_kind(model.calibration.both),
        "ask_below": ASK_BELOW,
        "unknown_below": model.calibration.unknown_below,
        "cost_of_unknown": COST_OF_UNKNOWN,
        "metrics": {
            split: {"sentiment": moods.as_json(), "intent": errands.as_json()}
            for split, (moods, errands) in measured.items()
        },
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": metadata.version("scikit-learn"),
        },
    }


def _by_kind(numbers: Matrix) -> dict[str, float]:
    return {"sentiment": float(numbers[MOODS.start]), "intent": float(numbers[ERRANDS.start])}


if __name__ == "__main__":
    sys.exit(main())
