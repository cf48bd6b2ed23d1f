"""Fits the model to examples. Only `./run train` comes here, and only here is scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from talkhub.analysis.examples import INTENTS, SENTIMENTS, Example
from talkhub.analysis.features import (
    BUCKETS,
    HEARD,
    buckets_of_order,
    buckets_of_word,
    distinct_words,
    heard,
)
from talkhub.analysis.hearing import listen, written_out
from talkhub.analysis.meaning import LAYERS, layers
from talkhub.analysis.network import Network, teach

Matrix = NDArray[np.float64]

SEED: Final = 20_261_122

# How closely the weights may follow the examples. Words are many and rare, what the lexicons
# heard is little and often there.
_WORDS_FREEDOM = {"sentiment": 8.0, "intent": 12.0}
_HEARD_FREEDOM = 1.0
_ITERATIONS = 150
# Where two intents are right, the second teaches as well, but less.
_SECOND_RIGHT = 0.3
_TOLERANCE = 1e-3

# The lexicons were tuned on these, so what they hear in them proves nothing about them.
TUNED_ON: Final = "first_cases"


class Counts(NamedTuple):
    """Examples as numbers: the buckets of their words, what the lexicons heard, the encoder too."""

    buckets: csr_matrix
    heard: Matrix
    meanings: NDArray[np.float32]
    examples: Sequence[Example]

    def part(self, rows: NDArray[np.intp]) -> Counts:
        """Return some of the examples."""
        chosen = [self.examples[row] for row in rows]
        return Counts(self.buckets[rows], self.heard[rows], self.meanings[rows], chosen)


class Scores(NamedTuple):
    """The scores of examples: by their words, by what the lexicons heard, by their meaning."""

    words: Matrix
    lexicons: Matrix
    meaning: Matrix

    def part(self, chosen: NDArray[Any]) -> Scores:
        """Return the scores of some of the examples."""
        return Scores(*(scores[chosen] for scores in self))


class Fitted(NamedTuple):
    """Weights by bucket and label, SENTIMENTS before INTENTS, and those of what was heard."""

    rarity: Matrix
    weights: Matrix
    bias: Matrix
    heard: Matrix
    heard_bias: Matrix
    network: Network

    def scores(self, counts: Counts) -> Scores:
        """Return the scores of examples, by each part of the model."""
        return Scores(
            words=_scaled(counts.buckets, self.rarity) @ self.weights + self.bias,
            lexicons=counts.heard @ self.heard + self.heard_bias,
            meaning=self.network.scores(_inputs(counts)).astype(np.float64),
        )


def count(examples: Sequence[Example]) -> Counts:
    """Return examples as numbers."""
    columns: list[int] = []
    ends = [0]
    texts = []
    hearings = np.zeros((len(examples), HEARD))
    for row, example in enumerate(examples):
        it = listen(example.text)
        text, spelled, felt, wanted = it
        texts.append(written_out(it))
        for word in distinct_words(text, spelled):
            columns += buckets_of_word(word)
        columns += buckets_of_order(text, spelled)
        ends.append(len(columns))
        hearings[row] = heard(felt, wanted)
    shape = (len(examples), BUCKETS)
    buckets = csr_matrix((np.ones(len(columns)), columns, ends), shape=shape)
    buckets.sum_duplicates()
    return Counts(buckets, hearings, layers(texts), examples)


def fit(counts: Counts) -> Fitted:
    """Return the weights that tell the labels of examples best."""
    rarity = _rarity(counts.buckets)
    seen = np.flatnonzero(rarity)
    rows = _scaled(counts.buckets, rarity)[:, seen]
    untuned = np.array([example.persona != TUNED_ON for example in counts.examples])
    shares = {kind: targets(counts.examples, kind) for kind in ("sentiment", "intent")}
    inputs = _inputs(counts)
    inputs[~untuned, LAYERS:] = 0
    labels = len(SENTIMENTS) + len(INTENTS)
    fitted = Fitted(
        rarity=rarity,
        weights=np.zeros((BUCKETS, labels)),
        bias=np.zeros(labels),
        heard=np.zeros((HEARD, labels)),
        heard_bias=np.zeros(labels),
        network=teach(inputs, np.hstack([*shares.values()]), SEED),
    )
    first = 0
    for kind, truth in shares.items():
        own = slice(first, first + truth.shape[1])
        words = _regression(rows, truth, _WORDS_FREEDOM[kind])
        fitted.weights[seen, own], fitted.bias[own] = words.coef_.T, words.intercept_
        lexicons = _regression(counts.heard[untuned], truth[untuned], _HEARD_FREEDOM)
        fitted.heard[:, own], fitted.heard_bias[own] = lexicons.coef_.T, lexicons.intercept_
        first = own.stop
    return fitted


def _inputs(counts: Counts) -> NDArray[np.float32]:
    """Return what the network looks at: the encoder's layers, then what the lexicons heard."""
    return np.hstack([counts.meanings, counts.heard.astype(np.float32)])


def targets(examples: Sequence[Example], kind: str) -> Matrix:
    """Return how much each example speaks for each label: 1 in all, a share for a second right."""
    names = {"sentiment": SENTIMENTS, "intent": INTENTS}[kind]
    shares = np.zeros((len(examples), len(names)))
    for row, example in enumerate(examples):
        second = example.intent_alt if kind == "intent" else None
        shares[row, names.index(getattr(example, kind))] = 1 - _SECOND_RIGHT if second else 1
        if second:
            shares[row, names.index(second)] += _SECOND_RIGHT
    return shares


def _regression(rows: Any, shares: Matrix, freedom: float) -> Any:
    from sklearn.linear_model import LogisticRegression  # late: two seconds, for fitting alone

    taught, labels = np.nonzero(shares)
    regression = LogisticRegression(C=freedom, max_iter=_ITERATIONS, tol=_TOLERANCE)
    return regression.fit(rows[taught], labels, sample_weight=shares[taught, labels])


def _rarity(buckets: csr_matrix) -> Matrix:
    """Return what each bucket counts: the rarer the more, and nothing if no example has it."""
    texts = buckets.shape[0]
    found = np.bincount(buckets.indices, minlength=BUCKETS)
    return np.where(found > 0, np.log((1 + texts) / (1 + found)) + 1, 0.0)


def _scaled(buckets: csr_matrix, rarity: Matrix) -> csr_matrix:
    """Weigh buckets by rarity, and texts by their length as `Classifier.judge` does."""
    lengths = np.sqrt(buckets @ rarity**2)
    lengths[lengths == 0] = 1.0
    weighted = csr_matrix(buckets.multiply(rarity))
    return csr_matrix(weighted.multiply(1 / lengths[:, None]))
