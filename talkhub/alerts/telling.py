"""Open and close alerts, and tell the workspace's webhook endpoints of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from talkhub.names import WebhookEvent
from talkhub.services.talking.transcripts import format_time
from talkhub.services.telling.outbound import Told, tell
from talkhub.store.statements import alerts as statements
from talkhub.store.uow import UnitOfWork

CLEARED_BY_VALUE = "value"
CLEARED_BY_HAND = "rule_changed"


def fire(
    uow: UnitOfWork, rule_id: int, about: dict[str, Any], *, value: float, now: datetime
) -> None:
    """Open the alert of a rule; `about` are its name, kind and threshold."""
    params = {"workspace_id": uow.workspace_id, "rule_id": rule_id, "value": value, "now": now}
    alert_id = uow.run(statements.OPEN_ALERT, {**params, **about}).scalar_one()
    data = {
        "alert_id": alert_id,
        "rule_id": rule_id,
        **about,
        "value": value,
        "fired_at": format_time(now),
    }
    tell(uow, lambda: [Told(WebhookEvent.ALERT_FIRED, now, data)])


def clear(
    uow: UnitOfWork, rule_id: int, *, value: float | None, now: datetime, reason: str
) -> None:
    """Close the alert of a rule that is open."""
    params = {"workspace_id": uow.workspace_id, "rule_id": rule_id, "value": value, "now": now}
    closed = uow.run(statements.CLOSE_ALERT, params).mappings().first()
    if closed is None:
        return
    data = {
        "alert_id": closed["id"],
        "rule_id": rule_id,
        "name": closed["name"],
        "kind": closed["kind"],
        "threshold": closed["threshold"],
        "value": value,
        "fired_at": format_time(closed["fired_at"]),
        "cleared_at": format_time(now),
        "reason": reason,
    }
    tell(uow, lambda: [Told(WebhookEvent.ALERT_CLEARED, now, data)])
