"""Turns a text into the numbers of the buckets that the trained model has weights for."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.examples import INTENTS
from talkhub.analysis.intent import Wants
from talkhub.analysis.sentiment import Mood
from talkhub.analysis.spelling import is_abbreviation
from talkhub.analysis.text import Text
from talkhub.names import Sentiment

# Enough that with the corpus' vocabulary words seldom meet in a bucket.
BUCKETS: Final = 1 << 16

# What the lexicons heard: the mood's score, its two sides, whether any intent is named, each one.
HEARD: Final = 4 + len(INTENTS)

_PIECES = (3, 4, 5)
_START, _END = "^", "$"
_SHOUTED_LETTERS, _SHOUTED_SHARE = 6, 0.6
_LENGTHS = (2, 3, 4, 8, 16, 40)
_LENGTH_BUCKETS = tuple(
    crc32(f"length {number}".encode()) % BUCKETS for number in range(len(_LENGTHS) + 1)
)
_ASKED, _EXCLAIMED, _SHOUTED = (
    crc32(f"shape {shape}".encode()) % BUCKETS for shape in ("?", "!", "shouted")
)
_PLACE = {intent: 4 + place for place, intent in enumerate(INTENTS)}


def distinct_words(text: Text, spelled: Sequence[str]) -> dict[str, int]:
    """Return the words of a text, each with a place where it stands.

    A word is as it was typed, folded, and after a space as the lexicon spells it if that differs;
    of an abbreviation only what it stands for counts.
    Digits, addresses and links came out of `read` as one token for all of them, so nothing
    that names a person by number reaches a bucket.
    """
    # Strings and not pairs: the collector of garbage need not look at strings.
    return {
        spelling
        if typed == spelling or is_abbreviation(typed, spelling)
        else f"{typed} {spelling}": place
        for place, (typed, spelling) in enumerate(zip(text.words, spelled, strict=True))
    }


def buckets_of_word(word: str) -> list[int]:
    """Return the buckets of a word and of its pieces; those of a slip are mostly the same."""
    typed, _, spelling = word.partition(" ")
    names = [f"w{spelling or typed}"]
    if typed.isalpha():
        framed = f"{_START}{typed}{_END}"
        names += [
            framed[at : at + size] for size in _PIECES for at in range(len(framed) - size + 1)
        ]
    # Not a set: its order is another in every process, and so is then the last digit of a sum.
    return [crc32(name.encode()) % BUCKETS for name in dict.fromkeys(names)]


def buckets_of_order(text: Text, spelled: Sequence[str]) -> list[int]:
    """Return the buckets of neighbouring words and of the text's shape."""
    line = [f"{word} ".encode() for word in (_START, *spelled, _END)]
    buckets = [crc32(word, crc32(before)) % BUCKETS for before, word in pairwise(line)]
    buckets.append(_LENGTH_BUCKETS[bisect(_LENGTHS, len(spelled))])
    content = text.content
    if "?" in content:
        buckets.append(_ASKED)
    if "!" in content:
        buckets.append(_EXCLAIMED)
    if not content[:2].islower() and _is_shouted(content):
        buckets.append(_SHOUTED)
    return buckets


def heard(felt: Mood, wanted: Wants) -> NDArray[np.float32]:
    """Return what the lexicons made of a text, as numbers."""
    numbers = np.zeros(HEARD, np.float32)
    numbers[0] = felt.score
    numbers[1] = felt.sentiment is Sentiment.POSITIVE
    numbers[2] = felt.sentiment is Sentiment.NEGATIVE
    numbers[3] = bool(wanted.intents)
    for intent, confidence in wanted.intents:
        numbers[_PLACE[intent]] = confidence
    return numbers


def _is_shouted(content: str) -> bool:
    letters = [char for char in content if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    return len(letters) >= _SHOUTED_LETTERS and capitals > _SHOUTED_SHARE * len(letters)
