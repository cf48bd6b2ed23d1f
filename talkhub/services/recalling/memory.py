"""Keep what a person's messages are found by, and find those that answer a question."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub import __version__, clock, json_codec
from talkhub.memory.packing import Shelf, pack, unpack
from talkhub.memory.query import Question, question
from talkhub.memory.ranking import rank
from talkhub.memory.words import words_of
from talkhub.services.talking.transcripts import Message, time_of
from talkhub.store.statements import memory as statements
from talkhub.store.uow import UnitOfWork

# More than a chatbot's person writes in years. What is older is not searched: an answer
# must come within milliseconds however long a history grows.
MOST_CONVERSATIONS, MOST_MESSAGES = 4_000, 40_000
# What no drain has packed yet is packed while somebody waits: the newest, not a backlog.
MOST_UNREAD = 40
# What is shorter is ranked almost as fast as a ranking is looked up.
_MOST_AT_ONCE = 2_000
# Rankings are remembered as long as nothing is likely to come in between: a tenth of how long
# the person has been quiet, and at least while an answer to them is being written.
_QUIET_SHARE, _SHORTEST_SECONDS, _LONGEST_SECONDS = 0.1, 60, 3_600
# What answers makes the two before it and the two after it hits too, which may say nothing: so
# many more are ranked than are told, and read as far as it takes.
_AROUND_EACH = 5
_FALLBACK_LANGUAGE = "pt"
_SECONDS_A_DAY, _SECONDS_AN_HOUR = 86_400, 3_600

_STATE_COLUMNS = ("name", "profile_id", "revision", "waiting", "quiet_seconds")
_SHELF_COLUMNS = ("ids", "moments", "stems", "unread", *_STATE_COLUMNS)
# As PostgreSQL sends them.
_IDS, _MOMENTS = ">i8", ">f8"


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


_Place = tuple[int, int, float]
"""Where a message stands: its conversation's id, its position there, and how well it answers."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is searched for, in whose history, and as of when."""

    user_id: str
    asked: Question
    most: int
    until: datetime | None


class _Unread(NamedTuple):
    """A conversation that no drain has packed, and when its last message came, in seconds."""

    id: int
    moment: float
    language: str | None
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is searched of one person; `ids` and `ages` belong to the shelf's conversations."""

    shelf: Shelf
    ids: NDArray[np.int64]
    ages: NDArray[np.float64]
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
    places = _ranked(uow, _Sought(user_id, asked, limit * _AROUND_EACH, until))
    found: list[Excerpt] = []
    for start in range(0, len(places), limit):
        found += _excerpts(uow, places[start : start + limit], until=until)
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


def _ranked(uow: UnitOfWork, sought: _Sought) -> list[_Place]:
    """Return where the messages stand that answer best: of a long history as it is remembered.

    Places are remembered, not words: those are always read anew, within the workspace.
    """

    def place_now() -> tuple[str, int]:
        row = uow.once(statements.STATE_OF_HISTORY, _params(uow, sought))
        return _place(uow, dict(zip(_STATE_COLUMNS, row[0], strict=True)), sought)

    def find() -> tuple[tuple[str, int] | None, bytes]:
        row = uow.once(statements.SHELF_OF_PERSON, _params(uow, sought))[0]
        found = dict(zip(_SHELF_COLUMNS, row, strict=True))
        memory = _memory(found, _unread(uow, found["unread"] or ()), sought)
        places = json_codec.dumps(_rank(memory, sought))
        is_long = len(memory.shelf) > _MOST_AT_ONCE
        return (_place(uow, found, sought) if is_long else None), places

    topic = f"{uow.workspace_id}:{sought.user_id}"
    asked = (sought.user_id, sought.asked.words, sought.most, _today(sought.until), __version__)
    question_key = f"asked:{uow.workspace_id}:{_digest(asked)}"
    places: list[_Place] = json_codec.loads(
        uow.remember(topic, question_key, place_now=place_now, find=find)
    )
    return places


def _place(uow: UnitOfWork, row: Mapping[str, Any], sought: _Sought) -> tuple[str, int]:
    """Return the key that names all that a ranking depends on, and how long it is kept.

    What people asked and are called stands in it as a digest only.
    """
    asked = (sought.asked.words, sought.most, _today(sought.until), __version__)
    depends = _digest((asked, row["name"], sorted(row["waiting"] or ())))
    quiet = (row["quiet_seconds"] or 0) * _QUIET_SHARE
    seconds = round(min(max(quiet, _SHORTEST_SECONDS), _LONGEST_SECONDS))
    owner = f"{uow.workspace_id}:{row['profile_id']}:{row['revision']}"
    return f"context:{owner}:{depends}", seconds


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _rank(memory: _Memory, sought: _Sought) -> list[_Place]:
    hits = rank(
        memory.shelf,
        sought.asked,
        limit=sought.most,
        user_names=memory.names,
        ages=memory.ages,
    )
    return [(int(memory.ids[hit.conversation]), hit.position, hit.score) for hit in hits]


def _params(uow: UnitOfWork, sought: _Sought) -> dict[str, Any]:
    return {
        "workspace_id": uow.workspace_id,
        "user_id": sought.user_id,
        "until": sought.until,
        "conversations": MOST_CONVERSATIONS,
        "messages": MOST_MESSAGES,
        "unread": MOST_UNREAD,
    }


def _unread(uow: UnitOfWork, ids: Sequence[int]) -> list[_Unread]:
    """Return the conversations that nobody packed as they are now."""
    if not ids:
        return []
    params = {"workspace_id": uow.workspace_id, "ids": ids}
    return [_Unread(*row) for row in uow.once(statements.UNREAD_CONVERSATIONS, params)]


def _memory(row: Mapping[str, Any], unread: Sequence[_Unread], sought: _Sought) -> _Memory:
    packed = [
        pack(_until(it.messages, sought.until), it.language or _FALLBACK_LANGUAGE) for it in unread
    ]
    ids = np.frombuffer(row["ids"] or b"", _IDS)
    moments = np.frombuffer(row["moments"] or b"", _MOMENTS)
    days = np.concatenate([[it.moment for it in unread], moments]) / _SECONDS_A_DAY
    return _Memory(
        shelf=unpack(b"".join([*packed, base64.b64decode(row["stems"] or "")])),
        ids=np.concatenate([np.array([it.id for it in unread], np.int64), ids]),
        ages=np.maximum(0.0, _today(sought.until) - days),
        names=words_of(row["name"] or ""),
    )


def _today(until: datetime | None) -> float:
    """Return the day that ages are counted from; now by the hour, so that rankings stay equal."""
    if until is not None:
        return until.timestamp() / _SECONDS_A_DAY
    return clock.now().timestamp() // _SECONDS_AN_HOUR * _SECONDS_AN_HOUR / _SECONDS_A_DAY


def _until(messages: Sequence[Message], until: datetime | None) -> Sequence[Message]:
    """Return messages up to the last one that was said by then; at least one, as packs have."""
    if until is None:
        return messages
    said = [number for number, message in enumerate(messages, 1) if time_of(message) <= until]
    return messages[: max(said, default=1)]


def _excerpts(
    uow: UnitOfWork, places: Sequence[_Place], *, until: datetime | None
) -> list[Excerpt]:
    """Return the messages at some places, but for those that say nothing or came later."""
    params = {
        "workspace_id": uow.workspace_id,
        "ids": [conversation for conversation, _, _ in places],
        "positions": [position for _, position, _ in places],
    }
    found: list[Excerpt] = []
    for place, conversation_id, platform, message in uow.once(statements.MESSAGES_AT, params):
        if _is_told(message, until):
            score = round(places[place - 1][2], 3)
            found.append(Excerpt(message, conversation_id, platform, score))
    return found


def _is_told(message: dict[str, Any] | None, until: datetime | None) -> bool:
    # None: the transcript was rewritten, and is shorter, since its stems were read.
    if message is None or not str(message.get("content", "")).strip():
        return False
    return until is None or time_of(message) <= until
