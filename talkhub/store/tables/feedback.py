"""What callers tell beside conversations: custom events, and the scores that people gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped


class CustomEvent(HotScoped, Base):
    """That a person did something which a caller has a name for: a step of a funnel.

    `value` is what the caller counts with it: a price, a quantity. `session_id` is the
    caller's word: the session may come later, or never.
    """

    __tablename__ = "custom_events"
    __table_args__ = (
        Index(None, "workspace_id", "name", "occurred_at"),
        Index(None, "workspace_id", "profile_id"),
    )

    id: Mapped[BigId]
    profile_id: Mapped[BigRef]
    user_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str | None] = mapped_column(String(255))
    value: Mapped[float | None]
    occurred_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class Score(HotScoped, Base):
    """What a person answered when they were asked: CSAT from 1 to 5, NPS from 0 to 10."""

    __tablename__ = "scores"
    __table_args__ = (
        CheckConstraint(
            "kind = 'csat' and score between 1 and 5 or kind = 'nps' and score between 0 and 10",
            name="scale",
        ),
        Index(None, "workspace_id", "occurred_at"),
        Index(None, "workspace_id", "profile_id"),
    )

    id: Mapped[BigId]
    profile_id: Mapped[BigRef]
    user_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(8))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None]
    session_id: Mapped[str | None] = mapped_column(String(255))
    conversation_id: Mapped[str | None] = mapped_column(String(255))
    occurred_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]
