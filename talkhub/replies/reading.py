"""Reads what a person wrote since they were last answered: what may not be left to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from talkhub.analysis.closing import is_closing
from talkhub.analysis.conversation.course import course
from talkhub.analysis.intent import SOCIAL
from talkhub.analysis.pipeline import analyse
from talkhub.names import Intent, MessageRole, Urgency

_FURIOUS: Final = -0.6
_COMPLAINS_FROM: Final = 0.6
_GRAVE: Final = frozenset({Urgency.SAFETY, Urgency.LEGAL, Urgency.ANGER})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wrote, and what it shows beside a question."""

    text: str
    is_social: bool = False
    is_upset: bool = False
    asks_for_person: bool = False


def read_asked(texts: Sequence[str]) -> Asked:
    """Return what the messages of a person since the last answer ask and show. Pure."""
    messages = [{"id": "", "role": MessageRole.USER.value, "content": text} for text in texts]
    found = analyse(messages)
    went = course(messages, found)
    intents = dict(pair for message in found.messages for pair in message.intents)
    text = "\n".join(texts)
    complains = intents.get(Intent.COMPLAINT, 0) >= _COMPLAINS_FROM
    return Asked(
        text=text,
        is_social=all(is_closing(it) for it in texts)
        or (found.intent in SOCIAL and "?" not in text),
        is_upset=went.urgency.label in _GRAVE or (complains and found.score <= _FURIOUS),
        asks_for_person=bool(went.handoff_requested) or found.intent == Intent.HUMAN_HANDOFF,
    )
