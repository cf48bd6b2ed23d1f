"""Puts messages in line for an automatic reply once they were analysed, never in a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub import clock
from talkhub.replies.deciding import ReplyMode
from talkhub.services.answering.reply_settings import settings_of
from talkhub.store.statements import replies as statements
from talkhub.store.uow import STATEMENT_TIMEOUT_MS, Database, UnitOfWork, system_scope

PATIENCE = timedelta(seconds=4)
"""People write in pieces: what follows within this is part of the question."""

FRESH = timedelta(minutes=30)
"""What lay longer, as after an outage, is no longer answered out of the blue."""


@dataclass(frozen=True, slots=True)
class DueReply:
    """A message that this drain holds."""

    id: int
    workspace_id: int
    fence: int

    @property
    def key(self) -> dict[str, int]:
        """What names the claim in a statement; it finds nothing once another drain has it."""
        return {"workspace_id": self.workspace_id, "id": self.id, "fence": self.fence}


def queue_replies(uow: UnitOfWork, conversation_ids: Sequence[int]) -> None:
    """Put conversations in which the person wrote last in line, if their workspace wants that."""
    if settings_of(uow).mode is ReplyMode.OFF:
        return
    params = {
        "workspace_id": uow.workspace_id,
        "ids": list(conversation_ids),
        "patience": PATIENCE,
        "since": clock.now() - FRESH,
    }
    uow.run(statements.QUEUE_REPLIES, params)


def claim_replies(
    database: Database, *, limit: int, lease: timedelta, timeout_ms: int
) -> list[DueReply]:
    """Take messages that are due, so that no other drain does within the lease."""
    params = {"limit": limit, "lease": lease}
    return _claim(database, statements.CLAIM_REPLIES, params, timeout_ms=timeout_ms)


def claim_drafts(database: Database, *, limit: int, lease: timedelta) -> list[DueReply]:
    """Take messages whose answer a model is to word, so that no other process does meanwhile."""
    return _claim(database, statements.CLAIM_DRAFTS, {"limit": limit, "lease": lease})


def _claim(
    database: Database,
    statement: str,
    params: dict[str, Any],
    *,
    timeout_ms: int = STATEMENT_TIMEOUT_MS,
) -> list[DueReply]:
    scope = system_scope("a drain's claim", timeout_ms=timeout_ms)
    with database.unit_of_work(scope) as uow:
        return [DueReply(**row) for row in uow.run(statement, params).mappings()]


def begin_reply(uow: UnitOfWork, due: DueReply) -> int | None:
    """Count a try that begins now, and return which it is; None if another drain has it."""
    attempt: int | None = uow.run(statements.BEGIN_REPLY, due.key).scalar()
    return attempt
