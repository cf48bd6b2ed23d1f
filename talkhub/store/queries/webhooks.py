"""A workspace's webhook endpoints and their log, without their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from talkhub.names import OutboundState
from talkhub.store.tables.events import DeliveryAttempt, OutboundMessage, WebhookEndpoint
from talkhub.store.uow import UnitOfWork

PAGE = 50


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """An endpoint as lists show it; `waiting` messages are still to be delivered."""

    id: int
    url: str
    events: list[str]
    state: str
    disabled_reason: str | None
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    created_at: datetime
    waiting: int
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A message of the log. `due_at` is when it is tried next, if it is pending."""

    id: int
    kind: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt; without a status if no answer came."""

    attempted_at: datetime
    status_code: int | None
    duration_ms: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class DeliveryDetails:
    """A message with its body and its attempts, the first one first."""

    message: DeliveryLine
    payload: Mapping[str, Any]
    tries: tuple[AttemptLine, ...]


def list_endpoints(uow: UnitOfWork, endpoint_id: int | None = None) -> tuple[EndpointLine, ...]:
    """Return the workspace's endpoints, the newest first; or the one with this id."""
    of_endpoint = OutboundMessage.webhook_endpoint_id == WebhookEndpoint.id
    # The newest that was sent, by the log's own order: a maximum would read the whole log.
    last_sent = (
        select(OutboundMessage.sent_at)
        .where(of_endpoint, OutboundMessage.state == OutboundState.SENT)
        .order_by(OutboundMessage.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    waiting = (
        select(func.count())
        .where(of_endpoint, OutboundMessage.state == OutboundState.PENDING)
        .scalar_subquery()
    )
    statement = (
        select(
            WebhookEndpoint.id,
            WebhookEndpoint.url,
            WebhookEndpoint.events,
            WebhookEndpoint.state,
            WebhookEndpoint.disabled_reason,
            WebhookEndpoint.failures,
            WebhookEndpoint.failing_since,
            WebhookEndpoint.paused_until,
            WebhookEndpoint.created_at,
            waiting.label("waiting"),
            last_sent.label("last_sent_at"),
        )
        .where(WebhookEndpoint.workspace_id == uow.workspace_id)
        .order_by(WebhookEndpoint.id.desc())
    )
    if endpoint_id is not None:
        statement = statement.where(WebhookEndpoint.id == endpoint_id)
    return tuple(EndpointLine(**row) for row in uow.execute(statement).mappings())


_LINE = (
    OutboundMessage.id,
    OutboundMessage.kind,
    OutboundMessage.state,
    OutboundMessage.attempts,
    OutboundMessage.created_at,
    OutboundMessage.due_at,
    OutboundMessage.sent_at,
    OutboundMessage.last_error,
)


def list_deliveries(
    uow: UnitOfWork, endpoint_id: int, *, before: int | None = None, state: str | None = None
) -> tuple[DeliveryLine, ...]:
    """Return a page of an endpoint's log, the newest first, from before an id on."""
    statement = (
        select(*_LINE)
        .where(
            OutboundMessage.workspace_id == uow.workspace_id,
            OutboundMessage.webhook_endpoint_id == endpoint_id,
        )
        .order_by(OutboundMessage.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        statement = statement.where(OutboundMessage.id < before)
    if state is not None:
        statement = statement.where(OutboundMessage.state == state)
    return tuple(DeliveryLine(**row) for row in uow.execute(statement).mappings())


def find_delivery(uow: UnitOfWork, endpoint_id: int, message_id: int) -> DeliveryDetails | None:
    """Return a message of an endpoint's log with its attempts; None if there is none."""
    mine = (
        OutboundMessage.workspace_id == uow.workspace_id,
        OutboundMessage.webhook_endpoint_id == endpoint_id,
        OutboundMessage.id == message_id,
    )
    found = uow.execute(select(*_LINE, OutboundMessage.payload).where(*mine)).mappings().first()
    if found is None:
        return None
    line = dict(found)
    payload = line.pop("payload")
    attempts = uow.execute(
        select(
            DeliveryAttempt.attempted_at,
            DeliveryAttempt.status_code,
            DeliveryAttempt.duration_ms,
            DeliveryAttempt.error,
        )
        .where(
            DeliveryAttempt.workspace_id == uow.workspace_id,
            DeliveryAttempt.outbound_message_id == message_id,
        )
        .order_by(DeliveryAttempt.attempted_at, DeliveryAttempt.id)
    )
    tries = tuple(AttemptLine(**row) for row in attempts.mappings())
    return DeliveryDetails(DeliveryLine(**line), payload, tries)
