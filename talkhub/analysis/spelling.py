"""Brings the spellings of hurried people back to the words a lexicon knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

# Shorter words are one slip away from too many others.
_SHORTEST_CORRECTED = 7
_REMEMBERED_WORDS = 16_384
_DOUBLED = re.compile(r"(.)\1")


def speller(vocabulary: Collection[str], abbreviations: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that gives the known word a folded word stands for, or the word itself."""
    by_remains = _index(vocabulary)

    @lru_cache(maxsize=_REMEMBERED_WORDS)
    def spell(word: str) -> str:
        if word in abbreviations:
            return abbreviations[word]
        if word in vocabulary or not word.isalpha():
            return word
        single = _DOUBLED.sub(r"\1", word)
        if single in vocabulary or single in abbreviations:
            return abbreviations.get(single, single)
        return _corrected(word, by_remains)

    return spell


def _index(vocabulary: Collection[str]) -> dict[str, str]:
    """Map what is left of each long word after losing one letter (or none) to that word."""
    by_remains: dict[str, str] = {}
    for word in sorted(vocabulary):
        if len(word) >= _SHORTEST_CORRECTED and word.isalpha():
            for remains in _remains(word):
                by_remains.setdefault(remains, word)
    return by_remains


def _corrected(word: str, by_remains: Mapping[str, str]) -> str:
    if not _SHORTEST_CORRECTED - 1 <= len(word) <= 24:
        return word
    for remains in _remains(word):
        known = by_remains.get(remains)
        # People rarely miss the first letter, and a changed last one is often another word.
        if known and known[0] == word[0] and known[-1] == word[-1]:
            return known
    return word


def _remains(word: str) -> list[str]:
    return [word, *(word[:index] + word[index + 1 :] for index in range(1, len(word) - 1))]
