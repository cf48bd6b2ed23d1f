"""The trained model at work: how likely each sentiment and intent is, and which words say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.examples import INTENTS, SENTIMENTS
from talkhub.analysis.features import (
    BUCKETS,
    buckets_of_order,
    buckets_of_word,
    distinct_words,
    heard,
)
from talkhub.analysis.hearing import Heard, written_out
from talkhub.analysis.meaning import Vectors, has_encoder, layers

FOLDER: Final = Path(__file__).parent / "trained"
WEIGHTS: Final = "model.npz"
MANIFEST: Final = "manifest.json"

MOODS: Final = slice(0, len(SENTIMENTS))
ERRANDS: Final = slice(len(SENTIMENTS), len(SENTIMENTS) + len(INTENTS))
_SQUARES = ERRANDS.stop  # the column of what a bucket adds to a text's length, squared

# People use the same few thousand words; what a word says is worked out once.
_REMEMBERED_WORDS = 16_384
_WORDS_AT_ONCE = 8_192
_ROWS_AT_ONCE = 16

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


class Verdict(NamedTuple):
    """How likely each of SENTIMENTS and INTENTS is, and what each word adds to every one.

    `words` are the places of the distinct words in the text, `says` has a row for each.
    """

    moods: Sequence[float]
    errands: Sequence[float]
    words: Sequence[int]
    says: Floats


class Classifier:
    """Weights by bucket, of what the lexicons heard, and of the meaning that an encoder finds.

    The encoder takes several times the time of all the rest, so it is asked only about texts
    whose mood and errand the words leave unsure. Without one the words decide.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        *,
        unknown_below: float,
        ask_below: float,
        encode: Encode | None,
    ) -> None:
        rarity = arrays["rarity"].astype(np.float32)
        weights = arrays["weights"].astype(np.float32)
        # What is added to all rivals alike changes no likelihood. Without it a weight says by
        # itself what a word speaks for.
        for rivals in (MOODS, ERRANDS):
            weights[:, rivals] -= weights[:, rivals].mean(axis=1, keepdims=True)
        # A row for each bucket, and below them one for each word that came by: so a text
        # is one look into one table.
        self.rarity = rarity
        self._table = np.zeros((BUCKETS + _REMEMBERED_WORDS, _SQUARES + 1), np.float32)
        self._table[:BUCKETS] = np.column_stack([weights * rarity[:, None], rarity**2])
        self._row_of: dict[str, int] = {}
        self._heard = arrays["heard"].astype(np.float32)
        self._bias = arrays["bias"].astype(np.float32)
        self._hidden = arrays["hidden"].astype(np.float32)
        self._hidden_bias = arrays["hidden_bias"].astype(np.float32)
        self._meaning = arrays["meaning"].astype(np.float32)
        self._meaning_bias = arrays["meaning_bias"].astype(np.float32)
        self._beside_meaning = arrays["beside_meaning"].astype(np.float32)
        self._encode = encode
        self._ask_below = ask_below
        self.unknown_below = unknown_below

    def judge(self, texts: Sequence[Heard]) -> list[Verdict]:
        """Return what each text most likely feels and wants, whatever texts stand beside it."""
        words = [distinct_words(it.text, it.spelled) for it in texts]
        return [
            verdict
            for start, end in _parts([len(distinct) for distinct in words])
            for verdict in self._judge_part(texts[start:end], words[start:end])
        ]

    def _judge_part(
        self, texts: Sequence[Heard], words: Sequence[Mapping[str, int]]
    ) -> Iterator[Verdict]:
        says, starts = self._look_up(texts, words)
        total = np.add.reduceat(says, starts, axis=0)
        # A long text does not shout a short one down: texts count by direction, not by length.
        lengths = np.sqrt(total[:, _SQUARES, None])
        lengths[lengths == 0] = 1.0
        hearings = np.array([heard(it.felt, it.wanted) for it in texts], np.float32)
        scores = total[:, :_SQUARES] / lengths + _added_up(hearings, self._heard) + self._bias
        factors = np.broadcast_to(1 / lengths, scores.shape).copy()
        unsure = self._unsure(scores)
        if self._encode is not None and len(unsure):
            found = self._encode([written_out(texts[place]) for place in unsure])
            inputs = np.hstack([found, hearings[unsure]])
            scores[unsure] *= self._beside_meaning
            heights = np.maximum(_multiplied(inputs, self._hidden) + self._hidden_bias, 0)
            scores[unsure] += _added_up(heights, self._meaning) + self._meaning_bias
            factors[unsure] *= self._beside_meaning
        moods, errands = likelihood(scores[:, MOODS]), likelihood(scores[:, ERRANDS])
        each = zip(moods.tolist(), errands.tolist(), words, starts, factors, strict=True)
        for mood, errand, distinct, start, factor in each:
            own = says[start : start + len(distinct), :_SQUARES] * factor
            yield Verdict(mood, errand, [*distinct.values()], own)

    def _look_up(
        self, texts: Sequence[Heard], words: Sequence[Mapping[str, int]]
    ) -> tuple[Floats, list[int]]:
        """Return what words and their order say, text after text, and where each text starts."""
        if len(self._row_of) + sum(map(len, words)) > _REMEMBERED_WORDS:
            self._row_of.clear()
        row_of = self._row_of
        self._add([word for distinct in words for word in distinct if word not in row_of])
        rows: list[int] = []
        starts = []
        for it, distinct in zip(texts, words, strict=True):
            starts.append(len(rows))
            rows += [row_of[word] for word in distinct]
            rows += buckets_of_order(it.text, it.spelled)
        return self._table.take(rows, axis=0), starts

    def _add(self, words: Sequence[str]) -> None:
        """Work out what words say that did not come by yet, all at once."""
        new = list(dict.fromkeys(words))
        if not new:
            return
        buckets = [buckets_of_word(word) for word in new]
        starts = np.cumsum([0, *map(len, buckets[:-1])])
        pieces = self._table.take(list(chain.from_iterable(buckets)), axis=0)
        first = BUCKETS + len(self._row_of)
        self._table[first : first + len(new)] = np.add.reduceat(pieces, starts, axis=0)
        self._row_of.update(zip(new, range(first, first + len(new)), strict=True))

    def _unsure(self, scores: NDArray[Any]) -> NDArray[np.intp]:
        """Return the places of the texts on whose mood and errand one had better not bet."""
        moods, errands = likelihood(scores[:, MOODS]), likelihood(scores[:, ERRANDS])
        return np.flatnonzero(moods.max(axis=1) * errands.max(axis=1) < self._ask_below)


@cache
def classifier() -> Classifier:
    """Return the model that is shipped, loaded once in a process."""
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    with np.load(FOLDER / WEIGHTS, allow_pickle=False) as arrays:
        return Classifier(
            arrays,
            unknown_below=manifest["unknown_below"],
            ask_below=manifest["ask_below"],
            encode=layers if has_encoder() else None,
        )


def likelihood(scores: NDArray[Any]) -> NDArray[Any]:
    """Return the probabilities that rows of scores stand for; each row sums up to 1."""
    risen: NDArray[Any] = np.exp(scores - scores.max(axis=1, keepdims=True))
    risen /= risen.sum(axis=1, keepdims=True)
    return risen


def _added_up(numbers: Floats, weights: Floats) -> Floats:
    """Return the matrix product, which BLAS adds in another order for one row than for many."""
    product: Floats = np.add.reduce(numbers[:, :, None] * weights, axis=1)
    return product


def _multiplied(rows: Floats, weights: Floats) -> Floats:
    """Return the matrix product where adding up would take long: BLAS always gets as many rows."""
    blocks = -(-len(rows) // _ROWS_AT_ONCE)
    filled = np.zeros((blocks * _ROWS_AT_ONCE, rows.shape[1]), np.float32)
    filled[: len(rows)] = rows
    product = filled.reshape(blocks, _ROWS_AT_ONCE, -1) @ weights
    return product.reshape(len(filled), -1)[: len(rows)]


def _parts(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield starts and ends of stretches that hold no more words than are remembered."""
    start = words = 0
    for place, size in enumerate(sizes):
        if place > start and words + size > _WORDS_AT_ONCE:
            yield start, place
            start, words = place, 0
        words += size
    if sizes:
        yield start, len(sizes)
