"""What callers keep with their conversations."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from talkhub.store.tables.conversations import Conversation
from talkhub.store.uow import UnitOfWork


def stored_values(uow: UnitOfWork, key: str, values: Collection[str]) -> frozenset[str]:
    """Return which of the values conversations carry under a key of their metadata."""
    stored = Conversation.metadata_[key].as_string()
    statement = select(stored).where(
        Conversation.workspace_id == uow.workspace_id, stored.in_(values)
    )
    return frozenset(uow.execute(statement).scalars())
