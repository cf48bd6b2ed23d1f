"""What a language model read in conversations: who wants that, what is due, what it cost."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class EnrichmentConsent(Scoped, Base):
    """Whether a workspace lets a language model read conversations, and which ones."""

    __tablename__ = "enrichment_consents"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    is_given: Mapped[bool]
    covers: Mapped[str] = mapped_column(String(16))
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]


class Enrichment(HotScoped, Base):
    """What a model read in a conversation, or is to read: due while `due_at` is set.

    `transcript` is the fingerprint of the conversation that it is about: of one that changed
    since then it says nothing. `content` is the digest of what the model was asked: the same
    question is not paid for twice.
    """

    __tablename__ = "enrichments"
    __table_args__ = (
        # In this order it also finds what goes with a conversation that is deleted.
        UniqueConstraint("conversation_id", "workspace_id"),
        Index("ix_enrichments_due", "due_at", postgresql_where="due_at is not null"),
        Index(
            "ix_enrichments_content",
            "workspace_id",
            "content",
            postgresql_where="state = 'done'",
        ),
        Index(None, "workspace_id"),
    )

    id: Mapped[BigId]
    conversation_id: Mapped[BigRef] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    transcript: Mapped[bytes]
    state: Mapped[str] = mapped_column(String(16), server_default="pending")
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    fence: Mapped[BigRef] = mapped_column(server_default="0")
    content: Mapped[bytes | None]
    model: Mapped[str | None] = mapped_column(String(255))
    result: Mapped[JSONObject | None]
    tokens_sent: Mapped[int] = mapped_column(server_default="0")
    tokens_received: Mapped[int] = mapped_column(server_default="0")
    is_repeated: Mapped[bool] = mapped_column(server_default="false")
    trouble: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[CreatedAt]
    settled_at: Mapped[datetime | None]


class EnrichmentUsage(HotScoped, Base):
    """What a workspace's calls of one day took, counted before each call."""

    __tablename__ = "enrichment_usage"
    __table_args__ = (Index(None, "day"),)

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]
    tokens: Mapped[BigRef]
    micros: Mapped[BigRef]


class EnrichmentEndpoint(Base):
    """How a model's interface fares, whoever calls it: failures in a row, and what it takes.

    While `closed_until` is ahead, nobody calls; then one call tries whether it is back.
    """

    __tablename__ = "enrichment_endpoints"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    form: Mapped[str] = mapped_column(String(16), server_default="schema")
    failures: Mapped[int] = mapped_column(server_default="0")
    closed_until: Mapped[datetime | None]
    updated_at: Mapped[CreatedAt]
