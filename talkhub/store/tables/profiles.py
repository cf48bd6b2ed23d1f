"""People: their profile, the ids they are known by, what changed and what is known of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class Profile(Scoped, Base):
    """A person. `user_id` is the id a caller or provider knows them by.

    `id` stays within 32 bits (its sequence ends there): it is the person's number
    in bitmaps. `stats_due_at` says that `interaction_stats` must be recomputed, `held_at` that
    a duty keeps the data: nobody erases them.
    """

    __tablename__ = "user_profiles"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id"),
        Index(
            "ix_user_profiles_stats_due",
            "stats_due_at",
            postgresql_where="stats_due_at is not null",
        ),
        Index("ix_user_profiles_last_seen", "workspace_id", "last_seen_at"),
        # For beginnings; the unique index serves them only where the database sorts as C does.
        Index(
            "ix_user_profiles_beginning",
            "workspace_id",
            "user_id",
            postgresql_ops={"user_id": 'collate "C"'},
        ),
    )

    id: Mapped[BigId]
    user_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(50))
    email: Mapped[str | None] = mapped_column(String(255))
    preferences: Mapped[JSONObject] = mapped_column(server_default="{}")
    interaction_stats: Mapped[JSONObject] = mapped_column(server_default="{}")
    tags: Mapped[list[str]] = mapped_column(server_default="{}")
    custom: Mapped[JSONObject] = mapped_column(server_default="{}")
    locale: Mapped[str | None] = mapped_column(String(35))
    timezone: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(server_default="1")
    first_seen_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    memory_opt_out: Mapped[bool] = mapped_column(server_default="false")
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_profiles.id"))
    erased_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    stats_due_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Identity(Scoped, Base):
    """Something a person is recognised by: a phone, an e-mail, a provider's id."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "kind", "value", "channel_id", postgresql_nulls_not_distinct=True
        ),
        Index(None, "profile_id"),
    )

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(255))
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    profile_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    created_at: Mapped[CreatedAt]


class ProfileChange(Scoped, Base):
    """One change of a profile: `{field: {"before": …, "after": …}}`."""

    __tablename__ = "profile_changes"
    __table_args__ = (Index(None, "profile_id", "id"), Index(None, "workspace_id"))

    id: Mapped[BigId]
    profile_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    source: Mapped[str] = mapped_column(String(32))
    changes: Mapped[JSONObject]
    changed_at: Mapped[CreatedAt]


class ProfileFact(Scoped, Base):
    """Something known of a person, with the message that says so and how long it held.

    Each row is one saying: of one slot the latest holds. `valid_to` follows from the rows of the
    slot and from `expires_at`, and is recomputed with every change; it equals `valid_from` where
    a saying only repeats the one before it. A dismissed one has no value left and stays, so that
    its message does not bring it back. `user_id` is the id under which it was learned.
    """

    __tablename__ = "profile_facts"
    __table_args__ = (
        Index("ix_profile_facts_slot", "workspace_id", "profile_id", "slot", "valid_from"),
        Index(
            "uq_profile_facts_rule",
            "workspace_id",
            "conversation_id",
            "message_id",
            "slot",
            unique=True,
            postgresql_where="source = 'rule'",
        ),
    )

    id: Mapped[BigId]
    profile_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(32))
    value: Mapped[str]
    confidence: Mapped[float]
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    user_id: Mapped[str] = mapped_column(String(255))
    slot: Mapped[str] = mapped_column(String(64))
    quote: Mapped[str]
    source: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]


class Tombstone(HotScoped, Base):
    """The keyed hash of an erased identity, so that a replay does not bring it back."""

    __tablename__ = "tombstones"

    workspace_id: Mapped[BigRef] = mapped_column(primary_key=True, sort_order=-1)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    erased_at: Mapped[CreatedAt]
