"""Says a conversation in two or three of its own sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from talkhub.analysis.conversation.model import Quote
from talkhub.analysis.conversation.service import answers, sentences
from talkhub.analysis.conversation.signs import CompanySign, PersonSign
from talkhub.analysis.conversation.turns import Turn
from talkhub.analysis.intent import SOCIAL
from talkhub.analysis.model import MessageAnalysis
from talkhub.analysis.personal import masked
from talkhub.logs import mask

_LONGEST, _SHORTEST = 200, 12
# Masked before it is shortened, lest half a number be shown; but not all of a long text.
_LONGEST_MASKED: Final = 1_000
_PER_REASON: Final = 0.1
_ENOUGH_WORDS: Final = 10
_WORDS_WEIGHT: Final = 0.4
# People say first what they came for; what they say later is about the answers.
_LATER: Final = 0.25


def summary(turns: Sequence[Turn], primary: str) -> tuple[Quote, ...]:
    """Return what the person came for, what was answered last, and how they left, in that order.

    Numbers, addresses and links that identify people are masked.
    """
    errand = _errand(turns)
    if errand is None:
        return ()
    chosen = {errand: _wanted_sentence(turns[errand], primary)}
    answer = _last_answer(turns, after=errand)
    if answer is not None:
        chosen[answer] = _telling_sentence(turns[answer])
    end = _last_word(turns, after=errand)
    if end is not None:
        chosen.setdefault(end, _telling_sentence(turns[end]))
    return tuple(
        Quote(turns[place].message_id, turns[place].role, _shown(text))
        for place, text in sorted(chosen.items())
    )


def _errand(turns: Sequence[Turn]) -> int | None:
    """Return the place of the turn that says best what the person came for."""
    scored = [
        (_telling(turns[place], said) - _LATER * number, place)
        for number, (place, said) in enumerate(_places(turns))
    ]
    return max(scored)[1] if scored else None


def _telling(turn: Turn, said: MessageAnalysis) -> float:
    """Return how much a turn says of an errand: a bare word has few words and few reasons."""
    errands = [chance for intent, chance in said.intents if intent not in SOCIAL]
    surest = max(errands, default=0.0)
    words = min(len(turn.shown.spelled), _ENOUGH_WORDS) / _ENOUGH_WORDS
    return surest + _WORDS_WEIGHT * words + _PER_REASON * min(len(said.reasons), 4)


def _last_answer(turns: Sequence[Turn], *, after: int) -> int | None:
    found = [place for place in answers(turns) if place > after]
    # "Claro!" answers, and tells nothing.
    telling = (it for it in reversed(found) if len(_telling_sentence(turns[it])) >= _SHORTEST)
    return next(telling, None)


def _last_word(turns: Sequence[Turn], *, after: int) -> int | None:
    """Return the place of the person's last words, if they say more than manners."""
    last = max((place for place, _ in _places(turns)), default=after)
    if last <= after or (said := turns[last].said) is None:
        return None
    is_telling = bool(said.reasons) or turns[last].shown.first(*PersonSign) is not None
    return last if is_telling else None


def _wanted_sentence(turn: Turn, primary: str) -> str:
    """Return the sentence in which most speaks for the errand."""
    reasons = turn.said.reasons if turn.said else ()
    weights = [
        (
            sum(r.weight for r in reasons if r.label == primary and start <= r.start < end),
            end - start,
            -start,
            turn.content[start:end],
        )
        for start, end in sentences(turn.content)
    ]
    return max(weights)[3] if weights else turn.content


def _telling_sentence(turn: Turn) -> str:
    """Return the longest sentence that is no mere courtesy."""
    idle = (CompanySign.COURTESY, CompanySign.INTRODUCES, CompanySign.ROBOT)
    spans = list(sentences(turn.content))
    telling = [
        (start, end)
        for start, end in spans
        if not any(start <= sign.start < end and sign.shows in idle for sign in turn.shown.signs)
    ]
    start, end = max(
        telling or spans or [(0, len(turn.content))], key=lambda span: (span[1] - span[0], -span[0])
    )
    return turn.content[start:end]


def _places(turns: Sequence[Turn]) -> Iterator[tuple[int, MessageAnalysis]]:
    for place, turn in enumerate(turns):
        if turn.said is not None:
            yield place, turn.said


def _shown(text: str) -> str:
    text = mask(masked(" ".join(text.split())[:_LONGEST_MASKED]))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]}…"
