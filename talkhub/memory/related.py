"""Which words mean nearly the same: a table of words, and where each stands in a space of meaning.

`python -m benchmarks.related_words` makes the table; docs/decisions/0032 says of what, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.memory.lexicon import stop_words_of
from talkhub.memory.packing import Numbers, number_of
from talkhub.memory.words import LANGUAGES, stem

TABLE: Final = "related.npz"
# What each language's arrays are called in the file, after its name.
WORDS, NUMBERS, PLACES = "_words", "_numbers", "_places"

# Words that stand further apart have nothing to do with each other. Beyond it a word counts the
# more the nearer it is, but never as much as the one that was asked for.
_NEAR: Final = 0.36
_SLOPE, _MOST = 0.8, 0.6


class _Table(NamedTuple):
    """One language's words: their places, all of length 1, and the numbers of their stems."""

    places: NDArray[np.float32]
    numbers: Numbers
    row_of_word: dict[str, int]
    row_of_stem: dict[int, int]


def likely_languages(words: Collection[str]) -> list[str]:
    """Return the languages that know most of a text's folded words: one, or several that tie."""
    known = {
        language: sum(
            word in stop_words_of(language) or word in _table(language).row_of_word
            for word in words
        )
        for language in LANGUAGES
    }
    return [language for language in LANGUAGES if known[language] == max(known.values())]


@lru_cache(maxsize=8_192)
def related(word: str, language: str) -> Mapping[int, float]:
    """Return the numbers of stems that mean nearly what a folded word means, the nearest first."""
    table = _table(language)
    row = table.row_of_word.get(word)
    if row is None and (stemmed := stem(word, language)):
        row = table.row_of_stem.get(number_of(stemmed))
    if row is None:
        return {}
    # Not `@`: its threads, one for each processor, wait for each other longer than one works.
    nearness = np.einsum("ij,j->i", table.places, table.places[row])
    near = np.flatnonzero(nearness > _NEAR)
    near = near[np.argsort(-nearness[near])]
    weights = np.minimum(_MOST, _SLOPE * (nearness[near] - _NEAR) / (1 - _NEAR))
    found: dict[int, float] = {}
    for number, weight in zip(table.numbers[near].tolist(), weights.tolist(), strict=True):
        # Of several words with one stem the nearest counts, which is the first.
        found.setdefault(number, weight)
    return found


@cache
def _table(language: str) -> _Table:
    with files("talkhub.memory").joinpath("lexicons", TABLE).open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        words = arrays[language + WORDS].tobytes().decode().split("\n")
        numbers = arrays[language + NUMBERS]
        places = arrays[language + PLACES].astype(np.float32)
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    # Of words that look alike when folded, or share a stem, the first one is the commonest.
    backwards = range(len(words) - 1, -1, -1)
    return _Table(
        places=places,
        numbers=numbers,
        row_of_word={words[row]: row for row in backwards},
        row_of_stem={int(numbers[row]): row for row in backwards},
    )
