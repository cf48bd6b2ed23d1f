"""A workspace's CRMs: how they are reached, by which rules they are told, what they keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, CreatedAt, JSONObject, Scoped


class CRMConnector(Scoped, Base):
    """A CRM that a workspace is connected with.

    `address` is the company's name at Pipedrive and the URL of a generic one. `fields` names the
    CRM's property for what else of a person goes there. `prepared` is what the CRM told when it was
    asked to make room for our ids; None until then. Until `paused_until` the CRM wants rest, and
    what is claimed by now keeps it busy until `paced_until`. Since `refused_at` it does not let us
    in. Where a token is good for a while, a session is kept, and one at a time asks for the next.
    Whose changes are taken over `hears` says, and the address with `public_token` is where they
    are told. `heard_at` is when a proved webhook came last, to the minute.
    """

    __tablename__ = "crm_connectors"
    __table_args__ = (Index(None, "workspace_id"), UniqueConstraint("public_token"))

    id: Mapped[BigId]
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(server_default="")
    credentials_encrypted: Mapped[bytes]
    fields: Mapped[JSONObject] = mapped_column(server_default="{}")
    prepared: Mapped[JSONObject | None]
    public_token: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    paused_until: Mapped[datetime | None]
    paced_until: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    session_encrypted: Mapped[bytes | None]
    session_until: Mapped[datetime | None]
    signing_in_until: Mapped[datetime | None]
    hears: Mapped[str] = mapped_column(String(10), server_default="nothing")
    webhook_secret_encrypted: Mapped[bytes | None]
    heard_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class CRMRule(Scoped, Base):
    """When a CRM is told what. Empty `sentiments` and `intents` ask for nothing.

    `text` is a note's body or a deal's title, with variables; `pipeline` and `stage` are the CRM's
    names for where a deal begins.
    """

    __tablename__ = "crm_rules"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    connector_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("crm_connectors.id", ondelete="CASCADE")
    )
    event: Mapped[str] = mapped_column(String(64))
    sentiments: Mapped[list[str]] = mapped_column(server_default="{}")
    intents: Mapped[list[str]] = mapped_column(server_default="{}")
    action: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(server_default="")
    pipeline: Mapped[str] = mapped_column(String(64), server_default="")
    stage: Mapped[str] = mapped_column(String(64), server_default="")
    created_at: Mapped[CreatedAt]


class CRMRecord(Scoped, Base):
    """What a CRM keeps of a person for us, and under which id; None until it told that.

    A `slot` is filled once: the contact, and for each rule a person or a conversation. `seen` is
    what the CRM was told or said last, and how it writes what it is told. An `adopted` contact was
    there before us.
    """

    __tablename__ = "crm_records"
    __table_args__ = (
        UniqueConstraint("connector_id", "profile_id", "slot"),
        Index(None, "connector_id", "external_id"),
        Index(None, "workspace_id", "profile_id"),
        Index(None, "profile_id"),
    )

    id: Mapped[BigId]
    connector_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("crm_connectors.id", ondelete="CASCADE")
    )
    profile_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_profiles.id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(String(20))
    slot: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(255))
    adopted: Mapped[bool] = mapped_column(server_default="false")
    seen: Mapped[JSONObject] = mapped_column(server_default="{}")
    created_at: Mapped[CreatedAt]
    synced_at: Mapped[datetime | None]
