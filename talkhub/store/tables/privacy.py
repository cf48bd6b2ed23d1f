"""What the law asks a workspace to decide and to prove."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt, Scoped


class RetentionRule(Scoped, Base):
    """For how many days a workspace keeps a class of data; without a row as long as ever."""

    __tablename__ = "keeping_rules"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    data_class: Mapped[str] = mapped_column(String(20), primary_key=True)
    days: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]


class ConsentText(Scoped, Base):
    """What people are asked to agree to for a purpose; a new wording is a new version."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("workspace_id", "purpose", "version"),)

    id: Mapped[BigId]
    purpose: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    body: Mapped[str]
    created_by: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[CreatedAt]


class Consent(Scoped, Base):
    """That a person agreed to a purpose or withdrew it, and how that is known: never changed.

    `message_id` is the provider's id of the message that says so. Of a purpose the last one holds.
    """

    __tablename__ = "consents"
    __table_args__ = (Index(None, "workspace_id", "profile_id", "purpose", "id"),)

    id: Mapped[BigId]
    profile_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    purpose: Mapped[str] = mapped_column(String(20))
    is_given: Mapped[bool]
    text_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("consent_texts.id"))
    channel: Mapped[str | None] = mapped_column(String(20))
    message_id: Mapped[str | None] = mapped_column(String(255))
    noted_by: Mapped[str] = mapped_column(String(255))
    at: Mapped[datetime]


class OptOutWords(Scoped, Base):
    """The messages by which people say that they want to hear no more; without a row our own.

    `in_saved` says whether they count in conversations that callers save, too. Where they
    `are_ours`, ours count as they are then, and not as they were written down.
    """

    __tablename__ = "opt_out_words"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[list[str]]
    in_saved: Mapped[bool] = mapped_column(server_default=text("false"))
    are_ours: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]


class SubjectRequest(Scoped, Base):
    """What a person asked for under the law, until when it is due, and what became of it.

    Of an erased person it stays as proof: kind, times, who handled it and the receipt, without
    what tells whose it was. `identifier` is whom it is about as long as nobody knows the profile.
    """

    __tablename__ = "subject_requests"
    __table_args__ = (
        Index(None, "workspace_id", "due_at", postgresql_where=text("closed_at is null")),
        Index(None, "workspace_id", "profile_id"),
    )

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    profile_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_profiles.id"))
    identifier: Mapped[str | None] = mapped_column(String(255))
    asked_by: Mapped[str | None] = mapped_column(String(255))
    channel: Mapped[str | None] = mapped_column(String(60))
    details: Mapped[str | None]
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    correction_id: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(255))
    handled_by: Mapped[str | None] = mapped_column(String(255))
    closed_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    receipt: Mapped[str | None] = mapped_column(String(64))


class SubjectRequestDays(Scoped, Base):
    """In how many days a workspace answers a kind of request; without a row as the law says."""

    __tablename__ = "subject_request_days"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    days: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[CreatedAt]
