"""Calls between people and agents, what their browsers tell each other, and who may embed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt, Scoped


class Call(Scoped, Base):
    """A call from a page to whoever answers in the dashboard; its person is its session's.

    `connected_at` is when the first side heard the other's browser. `rings_until` and when each
    side was last seen are by PostgreSQL's clock. `agrees_to_recording` is None where the caller
    was not asked.
    """

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("workspace_id", "call_id"),
        CheckConstraint(
            "state in ('ringing', 'active', 'ended') and (state = 'ended') = (outcome is not null)"
            " and (state = 'ended') = (ended_at is not null)",
            name="state",
        ),
        Index(None, "workspace_id", "session_id"),
        Index("ix_calls_going_on", "workspace_id", "id", postgresql_where="state <> 'ended'"),
    )

    id: Mapped[BigId]
    call_id: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    ended_by: Mapped[str | None] = mapped_column(String(16))
    agent: Mapped[str | None] = mapped_column(String(255))
    agrees_to_recording: Mapped[bool | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    rings_until: Mapped[datetime]
    caller_seen_at: Mapped[datetime]
    agent_seen_at: Mapped[datetime | None]


class CallSignal(Scoped, Base):
    """What one side's browser tells the other's; deleted when the call ends."""

    __tablename__ = "call_signals"
    __table_args__ = (Index(None, "workspace_id", "call_number", "id"),)

    id: Mapped[BigId]
    call_number: Mapped[int] = mapped_column(BigInteger, ForeignKey("calls.id", ondelete="CASCADE"))
    side: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[str]


class CallPage(Scoped, Base):
    """The page that people call a workspace from: whether it is open, and what may embed it."""

    __tablename__ = "call_pages"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    page_key: Mapped[str] = mapped_column(String(64))
    is_open: Mapped[bool]
    origins: Mapped[list[str]]
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]
