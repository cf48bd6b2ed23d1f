"""Fits the model to examples. Only `./run train` comes here, and only here is scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

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
from talkhub.analysis.meaning import DIMENSIONS, encode

Matrix = NDArray[np.float64]

# How closely the weights may follow the examples. Words are many and rare, what the lexicons
# heard is little and often there.
_WORDS_FREEDOM = {"sentiment": 8.0, "intent": 12.0}
_HEARD_FREEDOM = 1.0
_MEANING_FREEDOM = 16.0
_ITERATIONS = 150
_TOLERANCE = 1e-3

# The lexicons were tuned on these, so what they hear in them proves nothing about them.
TUNED_ON: Final = "first_cases"


class Counts(NamedTuple):
    """Examples as numbers: the buckets of their words, what the lexicons heard, the meaning."""

    buckets: csr_matrix
    heard: Matrix
    meanings: Matrix
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
    meaning: Matrix
    meaning_bias: Matrix

    def scores(self, counts: Counts) -> Scores:
        """Return the scores of examples, by each part of the model."""
        return Scores(
            words=_scaled(counts.buckets, self.rarity) @ self.weights + self.bias,
            lexicons=counts.heard @ self.heard + self.heard_bias,
            meaning=counts.meanings @ self.meaning + self.meaning_bias,
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
    meanings = encode(texts).astype(np.float64)
    return Counts(buckets, hearings, meanings, examples)


def fit(counts: Counts) -> Fitted:
    """Return the weights that tell the labels of examples best."""
    rarity = _rarity(counts.buckets)
    seen = np.flatnonzero(rarity)
    rows = _scaled(counts.buckets, rarity)[:, seen]
    untuned = np.array([example.persona != TUNED_ON for example in counts.examples])
    labels = len(SENTIMENTS) + len(INTENTS)
    fitted = Fitted(
        rarity=rarity,
        weights=np.zeros((BUCKETS, labels)),
        bias=np.zeros(labels),
        heard=np.zeros((HEARD, labels)),
        heard_bias=np.zeros(labels),
        meaning=np.zeros((DIMENSIONS, labels)),
        meaning_bias=np.zeros(labels),
    )
    first = 0
    for kind, names in (("sentiment", SENTIMENTS), ("intent", INTENTS)):
        truth = np.array([names.index(getattr(example, kind)) for example in counts.examples])
        own = slice(first, first + len(names))
        words = _regression(rows, truth, _WORDS_FREEDOM[kind])
        fitted.weights[seen, own], fitted.bias[own] = words.coef_.T, words.intercept_
        lexicons = _regression(counts.heard[untuned], truth[untuned], _HEARD_FREEDOM)
        fitted.heard[:, own], fitted.heard_bias[own] = lexicons.coef_.T, lexicons.intercept_
        meaning = _regression(counts.meanings, truth, _MEANING_FREEDOM)
        fitted.meaning[:, own], fitted.meaning_bias[own] = meaning.coef_.T, meaning.intercept_
        first += len(names)
    return fitted


def _regression(rows: Any, labels: NDArray[np.intp], freedom: float) -> Any:
    regression = LogisticRegression(C=freedom, max_iter=_ITERATIONS, tol=_TOLERANCE)
    return regression.fit(rows, labels)


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
