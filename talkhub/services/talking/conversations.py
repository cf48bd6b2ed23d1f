"""Open a session; record a conversation, whether it is new, repeated or has grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from talkhub import clock
from talkhub.errors import Unavailable
from talkhub.names import Job, MessageRole, SessionStatus
from talkhub.names.labels import AnalysisStatus
from talkhub.services.masking import as_stored, name_as_stored
from talkhub.services.talking import growth
from talkhub.services.talking.transcripts import (
    Message,
    TranscriptFacts,
    active_state,
    add_up,
    fingerprint,
    format_time,
    make_message,
    split_parts,
)
from talkhub.store.statements.conversations import SAVE_CONVERSATION, SAVE_TO_OPEN_SESSION
from talkhub.store.statements.sessions import CREATE_SESSION, CREATE_SESSION_OF_KNOWN_PERSON
from talkhub.store.uow import UnitOfWork


class SentMessage(NamedTuple):
    """A message as a caller sends it; without a time it takes that of the call."""

    role: MessageRole
    content: str
    sent_at: datetime | None
    kind: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SentConversation:
    """A transcript as a caller sends it, with its own analysis where it has one."""

    session_id: str
    user_id: str
    messages: Sequence[SentMessage]
    intent_analysis: dict[str, Any] | None
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What a caller knows of a person when a session opens. None is not given."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None


def open_session(
    uow: UnitOfWork,
    *,
    user_id: str,
    platform: str,
    user_data: dict[str, Any],
    details: PersonDetails,
) -> dict[str, Any]:
    """Open a session for a person, making the person if unknown, and return its row."""
    user_data = as_stored(uow, user_data)
    details = replace(details, name=name_as_stored(uow, details.name))
    now = clock.now()
    session_id = growth.new_session_id()
    params = {
        "workspace_id": uow.workspace_id,
        "session_id": session_id,
        "user_id": user_id,
        "user_data": uow.json(user_data),
        "platform": platform,
        "now": now,
        "name": details.name,
        "phone": details.phone,
        "email": details.email,
        "has_details": details != PersonDetails(),
    }
    # The last one twice: it yields no row while another transaction makes the same person.
    rows = _first_rows(uow, params, CREATE_SESSION_OF_KNOWN_PERSON, CREATE_SESSION, CREATE_SESSION)
    if not rows:
        raise Unavailable("The person is being created by another request; try again.")
    uow.show(session_id, active_state(platform, now))
    return {
        "id": rows[0][0],
        "session_id": session_id,
        "user_id": user_id,
        "user_data": user_data,
        "platform": platform,
        "status": SessionStatus.ACTIVE.value,
        "created_at": format_time(now),
        "updated_at": format_time(now),
    }


def record_conversation(uow: UnitOfWork, sent: SentConversation) -> dict[str, Any]:
    """Store a transcript and return its conversation's row.

    The same transcript again returns the same row; a longer one that begins with what
    is stored lets that conversation grow; anything else is a new conversation. The
    analysis follows in the background.
    """
    sent = _as_stored(uow, sent)
    uow.ring(Job.DRAIN_ANALYSIS)
    uow.touch(sent.session_id)
    uow.show(sent.session_id, None)
    messages, timed = _as_messages(sent)
    parts = split_parts(messages)
    if len(parts) == 1:
        facts = add_up(messages, is_open=False)
        row = _new_row(sent, messages, facts)
        saved = _save_first(uow, sent, messages, facts, row)
        if saved:
            return {"id": saved[0][0], **row, "platform": saved[0][1]}
    return growth.grow(
        uow,
        growth.Growth(
            session_id=sent.session_id,
            user_id=sent.user_id,
            messages=messages,
            timed=timed,
            intent_analysis=_intent_analysis(sent.intent_analysis),
            has_own_analysis=sent.intent_analysis is not None,
            metadata=sent.metadata,
        ),
    )


def _as_stored(uow: UnitOfWork, sent: SentConversation) -> SentConversation:
    """Return a transcript as the workspace wants it stored."""
    spoken = [(it.content, it.name) for it in sent.messages]
    said: dict[str, Any] = {
        "spoken": spoken,
        "analysis": sent.intent_analysis,
        "metadata": sent.metadata,
    }
    kept = as_stored(uow, said)
    if kept is said:
        return sent
    return replace(
        sent,
        messages=[
            it._replace(content=content, name=name)
            for it, (content, name) in zip(sent.messages, kept["spoken"], strict=True)
        ],
        intent_analysis=kept["analysis"],
        metadata=kept["metadata"],
    )


def _save_first(
    uow: UnitOfWork,
    sent: SentConversation,
    messages: list[Message],
    facts: TranscriptFacts,
    row: dict[str, Any],
) -> list[Any]:
    params = {
        "workspace_id": uow.workspace_id,
        "conversation_id": row["conversation_id"],
        "session_id": sent.session_id,
        "user_id": sent.user_id,
        "messages": uow.json(messages),
        "intent_analysis": uow.json(row["intent_analysis"]),
        "metadata": uow.json(row["metadata"]),
        "fingerprint": fingerprint(sent.session_id, messages),
        "now": row["created_at"],
        # As text: psycopg2 takes twice as long to write a datetime into a statement.
        "started_at": format_time(facts.started_at),
        "last_message_at": format_time(facts.last_message_at),
        "message_count": facts.message_count,
        "user_message_count": facts.user_message_count,
        "response_count": facts.response_count,
        "response_ms_total": facts.response_ms_total,
        "name": None,
        "phone": None,
        "email": None,
    }
    return _first_rows(uow, params, SAVE_TO_OPEN_SESSION, SAVE_CONVERSATION)


def _new_row(
    sent: SentConversation, messages: list[Message], facts: TranscriptFacts
) -> dict[str, Any]:
    return {
        "conversation_id": growth.new_conversation_id(),
        "session_id": sent.session_id,
        "user_id": sent.user_id,
        "messages": messages,
        "intent_analysis": _intent_analysis(sent.intent_analysis),
        "metadata": {**sent.metadata, **facts.as_metadata()},
        "created_at": format_time(clock.now()),
    }


def _intent_analysis(given: dict[str, Any] | None) -> dict[str, Any]:
    """Return the caller's analysis, or the place where ours will stand."""
    status = {"status": AnalysisStatus.PENDING.value}
    if given is None:
        return {**status, "source": "talkhub"}
    return {**given, **status, "source": "caller"}


def _as_messages(sent: SentConversation) -> tuple[list[Message], set[int]]:
    """Return message objects, and which positions carry the caller's own time."""
    moment = clock.now()
    messages: list[Message] = []
    timed: set[int] = set()
    for position, message in enumerate(sent.messages):
        if message.sent_at is not None:
            moment = message.sent_at
            timed.add(position)
        stored = make_message(
            role=message.role,
            content=message.content,
            sent_at=moment,
            kind=message.kind,
            source=sent.session_id,
            position=position,
        )
        if message.name is not None:
            stored["name"] = message.name
        messages.append(stored)
    return messages, timed


def _first_rows(uow: UnitOfWork, params: dict[str, Any], *statements: str) -> list[Any]:
    """Run statements until one yields rows; those before it did nothing."""
    for statement in statements:
        rows = uow.once(statement, params)
        if rows:
            return rows
    return []
