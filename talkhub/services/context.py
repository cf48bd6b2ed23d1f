"""What a bot is told of a person."""

from __future__ import annotations

from talkhub.store.statements.context import USER_CONTEXT
from talkhub.store.uow import UnitOfWork

RECENT_CONVERSATIONS = 5


def user_context(uow: UnitOfWork, user_id: str, *, include_history: bool) -> bytes:
    """Return a person's context as JSON, built by PostgreSQL in one statement.

    An unknown person has an empty context with `found: false`. Without history the list
    of recent conversations is empty; `has_history` still tells whether there are any.
    """
    params = {
        "workspace_id": uow.workspace_id,
        "user_id": user_id,
        "limit": RECENT_CONVERSATIONS if include_history else 0,
    }
    text: str = uow.once(USER_CONTEXT, params)[0][0]
    return text.encode()
