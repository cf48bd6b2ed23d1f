"""What came in and what goes out: the inbox and the outbox."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from talkhub.store.base import Base, BigId, BigRef, CreatedAt, HotScoped, JSONObject, Scoped


class InboundEvent(HotScoped, Base):
    """A provider's event, stored before it is answered. `raw` is the truth.

    `source` names the account within which `external_id` is unique. `profile_id` is whose the
    event is, under the id that it names, once it is settled.
    """

    __tablename__ = "inbound_events"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("ix_inbound_events_due", "due_at", postgresql_where="state = 'pending'"),
        Index("ix_inbound_events_recent", "workspace_id", "id"),
        Index("ix_inbound_events_dead", "workspace_id", "id", postgresql_where="state = 'dead'"),
        Index("ix_inbound_events_settled", "done_at", postgresql_where="done_at is not null"),
        Index(
            "ix_inbound_events_of_person",
            "workspace_id",
            "profile_id",
            postgresql_where="profile_id is not null",
        ),
    )

    id: Mapped[BigId]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    platform: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(64))
    raw: Mapped[bytes | None]
    payload: Mapped[JSONObject | None]
    state: Mapped[str] = mapped_column(String(16), server_default="pending")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[CreatedAt]
    lease_until: Mapped[datetime | None]
    fence: Mapped[BigRef] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    received_at: Mapped[CreatedAt]
    done_at: Mapped[datetime | None]
    profile_id: Mapped[int | None] = mapped_column(BigInteger)


class OutboundMessage(Scoped, Base):
    """What is to be delivered: to a channel account's person, a webhook endpoint, or a CRM.

    `failure` says why a provider did not take it the last time.
    """

    __tablename__ = "outbound_messages"
    __table_args__ = (
        Index(
            "ix_outbound_messages_due",
            "webhook_endpoint_id",
            "due_at",
            "id",
            postgresql_where="state = 'pending'",
        ),
        Index(
            "ix_outbound_messages_under_way",
            "webhook_endpoint_id",
            postgresql_where="lease_until is not null",
        ),
        Index("ix_outbound_messages_dead", "workspace_id", "id", postgresql_where="state = 'dead'"),
        Index("ix_outbound_messages_sent", "sent_at", postgresql_where="sent_at is not null"),
        Index(
            "ix_outbound_messages_told",
            "workspace_id",
            text("(payload #>> '{data,message,id}'::text[])"),
            postgresql_where="kind = 'message.received'",
        ),
        Index(
            "ix_outbound_messages_for_channels",
            "channel_id",
            "due_at",
            "id",
            postgresql_where="state = 'pending' and channel_id is not null",
        ),
        Index(
            "ix_outbound_messages_in_turn",
            "channel_id",
            "profile_id",
            "id",
            postgresql_where="channel_id is not null",
        ),
        Index(
            "ix_outbound_messages_on_channels",
            "channel_id",
            postgresql_where="lease_until is not null and channel_id is not null",
        ),
        Index(
            "ix_outbound_messages_for_crms",
            "crm_connector_id",
            "due_at",
            "id",
            postgresql_where="state = 'pending' and crm_connector_id is not null",
        ),
        Index(
            "ix_outbound_messages_for_crms_in_turn",
            "crm_connector_id",
            "profile_id",
            "id",
            postgresql_where="state = 'pending' and crm_connector_id is not null",
        ),
        Index(
            "ix_outbound_messages_at_crms",
            "crm_connector_id",
            postgresql_where="lease_until is not null and crm_connector_id is not null",
        ),
        Index(
            "ix_outbound_messages_of_conversations",
            "workspace_id",
            "conversation_id",
            postgresql_where="webhook_endpoint_id is not null and conversation_id is not null",
        ),
        Index(None, "webhook_endpoint_id", "id"),
        Index(None, "workspace_id", "id"),
    )

    id: Mapped[BigId]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    webhook_endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    crm_connector_id: Mapped[int | None] = mapped_column(BigInteger)
    profile_id: Mapped[int | None] = mapped_column(BigInteger)
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[JSONObject]
    state: Mapped[str] = mapped_column(String(16), server_default="pending")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[CreatedAt]
    lease_until: Mapped[datetime | None]
    fence: Mapped[BigRef] = mapped_column(server_default="0")
    external_message_id: Mapped[str | None] = mapped_column(String(255))
    failure: Mapped[str | None] = mapped_column(String(20))
    last_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[datetime | None]


class WebhookEndpoint(Scoped, Base):
    """An address of the customer's that wants to hear of events.

    Two secrets sign for a day after `rotated_at`. `failures` came one after the other,
    the first of them at `failing_since`; until `paused_until` nothing is sent.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    url: Mapped[str]
    secrets_encrypted: Mapped[bytes]
    events: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(20), server_default="active")
    disabled_reason: Mapped[str | None] = mapped_column(String(20))
    failures: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class WriteBackRule(Scoped, Base):
    """What an analysis changes at UChat: an event, conditions on it, and an action.

    Empty lists ask for nothing. `channel_id` is None for all of the workspace's accounts.
    """

    __tablename__ = "write_back_rules"
    __table_args__ = (Index(None, "workspace_id"),)

    id: Mapped[BigId]
    channel_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("channels.id", ondelete="CASCADE")
    )
    event: Mapped[str] = mapped_column(String(64))
    sentiments: Mapped[list[str]] = mapped_column(server_default="{}")
    intents: Mapped[list[str]] = mapped_column(server_default="{}")
    action: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(255))
    value: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]


class DeliveryAttempt(HotScoped, Base):
    """One attempt to deliver an outbound message; partitioned by month."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        Index(None, "outbound_message_id"),
        Index(None, "workspace_id", "attempted_at"),
        {"postgresql_partition_by": "RANGE (attempted_at)"},
    )

    id: Mapped[BigId]
    attempted_at: Mapped[CreatedAt] = mapped_column(primary_key=True)
    outbound_message_id: Mapped[BigRef]
    webhook_endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    status_code: Mapped[int | None]
    duration_ms: Mapped[int | None]
    error: Mapped[str | None]


class LoggedRequest(HotScoped, Base):
    """A request of the API or a call of the protocol; partitioned by month.

    Of what was sent and answered nothing is kept. `principal` is the name of a token or key.
    """

    __tablename__ = "request_log"
    __table_args__ = (
        Index(None, "workspace_id", "requested_at", "id"),
        {"postgresql_partition_by": "RANGE (requested_at)"},
    )

    id: Mapped[BigId]
    requested_at: Mapped[datetime] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(64))
    principal_kind: Mapped[str] = mapped_column(String(16))
    principal: Mapped[str] = mapped_column(String(255))
    status: Mapped[int] = mapped_column(SmallInteger)
    duration_ms: Mapped[float]
    request_id: Mapped[str] = mapped_column(String(64))


class ScheduleRun(Base):
    """That a scheduled task was taken for a time slot; the key lets one scheduler have it."""

    __tablename__ = "schedule_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    started_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]


class Reconciliation(Scoped, Base):
    """How a channel account's chats are compared with the provider's own.

    Nobody compares them before `due_at`: a scheduler is at it, or the provider wants rest.
    `trouble` is what kept the last round from its end.
    """

    __tablename__ = "reconciliations"

    channel_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[CreatedAt]
    checked_at: Mapped[datetime | None]
    gaps_filled: Mapped[BigRef] = mapped_column(server_default="0")
    trouble: Mapped[str | None] = mapped_column(String(20))


class ReconciledPerson(Scoped, Base):
    """Up to when a person's chat was compared with the provider's, and when that was tried."""

    __tablename__ = "reconciled_people"

    channel_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    tried_at: Mapped[CreatedAt]
    covered_until: Mapped[datetime | None]


class WeeklyReport(Scoped, Base):
    """That a week, named by its first day, was reported: so it is not reported again."""

    __tablename__ = "weekly_reports"

    workspace_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    week: Mapped[date] = mapped_column(primary_key=True)
    told_at: Mapped[CreatedAt]
