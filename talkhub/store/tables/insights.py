"""What was found out: analyses, corrections, and the hours to count again because of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class AnalysisRecord(HotScoped, Base):
    """An analysis of a conversation by one version of one source, message by message."""

    __tablename__ = "conversation_analyses"
    __table_args__ = (
        UniqueConstraint("workspace_id", "conversation_id", "analyser_version", "source"),
    )

    id: Mapped[BigId]
    conversation_id: Mapped[BigRef] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    analyser_version: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(16))
    result: Mapped[JSONObject]
    analysed_at: Mapped[CreatedAt]


class Correction(Scoped, Base):
    """A person's word against the analyser's, for one message or a whole conversation.

    Of those that are not undone the last one counts; `previous` is what counted before it. `review`
    says which of what was to be looked at it answers, None what was said unasked.
    """

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "conversation_id"), Index(None, "workspace_id", "id"))

    id: Mapped[BigId]
    conversation_id: Mapped[BigRef] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    message_id: Mapped[str | None] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(32))
    value: Mapped[str]
    previous: Mapped[str | None]
    author: Mapped[str] = mapped_column(String(255))
    review: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[CreatedAt]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(255))


class IntentHabits(HotScoped, Base):
    """What the people of a workspace come for after what, and how right predictions by it are."""

    __tablename__ = "intent_habits"

    workspace_id: Mapped[BigRef] = mapped_column(
        primary_key=True, autoincrement=False, sort_order=-1
    )
    follows: Mapped[JSONObject]
    accuracy: Mapped[JSONObject]
    counted_at: Mapped[datetime]


class DirtyBucket(HotScoped, Base):
    """An hour whose statistics must be recomputed. Insert only: no row is ever waited for."""

    __tablename__ = "dirty_buckets"

    id: Mapped[BigId]
    hour: Mapped[datetime]
