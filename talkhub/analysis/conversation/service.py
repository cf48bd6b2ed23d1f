"""What the company did: whether a human came, where a bot failed, what nobody answered."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from talkhub.analysis.conversation.model import Stretch
from talkhub.analysis.conversation.signs import CompanySign, PersonSign, Sign
from talkhub.analysis.conversation.turns import Turn, persons
from talkhub.analysis.text import LONGEST_READ
from talkhub.names import Intent, MessageRole

_ASKED_FOR: Final = 0.5
_LONG: Final = 25  # shorter texts are said twice by anyone: "certo!", "qual o CPF?"
_ALIKE: Final = 0.6
_FEWEST_WORDS: Final = 3
_REMEMBERED: Final = 30
"""So many of the person's turns are compared with: what is repeated is repeated soon, and a
conversation of thousands of turns must not cost their square."""

_NAME = re.compile(r"\s+(?:[oa]\s+|the\s+|el\s+|la\s+)?[A-ZÀ-Ý][a-zà-ÿ]{2,}")
# Each sentence is tried once, from its beginning: what strangers write may be long.
_QUESTION = re.compile(r"(?<![^.!?\n])[^\w.!?\n]*+\w[^.!?\n]*+\?")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|\n")
_LETTER = re.compile(r"\w")


def handoff_requests(turns: Sequence[Turn]) -> Iterator[Stretch]:
    """Yield where the person asks for a human."""
    for turn, said in persons(turns):
        if dict(said.intents).get(Intent.HUMAN_HANDOFF, 0.0) >= _ASKED_FOR:
            words = [
                Stretch(turn.message_id, reason.start, reason.end)
                for reason in said.reasons
                if reason.label == Intent.HUMAN_HANDOFF
            ]
            yield from words or [turn.whole()]


def humans(turns: Sequence[Turn]) -> Iterator[Stretch]:
    """Yield the turns in which a human of the company wrote, under whatever name it was sent."""
    has_spoken = False
    for turn in turns:
        if turn.role is MessageRole.AGENT:
            yield turn.whole()
        elif turn.role is MessageRole.BOT:
            if has_spoken and (sign := _introduction(turn)) is not None:
                yield turn.at(sign)
            has_spoken = True


def fallbacks(turns: Sequence[Turn]) -> Iterator[Stretch]:
    """Yield where a bot says that it does not understand."""
    for turn in turns:
        if turn.role is MessageRole.BOT and (sign := turn.shown.first(CompanySign.FALLBACK)):
            yield turn.at(sign)


def loops(turns: Sequence[Turn]) -> Iterator[Stretch]:
    """Yield what bots said before, word for word, and what people had to say to a bot once more."""
    said_by_bot: set[str] = set()
    said_by_person: deque[frozenset[str]] = deque(maxlen=_REMEMBERED)
    is_after_bot = False
    for turn in turns:
        if turn.role is MessageRole.BOT:
            is_after_bot = True
            text = _plain(turn.content)
            if len(text) >= _LONG and text in said_by_bot:
                yield turn.whole()
            said_by_bot.add(text)
        elif turn.role is MessageRole.AGENT:
            is_after_bot = False
        else:
            words = content_words(turn)
            if is_after_bot and any(_are_alike(words, before) for before in said_by_person):
                yield turn.whole()
            elif is_after_bot and (sign := turn.shown.first(PersonSign.AGAIN)):
                yield turn.at(sign)
            said_by_person.append(words)


def unanswered_questions(turns: Sequence[Turn]) -> Iterator[Stretch]:
    """Yield the questions after which the company says nothing that could be an answer."""
    answered_until = max(answers(turns), default=-1)
    later: deque[frozenset[str]] = deque(maxlen=_REMEMBERED)
    waiting: list[Stretch] = []
    for turn in reversed(turns[answered_until + 1 :]):
        question = _QUESTION.search(turn.content) if turn.is_persons else None
        if question is None:
            continue
        words = content_words(turn)
        # Asked twice, it is one question.
        if not any(_are_alike(words, other) for other in later):
            waiting.append(Stretch(turn.message_id, *question.span()))
        later.append(words)
    yield from reversed(waiting)


def answers(turns: Sequence[Turn]) -> Iterator[int]:
    """Yield the places of the turns that could be answers; what a bot repeats is none."""
    said: set[str] = set()
    for place, turn in enumerate(turns):
        if turn.is_persons:
            continue
        text = _plain(turn.content)
        is_repeated = turn.role is MessageRole.BOT and text in said
        said.add(text)
        if not is_repeated and could_answer(turn):
            yield place


def could_answer(turn: Turn) -> bool:
    """Tell whether a turn is the company's and says something of the matter."""
    if turn.is_persons or turn.shown.first(CompanySign.FALLBACK):
        return False
    return any(
        not _is_put_off(turn.shown.signs, start, end) for start, end in sentences(turn.content)
    )


def sentences(content: str) -> Iterator[tuple[int, int]]:
    """Yield where the sentences of a text begin and end, as far as it is read for signs."""
    length = min(len(content), LONGEST_READ)
    ends = [match.end() for match in _SENTENCE_END.finditer(content, 0, length)]
    for start, end in pairwise([0, *ends, length]):
        if _LETTER.search(content, start, end):
            yield start, end


def content_words(turn: Turn) -> frozenset[str]:
    """Return the words of a turn but for the shortest, which are in every one."""
    return frozenset(word for word in turn.shown.spelled if len(word) > 2 and word.isalpha())


def _is_put_off(signs: Sequence[Sign], start: int, end: int) -> bool:
    """Tell whether a sentence only greets, asks, passes on or promises."""
    idle = {
        CompanySign.TRANSFER,
        CompanySign.COURTESY,
        CompanySign.NEEDS,
        CompanySign.PROMISES,
        CompanySign.INTRODUCES,
        CompanySign.ROBOT,
    }
    return any(start <= sign.start < end and sign.shows in idle for sign in signs)


def _introduction(turn: Turn) -> Sign | None:
    if turn.shown.first(CompanySign.ROBOT):
        return None
    return next(
        (
            sign
            for sign in turn.shown.signs
            if sign.shows == CompanySign.INTRODUCES and _NAME.match(turn.content, sign.end)
        ),
        None,
    )


def _plain(content: str) -> str:
    return " ".join(content.casefold().split())


def _are_alike(words: frozenset[str], others: frozenset[str]) -> bool:
    if min(len(words), len(others)) < _FEWEST_WORDS:
        return False
    return len(words & others) >= _ALIKE * len(words | others)
