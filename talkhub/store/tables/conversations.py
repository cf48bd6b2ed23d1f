"""Sessions, conversations with their transcripts, and the index of single messages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject


class ChatSession(HotScoped, Base):
    """A person's contact on one platform, from the first message until it ends or falls silent."""

    __tablename__ = "chat_sessions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "session_id"),
        Index(
            "ix_chat_sessions_active",
            "workspace_id",
            "profile_id",
            "platform",
            postgresql_where="status = 'active'",
        ),
    )

    id: Mapped[BigId]
    session_id: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[str] = mapped_column(String(255))
    user_data: Mapped[JSONObject] = mapped_column(server_default="{}")
    platform: Mapped[str] = mapped_column(String(100), server_default="unknown")
    status: Mapped[str] = mapped_column(String(50), server_default="active")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    profile_id: Mapped[BigRef]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    conversation_count: Mapped[int] = mapped_column(server_default="0")
    last_message_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(32))


EMPTIED: Final = "erased"
"""The source of a conversation that was deleted or whose person was: figures alone count it."""


class Conversation(HotScoped, Base):
    """A transcript and what is known of it.

    `messages` is the truth; the counts and times beside it are computed from it with
    every write. `analysis_due_at` says that the analysis must run (again); language,
    sentiment, intent, outcome, topics and response times (in milliseconds) are its current
    values, for filters and figures; `stems` is what its messages are found by, and holds unless
    the analysis is due. `lease_until` is how long a drain has for renewing an analysis of an
    older version. A transcript that is full goes on in a further row, whose `part` is one higher.
    `review_priority` says how much somebody had better look at the analysis, None if nobody need.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("workspace_id", "conversation_id"),
        Index(None, "workspace_id", "session_id"),
        Index(None, "workspace_id", "profile_id", "last_message_at"),
        Index(None, "workspace_id", "started_at"),
        Index("ix_conversations_recent", "workspace_id", "last_message_at", "id"),
        Index(
            "ix_conversations_analysis_due",
            "analysis_due_at",
            postgresql_where="analysis_due_at is not null",
        ),
        Index(
            "ix_conversations_analysed_version",
            "analysed_version",
            "last_message_at",
            postgresql_where="analysis_due_at is null",
        ),
        Index(
            "ix_conversations_without_stems",
            "workspace_id",
            "id",
            postgresql_where="stems is null and analysis_due_at is null",
        ),
        Index(
            "ix_conversations_to_review",
            "workspace_id",
            "review_priority",
            "id",
            postgresql_where="review_priority is not null",
        ),
    )

    id: Mapped[BigId]
    conversation_id: Mapped[str] = mapped_column(String(255))
    session_id: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[str] = mapped_column(String(255))
    messages: Mapped[list[JSONObject]] = mapped_column(server_default="[]")
    intent_analysis: Mapped[JSONObject] = mapped_column(server_default="{}")
    metadata_: Mapped[JSONObject] = mapped_column("metadata", server_default="{}")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    profile_id: Mapped[BigRef]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    platform: Mapped[str] = mapped_column(String(100), server_default="unknown")
    source: Mapped[str] = mapped_column(String(16))
    part: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    fingerprint: Mapped[bytes]
    status: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    last_message_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    message_count: Mapped[int]
    user_message_count: Mapped[int]
    response_count: Mapped[int]
    response_ms_total: Mapped[BigRef]
    response_times: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    language: Mapped[str | None] = mapped_column(String(8))
    sentiment: Mapped[str | None] = mapped_column(String(16))
    sentiment_score: Mapped[float | None]
    primary_intent: Mapped[str | None] = mapped_column(String(32))
    topics: Mapped[list[str]] = mapped_column(server_default="{}")
    outcome: Mapped[str | None] = mapped_column(String(16))
    analysed_version: Mapped[str | None] = mapped_column(String(32))
    stems: Mapped[bytes | None]
    analysis_due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[BigRef] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    review_priority: Mapped[float | None]


class MessageIndex(HotScoped, Base):
    """One small row a message, derived from the transcripts and rebuildable from them.

    Rows with an external id are written with the append: their uniqueness is what
    keeps a redelivered message out. `source` names the account the id is unique in;
    `event_id` is the inbox' event that brought the message, and `answer_address` where an
    answer goes beside the person's id: it is still known when the event is deleted.
    """

    __tablename__ = "message_index"
    __table_args__ = (
        Index(
            "uq_message_index_external",
            "workspace_id",
            "source",
            "external_message_id",
            unique=True,
            postgresql_where="external_message_id is not null",
        ),
        Index(None, "workspace_id", "profile_id", "sent_at"),
        Index(
            "ix_message_index_alias",
            "workspace_id",
            "source",
            "alias",
            postgresql_where="alias is not null",
        ),
    )

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    conversation_id: Mapped[BigRef] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    profile_id: Mapped[BigRef]
    position: Mapped[int]
    role: Mapped[str] = mapped_column(String(16))
    sent_at: Mapped[datetime]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(64))
    external_message_id: Mapped[str | None] = mapped_column(String(255))
    alias: Mapped[str | None] = mapped_column(String(255))
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    answer_address: Mapped[JSONObject | None]
    delivery_state: Mapped[str | None] = mapped_column(String(16))


class MessageChange(HotScoped, Base):
    """What an event said of a message that another event brings: an edit, a reaction, a status.

    `target` is the message's external id or alias within `source`. The message is what it
    was when it was sent with all of its changes applied, so their order does not matter;
    a change whose message is not there yet waits here for it.
    """

    __tablename__ = "message_changes"
    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id"),
        Index(None, "workspace_id", "source", "target"),
    )

    id: Mapped[BigId]
    event_id: Mapped[BigRef]
    source: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(255))
    value: Mapped[JSONObject]
    at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
