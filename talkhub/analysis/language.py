"""Guesses whether a text is Portuguese, Spanish or English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from talkhub.analysis.lexicon import LANGUAGES, lexicon
from talkhub.analysis.text import Text

Evidence = tuple[float, ...]
"""How much speaks for each of LANGUAGES, in their order."""

_PORTUGUESE_MARKS = re.compile(r"[ãõâêôàç]", re.IGNORECASE)
# A lone ñ is how Brazilians shorten "não".
_SPANISH_MARKS = re.compile(r"ñ[a-z]|[¿¡]|ción", re.IGNORECASE)
_MARK_WEIGHT = 1.5
_CLEAR_LEAD = 1.4
_DECISIVE_LEAD = 0.9


def evidence(content: str, words: Sequence[str]) -> Evidence:
    """Return how much speaks for each language."""
    known = _weights()
    pt, es, en = 0.0, 0.0, 0.0
    for word in words:
        if (weights := known.get(word)) is not None:
            pt, es, en = pt + weights[0], es + weights[1], en + weights[2]
    if not content.isascii():
        pt += _MARK_WEIGHT * (_PORTUGUESE_MARKS.search(content) is not None)
        es += _MARK_WEIGHT * (_SPANISH_MARKS.search(content) is not None)
    return pt, es, en


def main_language(found: Sequence[Evidence]) -> str:
    """Return the language of a conversation from its messages' evidence."""
    totals = [sum(column) for column in zip(*found, strict=True)] or [0.0]
    best = max(totals)
    # Equal evidence, also none at all, goes to Portuguese, which stands first.
    return LANGUAGES[totals.index(best)]


def decided_language(texts: Sequence[Text], locale: str | None) -> str | None:
    """Return the language of a conversation: by its words, else by the locale; None by neither.

    "ok" and numbers are said in all of them.
    """
    found = [evidence(text.content, text.words) for text in texts]
    totals = sorted((sum(column) for column in zip(*found, strict=True)), reverse=True)
    if totals and totals[0] - totals[1] >= _DECISIVE_LEAD:
        return main_language(found)
    language = (locale or "")[:2].lower()
    return language if language in LANGUAGES else None


def message_language(found: Evidence, of_conversation: str) -> str:
    """Return a message's own language where it clearly differs from its conversation's."""
    best = max(found)
    lead = best - found[LANGUAGES.index(of_conversation)]
    return LANGUAGES[found.index(best)] if lead >= _CLEAR_LEAD else of_conversation


@cache
def _weights() -> Mapping[str, Evidence]:
    known = [lexicon(language).vocabulary for language in LANGUAGES]
    return {
        word: tuple((word in words) / sum(word in others for others in known) for words in known)
        for word in frozenset().union(*known)
        if word.isalpha()
    }
