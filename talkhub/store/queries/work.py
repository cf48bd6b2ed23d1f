"""What the workers still have to do for a workspace."""

from __future__ import annotations

from sqlalchemy import func, select

from talkhub.names import EventState
from talkhub.store.tables.conversations import Conversation
from talkhub.store.tables.events import InboundEvent
from talkhub.store.tables.insights import DirtyBucket
from talkhub.store.tables.profiles import Profile
from talkhub.store.uow import UnitOfWork


def work_left(uow: UnitOfWork) -> int:
    """Return how many events, conversations, people and hours wait for a drain."""
    waiting = (
        (InboundEvent, InboundEvent.state == EventState.PENDING),
        (Conversation, Conversation.analysis_due_at.is_not(None)),
        (Profile, Profile.stats_due_at.is_not(None)),
        (DirtyBucket, DirtyBucket.hour.is_not(None)),
    )
    counts = [
        select(func.count())
        .where(table.workspace_id == uow.workspace_id, is_waiting)
        .select_from(table)
        .scalar_subquery()
        for table, is_waiting in waiting
    ]
    total: int = uow.execute(select(sum(counts[1:], start=counts[0]))).scalar_one()
    return total
