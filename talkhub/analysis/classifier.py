"""The trained model at work: how likely each sentiment and intent is, and which words say so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
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
from talkhub.analysis.intent import Wants
from talkhub.analysis.sentiment import Mood
from talkhub.analysis.text import Text

FOLDER: Final = Path(__file__).parent / "trained"
WEIGHTS: Final = "model.npz"
MANIFEST: Final = "manifest.json"

MOODS: Final = slice(0, len(SENTIMENTS))
ERRANDS: Final = slice(len(SENTIMENTS), len(SENTIMENTS) + len(INTENTS))
_SQUARES = ERRANDS.stop  # the column of what a bucket adds to a text's length, squared

# People use the same few thousand words; what a word says is worked out once.
_REMEMBERED_WORDS = 16_384

Floats = NDArray[np.float32]


class Verdict(NamedTuple):
    """How likely each of SENTIMENTS and INTENTS is, and what each word adds to every one.

    `words` are the places of the distinct words in the text, `says` has a row for each, to be
    divided by `length`.
    """

    moods: Sequence[float]
    errands: Sequence[float]
    words: Sequence[int]
    says: Floats
    length: float


class Classifier:
    """Weights by bucket, and the weights of what the lexicons heard."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], *, unknown_below: float) -> None:
        rarity = arrays["rarity"].astype(np.float32)
        weights = arrays["weights"].astype(np.float32)
        # What is added to all rivals alike changes no likelihood. Without it a weight says by
        # itself what a word speaks for.
        for rivals in (MOODS, ERRANDS):
            weights[:, rivals] -= weights[:, rivals].mean(axis=1, keepdims=True)
        # A row for each bucket, and below them one for each word that came by: so a text
        # is one look into one table.
        self._table = np.zeros((BUCKETS + _REMEMBERED_WORDS, _SQUARES + 1), np.float32)
        self._table[:BUCKETS] = np.column_stack([weights * rarity[:, None], rarity**2])
        self._row_of: dict[str, int] = {}
        self._heard = arrays["heard"].astype(np.float32)
        self._bias = arrays["bias"].astype(np.float32)
        self.unknown_below = unknown_below

    def judge(self, text: Text, spelled: Sequence[str], felt: Mood, wanted: Wants) -> Verdict:
        """Return what a text most likely feels and wants."""
        words = distinct_words(text, spelled)
        if len(self._row_of) + len(words) > _REMEMBERED_WORDS:
            self._row_of.clear()
        row_of = self._row_of
        rows = [row_of.get(word) or self._add(word) for word in words]
        rows += buckets_of_order(text, spelled)
        says = self._table.take(rows, axis=0)
        total = np.add.reduce(says, axis=0)
        # A long text does not shout a short one down: texts count by direction, not by length.
        length = math.sqrt(total[_SQUARES]) or 1.0
        scores = total[:_SQUARES] / length + heard(felt, wanted) @ self._heard + self._bias
        moods, errands = scores[MOODS].tolist(), scores[ERRANDS].tolist()
        return Verdict(_likelihood(moods), _likelihood(errands), [*words.values()], says, length)

    def _add(self, word: str) -> int:
        row = self._row_of[word] = BUCKETS + len(self._row_of)
        self._table[row] = self._table[buckets_of_word(word)].sum(axis=0)
        return row


@cache
def classifier() -> Classifier:
    """Return the model that is shipped, loaded once in a process."""
    manifest = json.loads((FOLDER / MANIFEST).read_text(encoding="utf-8"))
    with np.load(FOLDER / WEIGHTS, allow_pickle=False) as arrays:
        return Classifier(arrays, unknown_below=manifest["unknown_below"])


def _likelihood(scores: list[float]) -> list[float]:
    """Return the probabilities that scores stand for; they sum up to 1."""
    highest = max(scores)
    risen = [math.exp(score - highest) for score in scores]
    total = sum(risen)
    return [value / total for value in risen]
