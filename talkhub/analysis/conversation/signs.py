"""What turns show beside moods and intents: an emergency, a promise, a repaired fault."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from talkhub.analysis.hearing import SHORT
from talkhub.analysis.lexicon import lexicon
from talkhub.analysis.phrases import PhraseBook
from talkhub.analysis.text import Text, read
from talkhub.names import Urgency

_FILE = Path(__file__).parents[1] / "lexicons" / "conversations.json"

# People's short answers come again and again, and bots say the same few hundred things, menus
# among them. Longer texts are read each time: thousands of them would fill a worker's memory.
_REMEMBERED_TEXTS, _REMEMBERED_ANSWERS = 2_048, 1_024
_LONGEST_ANSWER: Final = 400


class PersonSign(StrEnum):
    """What a person's turn may show, beside the reasons for urgency."""

    CONFIRMS = "confirms"  # "deu certo"
    DENIES = "denies"  # "continua do mesmo jeito"
    AGAIN = "again"  # "já falei, não é isso"
    PUTS_OFF = "puts_off"  # "amanhã mando"
    GIVES_UP = "gives_up"  # "deixa pra lá"


class CompanySign(StrEnum):
    """What a turn of a bot or an agent may show."""

    FALLBACK = "fallback"  # "não entendi"
    TRANSFER = "transfer"  # "vou te passar para o financeiro"
    INTRODUCES = "introduces"  # "aqui é a …": by whom, only the next word says
    ROBOT = "robot"  # "assistente virtual"
    PROMISES = "promises"  # "retornamos em até 48 horas"
    REFUSES = "refuses"  # "infelizmente"
    COURTESY = "courtesy"  # "posso ajudar em algo mais?"
    NEEDS = "needs"  # "informe o CPF"
    OFFERS = "offers"  # "quer que eu agende?"


class Sign(NamedTuple):
    """Characters `start` to `end` of a text, and what they show."""

    start: int
    end: int
    shows: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it was read, and the signs in it in their order.

    `spelled` are the words of `text` in their spelling.
    """

    text: Text
    spelled: tuple[str, ...]
    signs: tuple[Sign, ...]

    def first(self, *wanted: str) -> Sign | None:
        """Return the first sign that shows one of these."""
        return next((sign for sign in self.signs if sign.shows in wanted), None)


def shown_by_person(content: str, language: str) -> Shown:
    """Return what a person's text shows: PersonSigns, and reasons for Urgency."""
    is_short = len(content) <= SHORT
    return (_of_person_short if is_short else _of_person)(content, language)


def shown_by_company(content: str, language: str) -> Shown:
    """Return what a bot's or an agent's text shows: CompanySigns."""
    is_short = len(content) <= _LONGEST_ANSWER
    return (_of_company_short if is_short else _of_company)(content, language)


def _of_person(content: str, language: str) -> Shown:
    books = _books(language)
    return _shown(content, language, (books.urgency, books.person))


def _of_company(content: str, language: str) -> Shown:
    return _shown(content, language, (_books(language).company,))


_of_person_short = lru_cache(maxsize=_REMEMBERED_TEXTS)(_of_person)
_of_company_short = lru_cache(maxsize=_REMEMBERED_ANSWERS)(_of_company)


class _Books(NamedTuple):
    urgency: PhraseBook[str]
    person: PhraseBook[str]
    company: PhraseBook[str]


def _shown(content: str, language: str, books: Sequence[PhraseBook[str]]) -> Shown:
    text = read(content)
    spell = lexicon(language).spell
    signs: list[Sign] = []
    spelled: list[str] = []
    for book in books:
        # The lexicon knows nothing of a book's own words, and might correct them away.
        known = book.vocabulary
        spelled = [word if word in known else spell(word) for word in text.words]
        signs += [
            Sign(text.spans[start][0], text.spans[end - 1][1], shows)
            for start, end, shows in book.find(spelled)
        ]
    signs.sort()
    return Shown(text, tuple(spelled), tuple(signs))


@cache
def _books(language: str) -> _Books:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return _Books(
        urgency=_book(content["urgency"], language, _GRAVEST_FIRST),
        person=_book(content["person"], language, tuple(PersonSign)),
        company=_book(content["company"], language, tuple(CompanySign)),
    )


_GRAVEST_FIRST: Final = tuple(
    reason for reason in Urgency if reason not in (Urgency.ANGER, Urgency.NONE)
)


def _book(
    content: Mapping[str, Mapping[str, Sequence[str]]], language: str, shown: Sequence[str]
) -> PhraseBook[str]:
    # Where two say the same, the first one is meant.
    book: PhraseBook[str] = PhraseBook({}, join=lambda earlier, _: earlier)
    for shows in shown:
        for phrase in content[shows][language]:
            book.add(phrase, shows)
    return book
