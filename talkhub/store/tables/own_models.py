"""A workspace's own intents and topics, and the models that were learned from them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt, JSONObject, Scoped


class OwnLabel(Scoped, Base):
    """An intent or topic of a workspace's own, with phrases that mean it, masked."""

    __tablename__ = "own_labels"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(8))
    phrases: Mapped[list[str]]
    author: Mapped[str] = mapped_column(String(255))
    updated_at: Mapped[CreatedAt]


class OwnModel(Scoped, Base):
    """A version of what was learned of the own labels; at most one is in use.

    `arrays` hold no text and nothing that is executed. `due_at` says that it is still to be
    learned.
    """

    __tablename__ = "own_models"
    __table_args__ = (
        UniqueConstraint("workspace_id", "version"),
        Index(
            "uq_own_models_active",
            "workspace_id",
            unique=True,
            postgresql_where="is_active",
        ),
        Index("ix_own_models_due", "due_at", postgresql_where="state = 'pending'"),
    )

    id: Mapped[BigId]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), server_default="pending")
    is_active: Mapped[bool] = mapped_column(server_default="false")
    author: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[CreatedAt]
    trained_at: Mapped[datetime | None]
    arrays: Mapped[bytes | None]
    report: Mapped[JSONObject | None] = mapped_column(JSONB(none_as_null=True))
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
