"""The rules of alerts, and what they found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, Scoped


class AlertRule(Scoped, Base):
    """When to raise an alert, and how it stands.

    It fires once its value has reached `threshold` for `hold_minutes`, and is over once it has
    reached `clears_at` for as long; `turning_since` is since when it would do the one or the other.
    """

    __tablename__ = "alert_rules"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    direction: Mapped[str] = mapped_column(String(8))
    threshold: Mapped[float]
    clears_at: Mapped[float]
    window_minutes: Mapped[int]
    hold_minutes: Mapped[int]
    minimum: Mapped[int]
    is_enabled: Mapped[bool] = mapped_column(server_default="true")
    is_fired: Mapped[bool] = mapped_column(server_default="false")
    turning_since: Mapped[datetime | None]
    value: Mapped[float | None]
    checked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Alert(Scoped, Base):
    """That a rule fired, and when it was over. A rule has one open, and its history outlives it."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(None, "workspace_id", "id"),
        Index("uq_alerts_open", "rule_id", unique=True, postgresql_where="cleared_at is null"),
    )

    id: Mapped[BigId]
    rule_id: Mapped[BigRef]
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(24))
    threshold: Mapped[float]
    fired_at: Mapped[CreatedAt]
    fired_value: Mapped[float]
    cleared_at: Mapped[datetime | None]
    cleared_value: Mapped[float | None]
