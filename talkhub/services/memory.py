"""Keep what a person's messages are found by, and find those that answer a question."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub import clock
from talkhub.memory.packing import Shelf, pack, unpack
from talkhub.memory.query import question
from talkhub.memory.ranking import Hit, rank
from talkhub.memory.words import words_of
from talkhub.services.transcripts import Message, time_of
from talkhub.store.statements import memory as statements
from talkhub.store.uow import UnitOfWork

# More than a chatbot's person writes in years. What is older is not searched: an answer
# must come within milliseconds however long a history grows.
MOST_CONVERSATIONS, MOST_MESSAGES = 4_000, 40_000
# What no drain has packed yet is packed while somebody waits: the newest, not a backlog.
MOST_UNREAD = 40
# What answers makes the two before it and the two after it hits too, which may say nothing: so
# many more are ranked than are told, and read as far as it takes.
_AROUND_EACH = 5
_FALLBACK_LANGUAGE = "pt"
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A message that was found, and where it stands."""

    message: Message
    conversation_id: str
    platform: str
    score: float

    def as_result(self) -> dict[str, Any]:
        """Return what callers are told of it."""
        return {
            "conversation_id": self.conversation_id,
            "message_id": self.message["id"],
            "role": self.message["role"],
            "text": self.message["content"],
            "at": self.message["timestamp"],
            "platform": self.platform,
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is searched of one person; `ids` and `ages` belong to the shelf's conversations."""

    shelf: Shelf
    ids: Sequence[int]
    ages: Sequence[float]
    names: Sequence[str]


def search(
    uow: UnitOfWork, user_id: str, query: str, *, limit: int, until: datetime | None = None
) -> list[Excerpt]:
    """Return the messages of a person's history that answer a question best, best first.

    Nothing is found of a person who is unknown or opted out. `until` looks at the history as it
    was at that time. The unit of work must be one that reads.
    """
    asked = question(query)
    if not asked.aspects:
        return []
    memory = _memory(uow, user_id, until=until)
    most = limit * _AROUND_EACH
    hits = rank(memory.shelf, asked, limit=most, user_names=memory.names, ages=memory.ages)
    found: list[Excerpt] = []
    for start in range(0, len(hits), limit):
        found += _excerpts(uow, memory, hits[start : start + limit], until=until)
        if len(found) >= limit:
            break
    return found[:limit]


def pack_stems(messages: Sequence[Message], language: str | None) -> str:
    """Return what a conversation's messages are found by, as it is sent to the database. Pure."""
    return base64.b64encode(pack(messages, language or _FALLBACK_LANGUAGE)).decode()


def pack_waiting(uow: UnitOfWork, *, limit: int) -> int:
    """Pack conversations that were analysed before there was a memory; return how many."""
    key = {"workspace_id": uow.workspace_id, "limit": limit}
    waiting = uow.run(statements.CONVERSATIONS_WITHOUT_STEMS, key).all()
    rows = [{"id": row.id, "stems": pack_stems(row.messages, row.language)} for row in waiting]
    if rows:
        params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows)}
        uow.run(statements.STORE_STEMS, params)
    return len(rows)


def _memory(uow: UnitOfWork, user_id: str, *, until: datetime | None) -> _Memory:
    params = {
        "workspace_id": uow.workspace_id,
        "user_id": user_id,
        "until": until,
        "conversations": MOST_CONVERSATIONS,
        "messages": MOST_MESSAGES,
        "unread": MOST_UNREAD,
    }
    name, ids, days, stems, unread = uow.once(statements.SHELF_OF_PERSON, params)[0]
    unread = unread or []
    packed = [
        pack(_until(messages, until), language or _FALLBACK_LANGUAGE)
        for _, _, language, messages in unread
    ]
    today = (until or clock.now()).timestamp() / _SECONDS_A_DAY
    return _Memory(
        shelf=unpack(b"".join([*packed, stems or b""])),
        ids=[*(row[0] for row in unread), *(ids or ())],
        ages=[max(0.0, today - day) for day in (*(row[1] for row in unread), *(days or ()))],
        names=words_of(name or ""),
    )


def _until(messages: Sequence[Message], until: datetime | None) -> Sequence[Message]:
    """Return messages up to the last one that was said by then; at least one, as packs have."""
    if until is None:
        return messages
    said = [number for number, message in enumerate(messages, 1) if time_of(message) <= until]
    return messages[: max(said, default=1)]


def _excerpts(
    uow: UnitOfWork, memory: _Memory, hits: Sequence[Hit], *, until: datetime | None
) -> list[Excerpt]:
    """Return the messages that hits stand for, but for those that say nothing or came later."""
    params = {
        "workspace_id": uow.workspace_id,
        "ids": [memory.ids[hit.conversation] for hit in hits],
        "positions": [hit.position for hit in hits],
    }
    found: list[Excerpt] = []
    for place, conversation_id, platform, message in uow.once(statements.MESSAGES_AT, params):
        if _is_told(message, until):
            score = round(hits[place - 1].score, 3)
            found.append(Excerpt(message, conversation_id, platform, score))
    return found


def _is_told(message: dict[str, Any] | None, until: datetime | None) -> bool:
    # None: the transcript was rewritten, and is shorter, since its stems were read.
    if message is None or not str(message.get("content", "")).strip():
        return False
    return until is None or time_of(message) <= until
