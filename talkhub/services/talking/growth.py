"""How a session's conversations grow: repeated, longer and interleaved transcripts.

`save_conversation` comes here when the session already has a conversation. Under a lock
on the session, the transcript sent is compared with the one stored, part by part.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from talkhub import clock
from talkhub.errors import Conflict
from talkhub.names import ConversationStatus, Platform, SessionStatus
from talkhub.names.labels import AnalysisStatus
from talkhub.services.masking import messages_as_stored
from talkhub.services.talking.labels import prediction_of
from talkhub.services.talking.transcripts import (
    Message,
    add_up,
    fingerprint,
    format_time,
    in_order,
    is_continuation,
    split_parts,
    turn_of,
    without_known,
)
from talkhub.services.talking.user_ids import find_or_make_person
from talkhub.store.statements import conversations as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Growth:
    """A transcript for a session which may have one.

    What `are_turns` is no transcript from its beginning: each message stands at its time.
    """

    session_id: str
    user_id: str
    messages: list[Message]
    timed: set[int]
    intent_analysis: dict[str, Any]
    has_own_analysis: bool
    metadata: dict[str, Any]
    are_turns: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """Whose session it is, and where it takes place."""

    profile_id: int
    channel_id: int | None
    platform: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One conversation row of the session."""

    id: int
    conversation_id: str
    source: str
    part: int
    messages: list[Message]
    metadata: dict[str, Any]
    intent_analysis: dict[str, Any]
    status: str
    created_at: str


def new_session_id() -> str:
    """Return an id that cannot be guessed."""
    return f"session_{secrets.token_urlsafe(18)}"


def new_conversation_id() -> str:
    """Return an id that cannot be guessed."""
    return f"conv_{secrets.token_urlsafe(18)}"


def grow(uow: UnitOfWork, growth: Growth) -> dict[str, Any]:
    """Store what is new of a transcript and return the row of the part it ends in."""
    uow.run(LOCK, {"key": f"session:{uow.workspace_id}:{growth.session_id}"})
    session = _find_or_open(uow, growth)
    stored = _stored(uow, growth.session_id)
    transcript = _last_transcript(stored)
    news = _news(growth, transcript)
    if news is None:
        rows = _write(uow, growth, session, growth.messages, stored, last=None)
    else:
        merged = [*transcript[-1].messages, *news]
        is_ordered = not growth.are_turns and transcript[0].source != "webhook"
        messages = merged if is_ordered else in_order(merged)
        rows = _write(uow, growth, session, messages, stored, last=transcript[-1])
    return rows[-1]


def _news(growth: Growth, transcript: Sequence[Stored]) -> list[Message] | None:
    """Return what a transcript does not hold yet; None if what was sent is another one."""
    known = [message for part in transcript for message in part.messages]
    if not transcript:
        return None
    if growth.are_turns:
        # Not by their ids, which were made of less in earlier releases.
        turns = {turn_of(message) for message in known}
        return [message for message in growth.messages if turn_of(message) not in turns]
    if transcript[0].source == "webhook":
        return without_known(known, growth.messages, growth.timed)
    is_same = is_continuation(known, growth.messages, growth.timed)
    return growth.messages[len(known) :] if is_same else None


def _last_transcript(stored: Sequence[Stored]) -> list[Stored]:
    """Return the parts of the session's latest transcript, first part first."""
    start = max((n for n, row in enumerate(stored) if row.part == 1), default=0)
    return list(stored[start:])


def _write(
    uow: UnitOfWork,
    growth: Growth,
    session: Session,
    messages: list[Message],
    stored: Sequence[Stored],
    *,
    last: Stored | None,
) -> list[dict[str, Any]]:
    """Rewrite the last part and add further ones, as far as the messages need them."""
    parts = split_parts(messages)
    answers: list[dict[str, Any]] = []
    first_part = last.part if last else 1
    if last is not None:
        answers.append(_rewrite(uow, growth, last, parts.pop(0), platform=session.platform))
    rows = [
        _row(growth, session, part, number)
        for number, part in enumerate(parts, first_part + len(answers))
    ]
    if rows:
        answers += _insert(uow, rows)
    _complete(uow, growth, session, messages, conversations=len(stored) + len(rows))
    return answers


def _rewrite(
    uow: UnitOfWork, growth: Growth, last: Stored, messages: list[Message], *, platform: str
) -> dict[str, Any]:
    facts = add_up(messages, is_open=False)
    computed = facts.as_metadata()
    told = {name: value for name, value in growth.metadata.items() if name not in computed}
    answer: dict[str, Any] = {
        "id": last.id,
        "conversation_id": last.conversation_id,
        "session_id": growth.session_id,
        "user_id": growth.user_id,
        "messages": messages,
        "intent_analysis": last.intent_analysis,
        "metadata": {**last.metadata, **told},
        "platform": platform,
        "created_at": last.created_at,
    }
    if not _says_more(growth, last, answer):
        return answer
    answer["metadata"] |= computed
    answer["intent_analysis"] = _analysis_to_come(growth, last)
    row = {
        **{name: answer[name] for name in ("id", "messages", "metadata", "intent_analysis")},
        "fingerprint": fingerprint(growth.session_id, messages).hex(),
        "status": ConversationStatus.CLOSED.value,
        **facts.as_columns(),
    }
    params = {"rows": uow.json([row]), "workspace_id": uow.workspace_id, "now": clock.now()}
    uow.run(statements.REWRITE_CONVERSATIONS, params)
    return answer


def _says_more(growth: Growth, last: Stored, answer: dict[str, Any]) -> bool:
    """Tell whether anything differs from the row, but for what only an analysis can tell."""
    return (
        last.status != ConversationStatus.CLOSED
        or answer["messages"] != last.messages
        or answer["metadata"] != last.metadata
        or {**_analysis_to_come(growth, last), "status": None}
        != {**last.intent_analysis, "status": None}
    )


def _analysis_to_come(growth: Growth, last: Stored) -> dict[str, Any]:
    """Return the caller's analysis, or the one there is: ours will look at the new messages."""
    pending = {"status": AnalysisStatus.PENDING.value}
    # What people corrected of the same analysis still holds.
    is_known = prediction_of(last.intent_analysis) | pending == growth.intent_analysis
    if growth.has_own_analysis and not is_known:
        return growth.intent_analysis
    return last.intent_analysis | pending


def _row(growth: Growth, session: Session, messages: list[Message], part: int) -> dict[str, Any]:
    facts = add_up(messages, is_open=False)
    return {
        "conversation_id": new_conversation_id(),
        "session_id": growth.session_id,
        "user_id": growth.user_id,
        "messages": messages,
        "intent_analysis": growth.intent_analysis,
        "metadata": {**growth.metadata, **facts.as_metadata()},
        "profile_id": session.profile_id,
        "channel_id": session.channel_id,
        "platform": session.platform,
        "source": "api",
        "part": part,
        "fingerprint": fingerprint(growth.session_id, messages).hex(),
        "status": ConversationStatus.CLOSED.value,
        **facts.as_columns(),
    }


def _insert(uow: UnitOfWork, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = clock.now()
    params = {"rows": uow.json(rows), "workspace_id": uow.workspace_id, "now": now}
    inserted = uow.run(statements.INSERT_CONVERSATIONS, params).all()
    ids = {conversation_id: row_id for row_id, conversation_id in inserted}
    shown = (
        "conversation_id",
        "session_id",
        "user_id",
        "messages",
        "intent_analysis",
        "metadata",
        "platform",
    )
    return [
        {
            "id": ids[row["conversation_id"]],
            **{name: row[name] for name in shown},
            "created_at": format_time(now),
        }
        for row in rows
    ]


def _complete(
    uow: UnitOfWork,
    growth: Growth,
    session: Session,
    messages: Sequence[Message],
    *,
    conversations: int,
) -> None:
    row = {
        "session_id": growth.session_id,
        "user_id": growth.user_id,
        "platform": session.platform,
        "profile_id": session.profile_id,
        "channel_id": session.channel_id,
        "status": SessionStatus.COMPLETED.value,
        "conversation_count": conversations,
        "last_message_at": messages[-1]["timestamp"],
        "close_reason": "saved",
    }
    params = {"rows": uow.json([row]), "workspace_id": uow.workspace_id, "now": clock.now()}
    uow.run(statements.UPDATE_SESSIONS, params)


def _find_or_open(uow: UnitOfWork, growth: Growth) -> Session:
    key = {"workspace_id": uow.workspace_id, "session_id": growth.session_id}
    found = uow.run(statements.FIND_SESSION, key).mappings().first()
    if found is not None:
        if found["user_id"] != growth.user_id:
            raise Conflict("This session belongs to another user.")
        return Session(found["profile_id"], found["channel_id"], found["platform"])
    person = find_or_make_person(uow, growth.user_id)
    return Session(person, None, Platform.UNKNOWN.value)


def _stored(uow: UnitOfWork, session_id: str) -> list[Stored]:
    key = {"workspace_id": uow.workspace_id, "session_id": session_id}
    return [
        Stored(
            id=row["id"],
            conversation_id=row["conversation_id"],
            source=row["source"],
            part=row["part"],
            # What was stored before numbers were masked is compared, and grows, masked.
            messages=messages_as_stored(uow, row["messages"]),
            metadata=row["metadata"],
            intent_analysis=row["intent_analysis"],
            status=row["status"],
            created_at=format_time(row["created_at"]),
        )
        for row in uow.run(statements.CONVERSATIONS_OF_SESSION, key).mappings()
    ]
