"""One chat session with its conversations, and the ids of those in which people spoke last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from talkhub.store.queries.analytics import completion
from talkhub.store.tables.conversations import ChatSession, Conversation
from talkhub.store.uow import UnitOfWork

RECENT = 1_000
"""Among how many of the latest conversations an id is looked for."""


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """What is known of a conversation without its transcript."""

    conversation_id: str
    part: int
    status: str
    completion_status: str | None
    message_count: int
    started_at: datetime
    last_message_at: datetime
    language: str | None
    sentiment: str | None
    primary_intent: str | None
    topics: list[str]


@dataclass(frozen=True, slots=True)
class Session:
    """A chat session; `conversations` are its latest, oldest first."""

    session_id: str
    user_id: str
    user_data: Mapping[str, Any]
    platform: str
    status: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    conversations: tuple[ConversationFacts, ...]


def find_session(uow: UnitOfWork, session_id: str, *, conversations: int) -> Session | None:
    """Return a session of the workspace with its latest conversations, or None."""
    statement = select(
        ChatSession.session_id,
        ChatSession.user_id,
        ChatSession.user_data,
        ChatSession.platform,
        ChatSession.status,
        ChatSession.created_at,
        ChatSession.updated_at,
        ChatSession.closed_at,
        ChatSession.close_reason,
    ).where(ChatSession.workspace_id == uow.workspace_id, ChatSession.session_id == session_id)
    row = uow.execute(statement).mappings().first()
    if row is None:
        return None
    return Session(**row, conversations=_conversations(uow, session_id, conversations))


def existing_sessions(uow: UnitOfWork, session_ids: Collection[str]) -> frozenset[str]:
    """Return those of some ids that are a session's of the workspace."""
    statement = select(ChatSession.session_id).where(
        ChatSession.workspace_id == uow.workspace_id, ChatSession.session_id.in_(session_ids)
    )
    return frozenset(uow.execute(statement).scalars())


def sessions_of_conversations(uow: UnitOfWork, conversation_ids: Collection[str]) -> dict[str, str]:
    """Return the session of each conversation that the workspace has."""
    statement = select(Conversation.conversation_id, Conversation.session_id).where(
        Conversation.workspace_id == uow.workspace_id,
        Conversation.conversation_id.in_(conversation_ids),
    )
    return {row[0]: row[1] for row in uow.execute(statement)}


def recent_ids(
    uow: UnitOfWork,
    column: Literal["session_id", "conversation_id"],
    beginning: str,
    *,
    limit: int,
) -> tuple[str, ...]:
    """Return the ids that begin with a text among the latest conversations, newest first.

    These ids are random: nobody types the beginning of an old one, and an index of
    beginnings would cost every save.
    """
    recent = (
        select(Conversation.session_id, Conversation.conversation_id, Conversation.last_message_at)
        .where(Conversation.workspace_id == uow.workspace_id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(RECENT)
        .subquery()
    )
    wanted = recent.c[column]
    statement = (
        select(wanted)
        .where(func.starts_with(wanted, beginning))
        .group_by(wanted)
        .order_by(func.max(recent.c.last_message_at).desc(), wanted)
        .limit(limit)
    )
    return tuple(uow.execute(statement).scalars())


def _conversations(uow: UnitOfWork, session_id: str, limit: int) -> tuple[ConversationFacts, ...]:
    statement = (
        select(
            Conversation.conversation_id,
            Conversation.part,
            Conversation.status,
            completion().label("completion_status"),
            Conversation.message_count,
            Conversation.started_at,
            Conversation.last_message_at,
            Conversation.language,
            Conversation.sentiment,
            Conversation.primary_intent,
            Conversation.topics,
        )
        .where(Conversation.workspace_id == uow.workspace_id, Conversation.session_id == session_id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    latest = [ConversationFacts(**row) for row in uow.execute(statement).mappings()]
    return tuple(reversed(latest))
