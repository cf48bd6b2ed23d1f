"""What a message says of the person who wrote it: frozen data, and what tells facts apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from talkhub.memory.facts.kinds import FactKind
from talkhub.memory.words import word_set, words_of

LONGEST_VALUE: Final = 160
"""Longer than any name, address or wish; what is longer tells a story, not a fact."""

_ONE_AT_A_TIME: Final = frozenset(
    {
        FactKind.NAME,
        FactKind.EMAIL,
        FactKind.PHONE,
        FactKind.CITY,
        FactKind.CEP,
        FactKind.BIRTHDAY,
        FactKind.PLAN,
    }
)
_TASTES: Final = frozenset({FactKind.PREFERS, FactKind.DISLIKES})
# Of these somebody prefers one: what they prefer later takes the place of what they preferred.
_TOPICS: Final = {
    "time": word_set("manha tarde noite cedo sabado sabados morning afternoon evening"),
    "contact": word_set(
        "whatsapp zap wpp email mail telefone ligacao ligacoes ligar liguem sms mensagem"
        " mensagens audio phone llamada call calls text"
    ),
    "payment": word_set(
        "pix boleto cartao dinheiro debito credito parcelado parcelar tarjeta efectivo card"
    ),
    "delivery": word_set("retirar retirada entrega buscar motoboy correios sedex pickup"),
}
_BESIDE_THE_POINT: Final = word_set(
    "a o as os um uma uns umas de do da dos das que por pelo pela no na em e muito mais the"
)
# What somebody wants they want now; a month later it is history.
_WISH_LASTS: Final = timedelta(days=30)


class Found(NamedTuple):
    """A fact as a rule finds it, at characters `start` to `end` of a clause.

    `until` is the last day on which it can matter, None if it stays true.
    """

    kind: FactKind
    value: str
    confidence: float
    start: int
    end: int
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with the message that says so. Of one slot one fact holds at a time."""

    kind: FactKind
    slot: str
    value: str
    quote: str
    confidence: float
    message_id: str
    said_at: datetime
    expires_at: datetime | None


def slot_of(kind: FactKind, value: str) -> str:
    """Name what a fact is about: a later fact of the same slot takes its place.

    No slot holds what people wrote: a deleted fact leaves nothing but its slot behind.
    """
    if kind in _ONE_AT_A_TIME:
        return kind.value
    words = words_of(value)
    if kind is FactKind.PREFERS:
        for topic, about in _TOPICS.items():
            if not about.isdisjoint(words):
                return f"{kind.value}:{topic}"
    object_ = " ".join(word for word in words if word not in _BESIDE_THE_POINT) or value
    digest = hashlib.blake2s(object_.encode(), digest_size=8).hexdigest()
    return f"{'taste' if kind in _TASTES else kind.value}:{digest}"


def lasts_until(kind: FactKind, said_at: datetime) -> datetime | None:
    """Return when a fact stops to matter by its kind alone, None if only a later one ends it."""
    return said_at + _WISH_LASTS if kind is FactKind.WANTS else None
