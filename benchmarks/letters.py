"""Which language a word is written in, as its letters tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import log
from typing import Final

_LETTERS_OF_LATIN: Final = 26
# How many letters decide on the next one, and how much what fewer of them say counts beside it.
_BEFORE, _FEWER = 3, 2.0
# A word may be of two languages: of all that find its letters nearly as likely as the first does.
_AS_LIKELY: Final = 0.25
_RANDOM: Final = -log(_LETTERS_OF_LATIN)
_BEGIN, _END = "^", "$"


class Letters:
    """Which letters follow each other in a language, as its words show that somebody wrote."""

    def __init__(self, words: Mapping[str, int]) -> None:
        """Learn from words and how often each of them was written."""
        self._followed: defaultdict[str, float] = defaultdict(float)
        self._seen: defaultdict[str, float] = defaultdict(float)
        for word, times in words.items():
            weight = 1 + log(times)
            for before, letter in _steps(word):
                for start in range(len(before) + 1):
                    self._seen[before[start:] + letter] += weight
                    self._followed[before[start:]] += weight

    def likelihood(self, word: str) -> float:
        """Return the mean logarithm of how likely each letter of a word, and its end, is."""
        likely = [self._likelihood_of(letter, before) for before, letter in _steps(word)]
        return sum(map(log, likely)) / len(likely)

    def _likelihood_of(self, letter: str, before: str) -> float:
        likely = 1 / _LETTERS_OF_LATIN
        for start in range(len(before), -1, -1):
            seen = self._seen.get(before[start:] + letter, 0.0)
            likely = (seen + _FEWER * likely) / (self._followed.get(before[start:], 0.0) + _FEWER)
        return likely


def languages_of(word: str, letters: Mapping[str, Letters]) -> frozenset[str]:
    """Return the languages that a word looks like; none if random letters would be as likely."""
    likely = {language: each.likelihood(word) for language, each in letters.items()}
    least = max(max(likely.values()) - _AS_LIKELY, _RANDOM)
    return frozenset(language for language in likely if likely[language] >= least)


def _steps(word: str) -> Iterator[tuple[str, str]]:
    """Yield each letter of a word, and its end, with the letters before it."""
    written = _BEGIN * _BEFORE + word + _END
    for place in range(_BEFORE, len(written)):
        yield written[place - _BEFORE : place], written[place]
