"""How people sign in to the dashboard, and the browsers in which they are signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt


class BrowserSession(Base):
    """A browser in which a user is signed in, and the workspace that it looks at.

    `token_id` stands in its cookie. What it may is never kept: the user's role says so.
    """

    __tablename__ = "browser_sessions"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "workspace_id"),
        Index(None, "expires_at"),
    )

    id: Mapped[BigId]
    token_id: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE")
    )
    method: Mapped[str] = mapped_column(String(20))
    user_agent: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[CreatedAt]
    last_active_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SecondFactor(Base):
    """What a user proves themselves with beside the password; in force once it is confirmed.

    `last_step` is the newest half minute whose code was taken: no code is taken twice.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    secret_encrypted: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(String(32))
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[CreatedAt]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """What stands in, once, for a second factor that was lost; only its hash is kept."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class LoginAttempt(Base):
    """A failed attempt to sign in or to exchange the admin secret; lockouts count these."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index(None, "kind", "attempted_at"),)

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(255))
    address: Mapped[str] = mapped_column(String(64))
    attempted_at: Mapped[CreatedAt]
