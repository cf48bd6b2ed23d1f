"""Brings the spellings of hurried people back to the words a lexicon knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

# Shorter words are one slip away from too many others.
_SHORTEST_CORRECTED, _LONGEST_CORRECTED = 7, 24
_REMEMBERED_WORDS = 16_384
_LONGEST_ABBREVIATION = 5
# "rr", "ss" and "ll" are spelling, not excitement: "carro" is no "caro".
_DOUBLED = re.compile(r"([^rsl])\1")


def speller(vocabulary: Collection[str], abbreviations: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that gives the known word a folded word stands for, or the word itself."""
    by_remains = _index(vocabulary)

    @lru_cache(maxsize=_REMEMBERED_WORDS)
    def spell(word: str) -> str:
        if word in abbreviations:
            return abbreviations[word]
        if word in vocabulary or not word.isalpha():
            return word
        if word.endswith("s") and word[:-1] in vocabulary:
            return word[:-1]
        single = _DOUBLED.sub(r"\1", word)
        if single in vocabulary or single in abbreviations:
            return abbreviations.get(single, single)
        return _corrected(word, by_remains)

    return spell


def is_abbreviation(word: str, spelling: str) -> bool:
    """Tell whether a word was typed short, and no slip of the finger: "vc", "n", "pfv"."""
    return len(word) < len(spelling) and len(word) <= _LONGEST_ABBREVIATION


def _index(vocabulary: Collection[str]) -> dict[str, str]:
    """Map what is left of each long word after losing one letter (or none) to that word."""
    by_remains: dict[str, str] = {}
    for word in sorted(vocabulary):
        if len(word) >= _SHORTEST_CORRECTED and word.isalpha():
            for remains in _remains(word):
                by_remains.setdefault(remains, word)
    return by_remains


def _corrected(word: str, by_remains: Mapping[str, str]) -> str:
    if not _SHORTEST_CORRECTED - 1 <= len(word) <= _LONGEST_CORRECTED:
        return word
    for remains in _remains(word):
        known = by_remains.get(remains)
        if known and _is_one_slip(word, known):
            return known
    return word


def _remains(word: str) -> list[str]:
    """Return the word and what is left without one of its inner letters.

    People rarely miss the first letter, and a changed last one is often another word.
    """
    return [word, *(word[:index] + word[index + 1 :] for index in range(1, len(word) - 1))]


def _is_one_slip(word: str, known: str) -> bool:
    """Tell one letter missed, added, changed or swapped with the next from two such slips."""
    if len(word) != len(known):
        return known in _remains(word) or word in _remains(known)
    wrong = [index for index, letter in enumerate(word) if letter != known[index]]
    first, last = wrong[0], wrong[-1]
    is_swapped = word[first] == known[last] and word[last] == known[first] and last - first == 1
    return len(wrong) == 1 or is_swapped
