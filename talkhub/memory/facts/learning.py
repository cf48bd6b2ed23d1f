"""Learns facts from what a person wrote, by rules: no model, no network, nothing but the text.

Each fact names the message that says it and quotes the sentence. Of two that one message says of
one slot the surer counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

from talkhub.memory.facts import business, contact, places_and_days, tastes
from talkhub.memory.facts.asking import asked_for
from talkhub.memory.facts.clauses import Clause, clauses, composed, plain, sentence_keys
from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.facts.model import LONGEST_VALUE, Fact, Found, lasts_until, slot_of
from talkhub.names import MessageRole

_RULES: Final = (contact, places_and_days, business, tastes)
_TRIGGERS: Final = frozenset().union(*(rules.TRIGGERS for rules in _RULES))
_WORD = re.compile(r"[^\W\d_]+")
_LONG_NUMBER = re.compile(r"\d[\d ().-]{6}")
_HAS_NUMBER = re.compile(r"[@\d]")
_COMPANY: Final = frozenset({MessageRole.BOT, MessageRole.AGENT})
# A caller may date a message anywhere; near the calendar's ends no day comes after another.
_YEARS: Final = (1900, 9_000)
_LONGEST_QUOTE: Final = 200
# What the company said before, in its newest messages: a person repeats what is in sight.
_REMEMBERED: Final = 200


def learn(messages: Sequence[Mapping[str, Any]], *, zone: tzinfo) -> list[Fact]:
    """Return the facts that a transcript's person tells, in the order in which they tell them.

    `zone` is where the person's days begin. Pure and deterministic; what is no text is passed
    over.
    """
    facts: list[Fact] = []
    asked: frozenset[FactKind] = frozenset()
    repeated: dict[str, None] = {}
    for message in messages:
        role, content = message.get("role"), message.get("content")
        if not isinstance(content, str) or not content.strip():
            continue
        if role in _COMPANY:
            asked = asked_for(content)
            repeated |= dict.fromkeys(sentence_keys(content))
            for key in list(repeated)[:-_REMEMBERED]:
                del repeated[key]
        elif role == MessageRole.USER:
            said_at = datetime.fromisoformat(message["timestamp"])
            if _YEARS[0] < said_at.year < _YEARS[1] and (asked or _may_tell(content)):
                said_on = said_at.astimezone(zone).date()
                found = clauses(content, said_on=said_on, asked=asked, repeated=repeated)
                facts += _facts(found, message_id=str(message["id"]), said_at=said_at, zone=zone)
            asked = frozenset()
    return facts


_FURTHEST = timedelta(days=3660)
"""No deadline is further away: 31/12/9999 is how people say never."""


def _may_tell(content: str) -> bool:
    """Tell whether any rule could find something: most of what people write tells nothing."""
    folded = plain(composed(content))
    return (
        "@" in folded
        or not _TRIGGERS.isdisjoint(_WORD.findall(folded))
        or _LONG_NUMBER.search(folded) is not None
    )


def _facts(
    said: Iterator[Clause], *, message_id: str, said_at: datetime, zone: tzinfo
) -> list[Fact]:
    surest: dict[str, Fact] = {}
    for clause, found in _found(said):
        value = " ".join(found.value.split())[:LONGEST_VALUE]
        expires_at = lasts_until(found.kind, said_at)
        if found.until is not None:
            if found.until - said_at.date() > _FURTHEST:
                continue
            expires_at = datetime.combine(found.until + timedelta(days=1), time(), zone)
        fact = Fact(
            kind=found.kind,
            slot=slot_of(found.kind, value),
            value=value,
            quote=_quote(clause, found),
            confidence=found.confidence,
            message_id=message_id,
            said_at=said_at,
            expires_at=expires_at,
        )
        known = surest.get(fact.slot)
        if known is None or known.confidence < fact.confidence:
            surest[fact.slot] = fact
    return list(surest.values())


def _found(said: Iterator[Clause]) -> Iterator[tuple[Clause, Found]]:
    for clause in said:
        is_open = bool(clause.asked) or _HAS_NUMBER.search(clause.plain) is not None
        for rules in _RULES:
            if is_open or not rules.TRIGGERS.isdisjoint(clause.words):
                for found in rules.found_in(clause):
                    yield clause, found


def _quote(clause: Clause, found: Found) -> str:
    """Return the sentence that says it, or as much of the clause as a quotation may hold."""
    if len(clause.sentence) <= _LONGEST_QUOTE:
        return clause.sentence
    start = max(0, min(found.start, found.end - _LONGEST_QUOTE))
    return " ".join(clause.text[start : start + _LONGEST_QUOTE].split())
