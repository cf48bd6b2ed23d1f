"""Automatic replies: what they are found in, how a workspace wants them, what became of each."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Time,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class ReplySettings(Scoped, Base):
    """How a workspace wants automatic replies; without a row it wants none.

    `threshold` is what somebody set by hand; without one it is learned from what was judged.
    """

    __tablename__ = "reply_settings"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[str] = mapped_column(String(16))
    wording: Mapped[str] = mapped_column(String(16), server_default="quote")
    threshold: Mapped[float | None]
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_until: Mapped[time | None] = mapped_column(Time)
    daily_cap: Mapped[int]
    handoff_text: Mapped[str]
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]


class ReplySource(Scoped, Base):
    """A text that a workspace gave its replies to be found in, by the name that it gave it."""

    __tablename__ = "reply_sources"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(120))
    format: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[CreatedAt]


class ReplyPassage(Scoped, Base):
    """What a source says to one question; of a document the heading stands for the question."""

    __tablename__ = "reply_passages"
    __table_args__ = (Index(None, "workspace_id"), Index(None, "source_id"))

    id: Mapped[BigId]
    source_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("reply_sources.id", ondelete="CASCADE")
    )
    question: Mapped[str]
    answer: Mapped[str]


class Reply(HotScoped, Base):
    """What was decided about a person's message: due while `due_at` is set, then once for all.

    `source` and `question` say where `answer` comes from: also once the source is gone.
    A model is to write it while `writing` says so: `draft` is what it is asked, then what it wrote.
    `model` is set of an answer that it wrote, `trouble` says why it did not.
    """

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("workspace_id", "message_id"),
        Index(None, "conversation_id"),
        Index(None, "workspace_id", "created_at"),
        Index("ix_replies_due", "due_at", postgresql_where="due_at is not null"),
    )

    id: Mapped[BigId]
    conversation_id: Mapped[BigRef] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    message_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16), server_default="pending")
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    fence: Mapped[BigRef] = mapped_column(server_default="0")
    reason: Mapped[str | None] = mapped_column(String(32))
    answer: Mapped[str | None]
    source: Mapped[str | None] = mapped_column(String(120))
    question: Mapped[str | None]
    score: Mapped[float | None]
    threshold: Mapped[float | None]
    outbound_message_id: Mapped[int | None] = mapped_column(BigInteger)
    is_good: Mapped[bool | None]
    judged_by: Mapped[str | None] = mapped_column(String(255))
    judged_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[datetime | None]
    writing: Mapped[str | None] = mapped_column(String(16))
    draft: Mapped[JSONObject | None] = mapped_column(JSONB(none_as_null=True))
    model: Mapped[str | None] = mapped_column(String(255))
    trouble: Mapped[str | None] = mapped_column(String(32))
