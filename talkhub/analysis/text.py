"""Cuts a text into folded tokens that remember where they stood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

SENTENCE_END: Final = "."
CLAUSE_END: Final = ","
NUMBER: Final = "<number>"
TIME: Final = "<time>"
LINK: Final = "<link>"

# What follows adds time to an analysis, not meaning; WhatsApp stops at 4,096 itself.
LONGEST_READ: Final = 5_000

_CHUNK = re.compile(r"\S+|\n+")
_TOKEN = re.compile(
    r"""
      \w+(?:[.+-]\w+){0,6}@[\w.-]+                               # ana.lima@example.com
    | \d(?:[\d.,/:h-]*\d)?\w*                                   # 14h30, 123.456.789-00, 2x
    | \w+(?:[\u0300-\u036f'’]+\w*)*(?:://\S+)?                  # words, don't, https://…
    | [:;=]['-]?[)(DPp/|*]+ | </?3                               # :) ;-( <3
    | [\U0001F000-\U0001FAFF\u2600-\u27BF\u2B50\u2B55\u203C\u2049]
    | [.!?…\n]+
    | [,;:(]
    """,
    re.VERBOSE,
)
_TIME = re.compile(r"\d{1,2}(?:h(?:\d{2}|s|rs)?|:\d{2}h?|am|pm)$")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_SHOUT = re.compile(r"[A-ZÀ-Ý]{3,}")

# Longer words are keys mashed; cutting them keeps what is remembered small.
_LONGEST_WORD = 40

# Between spaces people write the same few thousand things: "quero", "obrigada!", "pfv".
_REMEMBERED_CHUNKS = 16_384


@dataclass(frozen=True, slots=True)
class Text:
    """A text as parallel lists: the folded `words` and the `spans` of `content` they came from."""

    content: str
    words: list[str] = field(compare=False)
    spans: list[tuple[int, int]] = field(compare=False)

    def is_shouted(self, start: int, end: int) -> bool:
        """Tell whether the words from `start` up to `end` were typed in capitals."""
        first, last = self.spans[start][0], self.spans[end - 1][1]
        return _SHOUT.search(self.content, first, last) is not None


def read(content: str) -> Text:
    """Return the tokens of a text, without those that carry nothing."""
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in _CHUNK.finditer(content, 0, LONGEST_READ):
        chunk, offset = match[0], match.start()
        for word, start, end in (_cut_short if len(chunk) <= _LONGEST_WORD else _cut)(chunk):
            words.append(word)
            spans.append((offset + start, offset + end))
    return Text(content, words, spans)


def fold(token: str) -> str:
    """Return what a token counts as: no case, no accents, no run of more than two letters.

    Tokens are folded one by one, after cutting, so that positions in the original text
    need no map.
    """
    first = token[0]
    if "@" in token or "://" in token:
        return LINK
    if first.isdecimal():
        return TIME if _TIME.match(token) else NUMBER
    if first.isalnum() or first == "_":
        return _word(token)
    if first in ".!?…\n":
        return SENTENCE_END
    return CLAUSE_END if token in (",", ";", ":", "(") else token[:_LONGEST_WORD]


def _cut(chunk: str) -> tuple[tuple[str, int, int], ...]:
    return tuple((fold(token[0]), *token.span()) for token in _TOKEN.finditer(chunk))


_cut_short = lru_cache(maxsize=_REMEMBERED_CHUNKS)(_cut)


def _word(token: str) -> str:
    letters = token.casefold()
    if not (letters.isascii() and letters.isalnum()):  # most words are plain, and need no look
        decomposed = unicodedata.normalize("NFKD", letters)
        letters = "".join([char for char in decomposed if char.isalnum()])
    return _LONG_RUN.sub(r"\1\1", letters[:_LONGEST_WORD])
