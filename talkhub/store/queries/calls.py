"""What the pages and programs read of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import calls as statements
from talkhub.store.uow import UnitOfWork

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class CallGoingOn:
    """A call that rings or that somebody is in."""

    call_id: str
    state: str
    agent: str | None
    started_at: datetime
    agrees_to_recording: bool | None
    profile_id: int
    caller: str


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call as a list shows it; without a conversation as long as it rings."""

    id: int
    call_id: str
    session_id: str
    user_id: str
    profile_id: int
    name: str | None
    state: str
    outcome: str | None
    ended_by: str | None
    agent: str | None
    agrees_to_recording: bool | None
    started_at: datetime
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    conversation_id: str | None

    @property
    def talked_seconds(self) -> float:
        """How long they could hear each other; 0 if never, or not ended yet."""
        return seconds_talked(self.connected_at, self.ended_at)


def seconds_talked(connected_at: datetime | None, ended_at: datetime | None) -> float:
    """Return how long two could hear each other; 0 if never, or not ended yet."""
    if connected_at is None or ended_at is None:
        return 0.0
    return (ended_at - connected_at).total_seconds()


def calls_going_on(uow: UnitOfWork) -> list[CallGoingOn]:
    """Return the calls that ring or that somebody is in, the oldest first."""
    params = {"workspace_id": uow.workspace_id, "limit": MOST_SHOWN}
    return [CallGoingOn(**row) for row in uow.run(statements.CALLS_GOING_ON, params).mappings()]


def latest_calls(
    uow: UnitOfWork, *, before: int | None = None, limit: int = MOST_SHOWN
) -> list[CallLine]:
    """Return a page of calls, the newest first; `before` is the last id of the page above."""
    params = {"workspace_id": uow.workspace_id, "before": before or LARGEST_ID, "limit": limit}
    return [CallLine(**row) for row in uow.run(statements.LATEST_CALLS, params).mappings()]
