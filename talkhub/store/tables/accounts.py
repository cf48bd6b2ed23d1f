"""Workspaces, the people who work in them, what they sign in with, and the audit trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class Agency(Base):
    """A firm that runs workspaces for its clients."""

    __tablename__ = "agencies"

    id: Mapped[BigId]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]


class Workspace(Base):
    """One client's conversations, profiles, channels and keys: the tenant.

    `session_idle_minutes` is None where the setting's value holds, a quota where there is none.
    What is closed is deleted by the schedule, and nobody enters it any more.
    """

    __tablename__ = "workspaces"

    id: Mapped[BigId]
    agency_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agencies.id"))
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="America/Sao_Paulo")
    session_idle_minutes: Mapped[int | None]
    requires_second_factor: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]
    chose_timezone: Mapped[bool] = mapped_column(server_default="false")
    masks_numbers: Mapped[bool] = mapped_column(server_default=text("false"))
    requests_per_minute: Mapped[int | None]
    messages_per_month: Mapped[int | None]
    people_per_month: Mapped[int | None]


class User(Base):
    """Someone who signs in to the dashboard.

    `alone_since` is since when they have belonged to no workspace or agency, as the schedule saw.
    """

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", text("lower(email)"), unique=True),)

    id: Mapped[BigId]
    username: Mapped[str] = mapped_column(String(255), unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(16), server_default="pt-BR")
    created_at: Mapped[CreatedAt]
    disabled_at: Mapped[datetime | None]
    alone_since: Mapped[datetime | None]


class Membership(Base):
    """What a user may do in a workspace: owner, admin, analyst or viewer.

    `via_agency` marks those that agency admins have in each of their agency's workspaces.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role in ('owner', 'admin', 'analyst', 'viewer')", name="role"),
    )

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[CreatedAt]
    via_agency: Mapped[bool] = mapped_column(server_default="false")


class Token(Scoped, Base):
    """An issued token, by its `jti`; revoking it takes effect everywhere within 5 s."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index("ix_tokens_revoked", "revoked_at", postgresql_where="revoked_at is not null"),
        Index(None, "family"),
        Index(None, "workspace_id"),
    )

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    family: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(255))
    issued_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None]


class RefreshToken(Scoped, Base):
    """What a further access token is got with, once; only its hash is kept.

    A used one that is shown again was stolen, or its successor was: the whole family
    of tokens is revoked then.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index(None, "family"),
        Index(None, "expires_at"),
        Index(None, "workspace_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(255))
    name: Mapped[str]
    scopes: Mapped[list[str]]
    audience: Mapped[str]
    client_id: Mapped[str | None]
    issued_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key that tokens name by its `kid`; the key itself is derived, never stored.

    `secret_id` names the JWT_SECRET that it is derived from.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index(
            "uq_signing_keys_current",
            "secret_id",
            unique=True,
            postgresql_where="retired_at is null",
        ),
    )

    kid: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_id: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[CreatedAt]
    retired_at: Mapped[datetime | None]


class HashingKey(Base):
    """A key of hashes that are kept for good, encrypted; see `store/hashing_keys.py`."""

    __tablename__ = "hashing_keys"

    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    key_encrypted: Mapped[bytes]
    created_at: Mapped[CreatedAt]


class ApiKey(Scoped, Base):
    """A long-lived key of a workspace; only its hash is kept.

    `hint` are its first characters, by which its owner knows it; `replaced_by` is the
    key that it was rotated to.
    """

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    created_at: Mapped[CreatedAt]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    hint: Mapped[str] = mapped_column(String(16), server_default="")
    created_by: Mapped[str] = mapped_column(String(255), server_default="")
    expires_at: Mapped[datetime | None]
    replaced_by: Mapped[BigRef | None]


class ChannelAccount(Scoped, Base):
    """One account at a provider: a WhatsApp number, a Telegram bot, a UChat flow.

    The secrets prove the provider to us; the credentials prove us to the provider.
    """

    __tablename__ = "channels"
    __table_args__ = (
        UniqueConstraint("workspace_id", "kind", "external_account_id"),
        Index("ix_channels_account", "kind", "external_account_id"),
    )

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    public_token: Mapped[str] = mapped_column(String(64), unique=True)
    external_account_id: Mapped[str | None] = mapped_column(String(255))
    secrets_encrypted: Mapped[bytes]
    previous_secrets: Mapped[bytes | None]
    credentials_encrypted: Mapped[bytes | None]
    key_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    paused_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class AuditEntry(Scoped, Base):
    """Who did what to what, written in the change's own transaction.

    `seal` is the link of the hash chain and `position` its place; NULL until the entry is
    sealed. Reading a transcript, or what a bot is told, is written down once an hour for
    each reader.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "workspace_id", "id"),
        Index(
            "uq_audit_entries_reading",
            "workspace_id",
            "actor",
            "subject",
            text("date_trunc('hour'::text, (at AT TIME ZONE 'UTC'::text))"),
            unique=True,
            postgresql_where="action = 'transcript.read'",
        ),
        Index("uq_audit_entries_position", "workspace_id", "position", unique=True),
        Index("ix_audit_entries_unsealed", "workspace_id", "id", postgresql_where="seal is null"),
    )

    id: Mapped[BigId]
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(255))
    detail: Mapped[JSONObject] = mapped_column(server_default="{}")
    address: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[CreatedAt]
    seal: Mapped[bytes | None]
    position: Mapped[BigRef | None]


class AuditChain(Scoped, Base):
    """How long a workspace's sealed trail is and how it ends; `mark` proves both."""

    __tablename__ = "audit_chains"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    entries: Mapped[BigRef] = mapped_column(server_default="0")
    seal: Mapped[bytes] = mapped_column(server_default="")
    mark: Mapped[bytes] = mapped_column(server_default="")
    sealed_at: Mapped[datetime | None]


class IdempotencyKey(HotScoped, Base):
    """The answer once given under a caller's key, for retries of the same request."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "expires_at"),)

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    principal: Mapped[str] = mapped_column(String(255), primary_key=True)
    tool: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes]
    answer: Mapped[JSONObject]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
