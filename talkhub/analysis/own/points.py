"""Places texts where a workspace's own intents can be told apart: by their words and meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.classifier import classifier
from talkhub.analysis.features import buckets_of_word, distinct_words
from talkhub.analysis.hearing import Heard, Stretch, without, written_out
from talkhub.analysis.meaning import DIMENSIONS, encode, encode_without_each

Points = NDArray[np.float32]

# Enough for the words of some hundred phrases; a name that only this company knows is among them.
_BUCKETS: Final = 1 << 12
# What words count beside the meaning: it finds those who say it otherwise, they the names.
_SHARE_OF_WORDS: Final = 0.3


def points(texts: Sequence[Heard], *, with_meaning: bool) -> Points:
    """Return the place of each text; with its meaning only where there is an encoder."""
    words = _unit(np.array([_words(it) for it in texts], np.float32))
    if not with_meaning:
        return words
    return _joined(words, _unit(encode([written_out(it) for it in texts])))


def points_without_each(it: Heard, left_out: Sequence[Stretch], *, with_meaning: bool) -> Points:
    """Return the place of a text without each of its stretches."""
    words = _unit(np.array([_words(without(it, stretch)) for stretch in left_out], np.float32))
    if not with_meaning:
        return words
    return _joined(words, _unit(encode_without_each([stretch.written for stretch in left_out])))


def width(*, with_meaning: bool) -> int:
    """Return how many numbers a place has."""
    return _BUCKETS + DIMENSIONS * with_meaning


def _joined(words: Points, meanings: Points) -> Points:
    shares = np.sqrt([_SHARE_OF_WORDS, 1 - _SHARE_OF_WORDS]).astype(np.float32)
    return np.hstack([words * shares[0], meanings * shares[1]])


def _words(it: Heard) -> Points:
    row = np.zeros(_BUCKETS, np.float32)
    rarity = classifier().rarity
    for word in distinct_words(it.text, it.spelled):
        for bucket in buckets_of_word(word):
            row[bucket % _BUCKETS] += rarity[bucket]
    return row


def _unit(rows: NDArray[Any]) -> Points:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1.0
    return np.asarray(rows / lengths, np.float32)
