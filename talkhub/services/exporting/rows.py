"""Conversations, messages and people as rows: what lists show of them and exports hold.

The fields are the columns, and the members of an answer; their hints say what stands in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from talkhub.services.talking.labels import found_in
from talkhub.services.talking.transcripts import time_of, waits
from talkhub.store.queries.analytics import Period
from talkhub.store.statements import rows as statements
from talkhub.store.uow import UnitOfWork


class ConversationRow(NamedTuple):
    """A conversation with all that is counted of it, each as docs/metrics.md says."""

    conversation_id: str
    session_id: str
    part: int
    user_id: str
    channel: str
    source: str
    status: str
    completion_status: str | None
    started_at: datetime
    last_message_at: datetime
    ended_at: datetime | None
    message_count: int
    user_message_count: int
    duration_seconds: float
    response_count: int
    average_response_seconds: float | None
    first_response_seconds: float | None
    language: str | None
    intent: str | None
    sentiment: str | None
    sentiment_score: float | None
    topics: list[str]
    labels: list[str]
    markers: list[str]
    is_analysed: bool
    is_corrected: bool
    outcome: str | None
    resolution: str | None
    urgency: str | None
    trajectory: str | None
    answer_promised: bool
    handoff_requested: bool
    handoff_done: bool
    bot_failed: bool
    unanswered_questions: int
    satisfaction_estimate: float | None


class MessageRow(NamedTuple):
    """A message. `waited_seconds` is how long the person had waited when it answered them."""

    conversation_id: str
    user_id: str
    channel: str
    position: int
    message_id: str
    external_id: str | None
    role: str
    kind: str
    content: str
    sent_at: datetime
    waited_seconds: float | None
    is_edited: bool
    is_revoked: bool
    reactions: list[str]
    sentiment: str | None
    sentiment_score: float | None
    intent: str | None
    is_corrected: bool


class ProfileRow(NamedTuple):
    """A person, with the statistics of all their conversations."""

    user_id: str
    name: str | None
    phone: str | None
    email: str | None
    locale: str | None
    timezone: str | None
    labels: list[str]
    memory_opt_out: bool
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    total_conversations: int
    total_messages: int
    average_response_time: float | None
    preferred_topics: list[str]
    preferred_intents: list[str]
    created_at: datetime
    updated_at: datetime


class AuditRow(NamedTuple):
    """An entry of the audit trail. `detail` is JSON; `position` and `seal` its place in the chain.

    These are None for the minute until it is sealed.
    """

    id: int
    at: datetime
    actor: str
    action: str
    subject: str | None
    detail: str
    address: str | None
    position: int | None
    seal: str | None


Row = Sequence[Any]
RowType = type[ConversationRow] | type[MessageRow] | type[ProfileRow] | type[AuditRow]


def conversation_rows(uow: UnitOfWork, ids: Sequence[int]) -> Sequence[Row]:
    """Return the rows of conversations, those that began last first."""
    return _read(uow, statements.CONVERSATION_ROWS, ids)


def profile_rows(uow: UnitOfWork, ids: Sequence[int]) -> Sequence[Row]:
    """Return the rows of people, the newest profile first."""
    return _read(uow, statements.PROFILE_ROWS, ids)


def audit_rows(
    uow: UnitOfWork, periods: Sequence[Period], *, after: int, limit: int
) -> Sequence[Row]:
    """Return the next entries of the trail behind an id that were written in all the periods."""
    starts = [period.start for period in periods if period.start is not None]
    ends = [period.end for period in periods if period.end is not None]
    params = {
        "workspace_id": uow.workspace_id,
        "after": after,
        "limit": limit,
        "start": max(starts, default=None),
        "end": min(ends, default=None),
    }
    return uow.run(statements.AUDIT_ROWS, params).all()


def message_rows(uow: UnitOfWork, ids: Sequence[int]) -> Sequence[Row]:
    """Return the rows of conversations' messages, in each transcript's order."""
    return [row for one in _read(uow, statements.TRANSCRIPTS, ids) for row in _messages(one)]


def _read(uow: UnitOfWork, statement: str, ids: Sequence[int]) -> Sequence[Row]:
    params = {"workspace_id": uow.workspace_id, "ids": list(ids)}
    return uow.run(statement, params).all() if ids else []


def _messages(transcript: Row) -> Iterator[MessageRow]:
    conversation_id, user_id, channel, messages, found, said = transcript
    corrected: dict[str, dict[str, str]] = {}
    for message_id, field, value in said or ():
        corrected.setdefault(message_id, {})[field] = value
    analysed = {it["message_id"]: it for it in found or ()}
    times = [time_of(message) for message in messages]
    waited = waits(messages, times)
    for position, message in enumerate(messages):
        message_id = str(message.get("id", ""))
        mood = {**analysed.get(message_id, {}), **found_in(corrected.get(message_id, {}))}
        intents = mood.get("intents")
        yield MessageRow(
            conversation_id=conversation_id,
            user_id=user_id,
            channel=channel,
            position=position,
            message_id=message_id,
            external_id=message.get("external_id"),
            role=message["role"],
            kind=message.get("kind", "text"),
            content=str(message.get("content") or ""),
            sent_at=times[position],
            waited_seconds=waited[position],
            is_edited="edited_at" in message,
            is_revoked="revoked_at" in message,
            reactions=[str(reaction["emoji"]) for reaction in message.get("reactions", ())],
            sentiment=mood.get("sentiment"),
            sentiment_score=mood.get("score"),
            # The leading one; of equally sure ones that which was named first.
            intent=max(intents, key=lambda pair: pair[1])[0] if intents else None,
            is_corrected=bool(mood.get("is_corrected")),
        )
