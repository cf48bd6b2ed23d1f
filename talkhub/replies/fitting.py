"""Learns how evidence is weighed, from the development part of our own questions.

`python -m talkhub.replies.fitting` writes `weights.json`; the part that is judged is never read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from talkhub.analysis.examples import Split
from talkhub.analysis.meaning import use_encoder
from talkhub.replies.asked import businesses
from talkhub.replies.finding import (
    WEIGHTS,
    WITH_ENCODER,
    WORDS_ALONE,
    Floats,
    Library,
    Weights,
    standing_out,
)

_STEPS = 2_000
_RATE = 0.3
_SHRUNK_EVIDENCE, _SHRUNK_TRUST = 0.05, 0.02


class Case(NamedTuple):
    """A message's evidence for each passage, and which passage is right; None if none is."""

    evidence: Floats
    right: int | None


def cases(split: Split) -> list[Case]:
    """Return the evidence of all questions of a part."""
    found = []
    for business in businesses(split):
        library = Library(business.passages)
        places = {passage.question: place for place, passage in enumerate(business.passages)}
        found += [
            Case(library.evidence(it.text), places[it.answered_by] if it.answered_by else None)
            for it in business.asked
        ]
    return found


def fit(known: Sequence[Case]) -> Weights:
    """Return the weights under which right passages come first, and trust is as large as due."""
    spread = np.vstack([case.evidence for case in known]).std(axis=0)
    evidence = _fit_evidence([it for it in known if it.right is not None], spread) / spread
    features, rights = [], []
    for case in known:
        scores = case.evidence @ evidence
        features.append(standing_out(scores))
        rights.append(float(int(np.argmax(scores)) == case.right))
    best, share, bias = _fit_trust(np.array(features), np.array(rights))
    return Weights(tuple(evidence.tolist()), best, share, bias)


def _fit_evidence(answered: Sequence[Case], spread: Floats) -> Floats:
    """Return weights that make right passages likely among their rivals: a softmax over them."""
    weights = np.zeros(len(spread))
    for _ in range(_STEPS):
        slope = _SHRUNK_EVIDENCE * weights
        for case in answered:
            scaled = case.evidence / spread
            likely = np.exp(scaled @ weights - (scaled @ weights).max())
            likely /= likely.sum()
            slope -= (scaled[case.right] - likely @ scaled) / len(answered)
        weights -= _RATE * slope
    return weights


def _fit_trust(features: Floats, rights: Floats) -> tuple[float, float, float]:
    """Return a logistic regression's weights of the best score and its share, and the bias."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scaled = (features - mean) / spread
    weights, bias = np.zeros(2), 0.0
    for _ in range(_STEPS):
        error = 1 / (1 + np.exp(-(scaled @ weights + bias))) - rights
        weights -= _RATE * (scaled.T @ error / len(rights) + _SHRUNK_TRUST * weights)
        bias -= _RATE * float(error.mean())
    weights /= spread
    return float(weights[0]), float(weights[1]), bias - float(weights @ mean)


def main() -> int:
    """Learn the weights with the encoder and without it, and write them down."""
    learned: dict[str, dict[str, list[float]]] = {}
    for name, wanted in ((WITH_ENCODER, True), (WORDS_ALONE, False)):
        use_encoder(wanted=wanted)
        weights = fit(cases(Split.DEVELOPMENT))
        learned[name] = {
            "evidence": [round(it, 4) for it in weights.evidence],
            "best_share_bias": [round(it, 4) for it in weights[1:]],
        }
    target = Path(str(files("talkhub.replies").joinpath(WEIGHTS)))
    target.write_text(f"{json.dumps(learned, indent=2)}\n", encoding="utf-8")
    sys.stderr.write(f"talkhub: wrote {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
