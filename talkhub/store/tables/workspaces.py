"""Who administers an agency's workspaces, who is invited to one, and how much it is used."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, Scoped

IS_A_ROLE = "role in ('owner', 'admin', 'analyst', 'viewer')"


class AgencyMember(Base):
    """An admin of an agency, and so of each of its workspaces."""

    __tablename__ = "agency_members"

    agency_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("agencies.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[CreatedAt]


class Invitation(Scoped, Base):
    """A link that makes whoever opens it first a member; only the hash of its secret is kept."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(IS_A_ROLE, name="role"),
        Index(None, "workspace_id"),
    )

    id: Mapped[BigId]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(255))
    invited_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class UsageCount(HotScoped, Base):
    """How many events or requests a workspace had on a day of UTC."""

    __tablename__ = "usage_counts"

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[BigRef]
