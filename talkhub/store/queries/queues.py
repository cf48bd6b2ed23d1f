"""What waits for the workers, queue by queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from talkhub.store.statements.queues import QUEUES
from talkhub.store.uow import UnitOfWork

COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue by its name: what waits, since when, and what was given up."""

    name: str
    waiting: int
    oldest_at: datetime | None
    dead: int


def queues(uow: UnitOfWork) -> tuple[Queue, ...]:
    """Return a workspace's queues, in the order in which a message passes them."""
    key = {"workspace_id": uow.workspace_id, "most": COUNTED_AT_MOST}
    return tuple(Queue(*row) for row in uow.run(QUEUES, key))
