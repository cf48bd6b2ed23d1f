"""Custom events and scores that authors of UChat flows send, and how they name their parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from talkhub.channels.base import EventTold, ScoreGiven, Sender
from talkhub.channels.uchat_fields import first
from talkhub.names.feedback import EVENT_NAME, LARGEST_VALUE, LONGEST_COMMENT, SCALES, ScoreKind

CUSTOM_EVENT = "custom_event"
EVENTS = frozenset({CUSTOM_EVENT, *ScoreKind})

_NAME = ("event_name", "event_ns")
_VALUE = ("number_value", "price_value", "value", "valor")
_SCORE = ("score", "rating", "nota")
_COMMENT = ("comment", "comentario", "text_value")


def feedback(
    kind: str, said: Mapping[str, str], sender: Sender, at: datetime
) -> EventTold | ScoreGiven | None:
    """Return what a flow told, or None where a name or a score is none that we could count."""
    if kind == CUSTOM_EVENT:
        name = first(said, _NAME)
        is_name = re.fullmatch(EVENT_NAME, name) is not None
        return EventTold(sender, name, _number(first(said, _VALUE)), at) if is_name else None
    scale, number = SCALES[ScoreKind(kind)], _number(first(said, _SCORE))
    if number is None or number not in scale:
        return None
    comment = first(said, _COMMENT)[:LONGEST_COMMENT] or None
    return ScoreGiven(sender, ScoreKind(kind), int(number), comment, at)


def _number(written: str) -> float | None:
    """Return what a text says in digits; Brazilians write a comma before the fraction."""
    try:
        number = float(written.replace(",", ".") if "." not in written else written)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST_VALUE else None
