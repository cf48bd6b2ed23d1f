"""A call as it stands in its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub.errors import NotFound
from talkhub.names.calls import CallEnd, CallOutcome, CallState
from talkhub.store.queries.calls import seconds_talked
from talkhub.store.statements import calls as statements
from talkhub.store.uow import UnitOfWork

LOST_AFTER = timedelta(seconds=20)
"""A side that is not heard of for so long has closed its page, or lost its network."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it stands; the last three by PostgreSQL's clock."""

    id: int
    call_id: str
    session_id: str
    user_id: str
    state: CallState
    outcome: CallOutcome | None
    ended_by: CallEnd | None
    agent: str | None
    agrees_to_recording: bool | None
    started_at: datetime
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    caller_seen_at: datetime
    agent_seen_at: datetime | None
    has_rung_out: bool
    is_caller_lost: bool
    is_agent_lost: bool

    @property
    def talked_seconds(self) -> int:
        """How long they could hear each other, in whole seconds; 0 if never, or not ended yet."""
        return round(seconds_talked(self.connected_at, self.ended_at))


def find_call(uow: UnitOfWork, call_id: str) -> Call:
    """Return a call; raises NotFound."""
    return _existing(uow, call_id, statements.CALL)


def lock_call(uow: UnitOfWork, call_id: str) -> Call:
    """Return a call that nobody else changes until this unit of work ends; raises NotFound."""
    return _existing(uow, call_id, statements.LOCK_CALL)


def _existing(uow: UnitOfWork, call_id: str, statement: str) -> Call:
    params = {"workspace_id": uow.workspace_id, "call_id": call_id, "lost_after": LOST_AFTER}
    row = uow.run(statement, params).mappings().first()
    if row is None:
        raise NotFound("There is no such call.")
    named: dict[str, Any] = {
        "state": CallState(row["state"]),
        "outcome": CallOutcome(row["outcome"]) if row["outcome"] else None,
        "ended_by": CallEnd(row["ended_by"]) if row["ended_by"] else None,
    }
    return Call(**{**row, **named})
