"""Hears a text: its words, its language's evidence, and what the lexicons make of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from talkhub.analysis.intent import Wants, wants
from talkhub.analysis.language import Evidence, evidence, main_language
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.sentiment import Mood, mood
from talkhub.analysis.spelling import is_abbreviation
from talkhub.analysis.text import Text, read

# Short messages ("oi", "sim", "obrigada") come again and again.
SHORT = 60
_REMEMBERED_TEXTS = 2_048

_BETWEEN_SPACES = re.compile(r"\S+")


class Heard(NamedTuple):
    """What the lexicons make of a text; `spelled` are its words in their spelling."""

    text: Text
    spelled: list[str]
    felt: Mood
    wanted: Wants


def tell_apart(content: str) -> tuple[Text, Evidence]:
    """Return the words of a text, and how much speaks for each language."""
    return (_short if len(content) <= SHORT else _long)(content)


def hear(text: Text, language: str) -> Heard:
    """Return what the lexicons of a language make of a text."""
    known = lexicon(language)
    spelled = Text(text.content, [known.spell(word) for word in text.words], text.spans)
    felt = mood(spelled, known)
    return Heard(text, spelled.words, felt, wants(spelled, known, felt))


def listen(content: str) -> Heard:
    """Return what the lexicons make of one text by itself, in the language that it seems to be."""
    text, speaks_for = tell_apart(content)
    return hear(text, main_language([speaks_for]))


def written_out(heard: Heard) -> str:
    """Return a text with its abbreviations written out: "n gostei" is no "gostei"."""
    return _written(heard, 0, len(heard.text.content))


class Stretch(NamedTuple):
    """What stands between two spaces of a text: where, and as it is written out."""

    start: int
    end: int
    written: str


def stretches(heard: Heard) -> list[Stretch]:
    """Return the stretches of a text, in their order."""
    found = _BETWEEN_SPACES.finditer(heard.text.content)
    return [Stretch(*it.span(), _written(heard, *it.span())) for it in found]


def without(heard: Heard, left_out: Stretch) -> Heard:
    """Return what was heard of a text but for the words of a stretch."""
    text = heard.text
    kept = [
        number
        for number, (start, _) in enumerate(text.spans)
        if not left_out.start <= start < left_out.end
    ]
    words = Text(text.content, [text.words[it] for it in kept], [text.spans[it] for it in kept])
    return heard._replace(text=words, spelled=[heard.spelled[it] for it in kept])


def _written(heard: Heard, start: int, end: int) -> str:
    text, pieces = heard.text, []
    for word, spelling, (first, last) in zip(text.words, heard.spelled, text.spans, strict=True):
        if start <= first < end and is_abbreviation(word, spelling):
            pieces += [text.content[start:first], spelling]
            start = last
    return "".join([*pieces, text.content[start:end]])


def _long(content: str) -> tuple[Text, Evidence]:
    text = read(content)
    return text, evidence(content, text.words)


_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_long)
