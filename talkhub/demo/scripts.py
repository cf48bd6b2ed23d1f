"""The dialogues of a loaded database: a few hundred, analysed once, and told again and again.

Each is made of the demo's stories. Whoever tells one says only when each of its messages was sent.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkhub import json_codec
from talkhub.demo.stories import Content
from talkhub.names import ConversationStatus, MessageRole
from talkhub.services.labelling.insights import DueConversation, analyse_conversations
from talkhub.services.talking.transcripts import Message, make_message, waits

SCRIPTS = 300
_LENGTHS = (2, 4, 6, 7, 8, 8, 9, 10, 12, 16)
"""Messages that a dialogue has at least, a story more or less: ten on average."""
_FOREIGN = {"foreigner", "spanish"}
_PAUSES = {MessageRole.USER: (10, 90), MessageRole.BOT: (2, 9), MessageRole.AGENT: (30, 200)}
"""Seconds before someone writes, at least and at most."""
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_TIME = "\x00"

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Script:
    """A dialogue: what is stored of it whenever it is told, and what depends on its times.

    `template` is its messages as JSON, with a `%s` for each time; `seconds` are the usual times
    since the first. Each place in `answers` answers what was first said at the one in `asked`.
    """

    template: str
    seconds: Seconds
    answers: list[int]
    asked: list[int]
    row: dict[str, Any]


def make_scripts(content: Content, seed: int) -> list[Script]:
    """Return the dialogues of a seed, with what the analyser says of each."""
    chance = random.Random(f"{seed}:scripts")  # noqa: S311 -- it is to be foreseen
    dialogues = [_dialogue(content, chance) for _ in range(SCRIPTS)]
    found = analyse_conversations(
        [
            DueConversation(number, 0, messages, ConversationStatus.CLOSED.value, "pt-BR")
            for number, messages in enumerate(dialogues)
        ]
    )
    return [_script(messages, row) for messages, row in zip(dialogues, found, strict=True)]


def _dialogue(content: Content, chance: random.Random) -> list[Message]:
    at_least = chance.choice(_LENGTHS)
    gaps = {name: chance.choice(values) for name, values in content.values.items()}
    gaps |= {
        "nome": chance.choice(content.first_names),
        "email": "pessoa@example.com",
        "pedido": str(chance.randint(10_000, 99_999)),
    }
    lines: list[tuple[MessageRole, str]] = []
    while len(lines) < at_least:
        story = chance.choice(content.stories)
        if story.name in _FOREIGN and lines:
            continue
        lines += story.lines
        if story.name in _FOREIGN:
            break
    sent_at = _ANY_TIME
    messages = []
    for position, (role, text) in enumerate(lines):
        messages.append(
            make_message(
                role=role, content=text.format_map(gaps), sent_at=sent_at, position=position
            )
        )
        if position + 1 < len(lines):
            sent_at += timedelta(seconds=chance.randint(*_PAUSES[lines[position + 1][0]]))
    return messages


def _script(messages: list[Message], found: dict[str, Any]) -> Script:
    times = [datetime.fromisoformat(message["timestamp"]) for message in messages]
    # With a second between any two, a wait says how many messages ago it began.
    ticks = [_ANY_TIME + timedelta(seconds=place) for place in range(len(messages))]
    waited = [(place, wait) for place, wait in enumerate(waits(messages, ticks)) if wait]
    return Script(
        template=_template(messages),
        seconds=np.array([(time - times[0]).total_seconds() for time in times], np.int64),
        answers=[place for place, _ in waited],
        asked=[place - int(wait) for place, wait in waited],
        row={
            "script": found["id"],
            "ids": [message["id"] for message in messages],
            "roles": [message["role"] for message in messages],
            "intent_analysis": {
                "intent": found["intent"],
                "sentiment": found["sentiment"],
                "confidence": found["confidence"],
                "course": found["course"],
                "source": "talkhub",
                "status": "done",
            },
            **{name: found[name] for name in _KEPT},
        },
    )


_KEPT = (
    *("version", "language", "sentiment", "score", "intent", "topics", "completion"),
    *("stems", "result"),
)


def _template(messages: list[Message]) -> str:
    timeless = [{**message, "timestamp": _TIME} for message in messages]
    text = json_codec.dumps_text(timeless).replace("%", "%%")
    return text.replace(json_codec.dumps_text(_TIME), '"%s"')
