"""What was given up: a workspace's dead events and messages, with their errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from talkhub.names import EndpointState, EventState, OutboundState
from talkhub.store.tables.accounts import ChannelAccount
from talkhub.store.tables.crm import CRMConnector
from talkhub.store.tables.events import InboundEvent, OutboundMessage, WebhookEndpoint
from talkhub.store.uow import UnitOfWork

PAGE = 50


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """An event of a channel that could not be applied."""

    id: int
    platform: str
    kind: str
    external_id: str
    received_at: datetime
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """What could not be delivered: to an endpoint's address, a person on a channel, or a CRM.

    `can_replay` if the endpoint, the account or the CRM is active.
    """

    id: int
    endpoint_id: int | None
    url: str | None
    channel: str | None
    crm: str | None
    kind: str
    created_at: datetime
    attempts: int
    last_error: str | None
    can_replay: bool


def dead_events(uow: UnitOfWork, *, before: int | None = None) -> tuple[DeadEvent, ...]:
    """Return a page of dead events, the newest first, from before an id on."""
    statement = (
        select(
            InboundEvent.id,
            InboundEvent.platform,
            InboundEvent.kind,
            InboundEvent.external_id,
            InboundEvent.received_at,
            InboundEvent.attempts,
            InboundEvent.last_error,
        )
        .where(InboundEvent.workspace_id == uow.workspace_id, InboundEvent.state == EventState.DEAD)
        .order_by(InboundEvent.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        statement = statement.where(InboundEvent.id < before)
    return tuple(DeadEvent(**row) for row in uow.execute(statement).mappings())


def dead_messages(
    uow: UnitOfWork, *, before: int | None = None, crm_id: int | None = None
) -> tuple[DeadMessage, ...]:
    """Return a page of dead messages, the newest first, from before an id on; all, or a CRM's."""
    statement = (
        select(
            OutboundMessage.id,
            WebhookEndpoint.id.label("endpoint_id"),
            WebhookEndpoint.url,
            ChannelAccount.kind.label("channel"),
            CRMConnector.name.label("crm"),
            OutboundMessage.kind,
            OutboundMessage.created_at,
            OutboundMessage.attempts,
            OutboundMessage.last_error,
            func.coalesce(
                WebhookEndpoint.state == EndpointState.ACTIVE,
                ChannelAccount.state == EndpointState.ACTIVE,
                CRMConnector.state == EndpointState.ACTIVE,
                False,
            ).label("can_replay"),
        )
        .outerjoin(WebhookEndpoint, WebhookEndpoint.id == OutboundMessage.webhook_endpoint_id)
        .outerjoin(ChannelAccount, ChannelAccount.id == OutboundMessage.channel_id)
        .outerjoin(CRMConnector, CRMConnector.id == OutboundMessage.crm_connector_id)
        .where(
            OutboundMessage.workspace_id == uow.workspace_id,
            OutboundMessage.state == OutboundState.DEAD,
        )
        .order_by(OutboundMessage.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        statement = statement.where(OutboundMessage.id < before)
    if crm_id is not None:
        statement = statement.where(OutboundMessage.crm_connector_id == crm_id)
    return tuple(DeadMessage(**row) for row in uow.execute(statement).mappings())
