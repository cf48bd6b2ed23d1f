"""How the inbox of channel events is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from talkhub.names import EventState
from talkhub.store.tables.events import InboundEvent
from talkhub.store.uow import UnitOfWork

LATE_AFTER = timedelta(seconds=30)
"""An event that waits longer than this says that no worker is running."""


@dataclass(frozen=True, slots=True)
class InboxHealth:
    """When the last event came, and what waits. None where no event came, or none waits."""

    last_event_at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Tell whether events wait longer than they should."""
        return self.oldest_waiting_at is not None and now - self.oldest_waiting_at > LATE_AFTER


def inbox_health(uow: UnitOfWork) -> InboxHealth:
    """Return the state of a workspace's inbox."""
    mine = InboundEvent.workspace_id == uow.workspace_id
    last = select(InboundEvent.received_at).where(mine).order_by(InboundEvent.id.desc()).limit(1)
    statement = select(
        last.scalar_subquery().label("last_event_at"),
        func.count().label("waiting"),
        func.min(InboundEvent.received_at).label("oldest_waiting_at"),
    ).where(mine, InboundEvent.state == EventState.PENDING)
    return InboxHealth(**uow.execute(statement).mappings().one())
