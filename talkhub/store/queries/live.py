"""What happens in a workspace right now: who talks, how much, what was said and delivered last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from talkhub.store.statements import live as statements
from talkhub.store.uow import UnitOfWork

MOST_CONVERSATIONS = 1_000
"""Of so many conversations, the latest first, messages are counted by the minute."""

SHOWN_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Pulse:
    """Sessions and conversations that are active, what failed for good, what is not analysed yet.

    Each goes up to `MOST_CONVERSATIONS`, conversations to one more.
    """

    sessions: int
    conversations: int
    failures: int
    analyses: int


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody wrote: `role` says who, `name`, `phone` and `user_id` with whom."""

    role: str
    at: datetime
    conversation_id: str
    platform: str
    user_id: str
    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of something that went out; without an endpoint it went to a channel."""

    kind: str
    state: str
    endpoint_id: int | None
    at: datetime


def pulse(uow: UnitOfWork, *, since: datetime) -> Pulse:
    """Return the workspace's counts of right now."""
    key = {"workspace_id": uow.workspace_id, "since": since, "most": MOST_CONVERSATIONS}
    return Pulse(*uow.run(statements.PULSE, key).one())


def messages_by_minute(
    uow: UnitOfWork, *, since: datetime, until: datetime
) -> Mapping[datetime, tuple[int, int]]:
    """Return the received and the sent messages of each minute in which there were any."""
    key = {
        "workspace_id": uow.workspace_id,
        "since": since,
        "until": until,
        "most": MOST_CONVERSATIONS,
    }
    rows = uow.run(statements.MESSAGES_BY_MINUTE, key)
    return {minute: (received, sent) for minute, received, sent in rows}


def latest_happenings(uow: UnitOfWork, *, since: datetime) -> tuple[Said | Delivered, ...]:
    """Return what was said and delivered last, newest first."""
    key = {"workspace_id": uow.workspace_id, "since": since, "most": SHOWN_EVENTS}
    found: list[Said | Delivered] = [Said(*row) for row in uow.run(statements.LATEST_MESSAGES, key)]
    found += [Delivered(*row) for row in uow.run(statements.LATEST_DELIVERIES, key)]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:SHOWN_EVENTS])
