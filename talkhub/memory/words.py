"""What a text is found by: its folded, stemmed words, and the shapes of what stands in it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import snowballstemmer

from talkhub.memory.lexicon import irregular_forms, shapes_of_words, stop_words

LANGUAGES: Final = {"pt": "portuguese", "en": "english", "es": "spanish"}

# What follows in a longer text adds to its length, not to what it is found by.
LONGEST_READ: Final = 5_000

# More than all that people write in a day; a word beyond it is stemmed again.
_REMEMBERED = 65_536
_LONGEST_WORD = 40

_ACCENTS = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"[^\W_]+")
_PLURALS = (("coes", "cao"), ("oes", "ao"), ("aes", "ao"), ("aos", "ao"))
_GREETING = re.compile(r"\bbo[am] (?:dia|tarde|noite)\b|\bbuen[oa]s (?:dias|tardes|noches)\b")
_EMAIL = re.compile(r"\w@\w[\w.-]*\.\w")
_SHAPES_WITH_DIGITS: Final = {
    "#phone": re.compile(r"(?:\b|\()\d{2}\)?[ .-]?9?\d{4}[ .-]?\d{4}\b"),
    "#money": re.compile(r"[$€£] ?\d"),
    "#time": re.compile(r"\b(?:\d{1,2}/\d{1,2}|\d{1,2}h\d{0,2}|\d{1,2}:\d{2})\b"),
    "#place": re.compile(r"\b\d{5}-\d{3}\b"),
}
_SHORTEST_CODE: Final = 4
_HAS_DIGIT = re.compile(r"\d")


def fold(text: str) -> str:
    """Return a text without case and accents: "Ligação" as "ligacao"."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def terms(text: str, language: str) -> list[str]:
    """Return what a message is found by: stems in its language, without stop words, and shapes.

    A shape says what kind of thing stands in the text: "#email", "#time", "#money", …
    """
    folded = _GREETING.sub("", fold(text[:LONGEST_READ]))
    words = _WORD.findall(folded)
    found = [stemmed for word in words if (stemmed := stem(word, language)) is not None]
    shaped = shapes_of_words()
    shapes = {shaped[word] for word in words if word in shaped}
    if "@" in folded and _EMAIL.search(folded):
        shapes.add("#email")
    if _HAS_DIGIT.search(folded):
        shapes.add("#number")
        shapes.update(name for name, shape in _SHAPES_WITH_DIGITS.items() if shape.search(folded))
        if any(len(word) >= _SHORTEST_CODE and not word.isalpha() for word in words):
            shapes.add("#code")
    return [*found, *sorted(shapes)]


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, in order, stop words too."""
    return _WORD.findall(fold(text))


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a text."""
    return frozenset(text.split())


def stem(word: str, language: str) -> str | None:
    """Return the stem that all forms of a folded word share; None for a stop word.

    Folding loses what Snowball tells "ligações" from "ligaco" by, so plurals in -ões are
    brought back before, and spellings that hide a stem ("troquei", "trocou") after.
    """
    return _remembered_stem(word[:_LONGEST_WORD], language)


@lru_cache(maxsize=_REMEMBERED)
def _remembered_stem(word: str, language: str) -> str | None:
    if word in stop_words():
        return None
    word = irregular_forms(language).get(word, word)
    if len(word) < 3 or not word.isalpha():
        return word
    if language != "pt":
        return _stem(word, language)
    for ending, singular in _PLURALS:
        if word.endswith(ending):
            word = word.removesuffix(ending) + singular
            break
    stemmed = _stem(word, language)
    if stemmed.endswith("gu"):
        return stemmed[:-1]
    return stemmed[:-2] + "c" if stemmed.endswith("qu") else stemmed


def _stem(word: str, language: str) -> str:
    # A stemmer holds the word it works on: one for each call, which are few.
    stemmed: str = snowballstemmer.stemmer(LANGUAGES[language]).stemWord(word)
    return stemmed
