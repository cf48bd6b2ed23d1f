"""Tells a remark that ends a chat from one that waits for an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from talkhub.analysis.phrases import PhraseBook
from talkhub.analysis.spelling import speller
from talkhub.analysis.text import CLAUSE_END, SENTENCE_END, Text, read

_FILE = Path(__file__).parent / "lexicons" / "closings.json"
_MARKS = frozenset({SENTENCE_END, CLAUSE_END})

# Who writes more than this says something.
_LONGEST: Final = 100

_ASKING = re.compile(r"\?\W*$")
_ENDING: Final = 20  # the characters of an answer among which its question mark is looked for


class _Kind(Enum):
    """What a phrase is worth as an ending; the values are the parts of the file."""

    PARTING = "partings"  # "obrigada", "tchau"
    ASSENT = "assents"  # "ok": what people answer to a question as well
    MANNER = "manners"  # "foi rápido": beside one of the others, and nothing by itself


class _Known(NamedTuple):
    phrases: PhraseBook[_Kind]
    spell: Callable[[str], str]


def is_closing(content: str, *, last_answer: str = "") -> bool:
    """Tell whether a text only thanks, agrees or takes its leave, in any of our languages.

    Each of its words must be known to do no more: a wrong "no" costs a glance, a wrong
    "yes" hides someone who waits. What merely agrees is the answer to a `last_answer`
    that asks ("Confirmo?" "ok"), and ends nothing.
    """
    if len(content) > _LONGEST or "?" in content:
        return False
    known, text = _known(), read(content)
    found = known.phrases.find([known.spell(word) for word in text.words])
    covered = {place for start, end, _ in found for place in range(start, end)}
    others = set(range(len(text.words))) - covered
    if not all(text.words[place] in _MARKS or _is_name(text, place) for place in others):
        return False
    kinds = {kind for _, _, kind in found}
    if _Kind.PARTING in kinds:
        return True
    return _Kind.ASSENT in kinds and not _ASKING.search(last_answer[-_ENDING:])


def _is_name(text: Text, place: int) -> bool:
    """Tell a word with a capital that begins no sentence: "obrigada, Ana"."""
    start, end = text.spans[place]
    is_inside = place > 0 and text.words[place - 1] != SENTENCE_END
    return is_inside and text.content[start:end].istitle()


@cache
def _known() -> _Known:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    # One book for all languages: an ending in one is none the less for what it is in another.
    phrases: PhraseBook[_Kind] = PhraseBook({}, join=lambda earlier, _: earlier)
    for kind in _Kind:
        for rows in content[kind.value].values():
            for phrase in rows:
                phrases.add(phrase, kind)
    return _Known(phrases, speller(phrases.vocabulary, {}))
