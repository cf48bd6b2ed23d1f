"""Send round again what was given up: events that no drain could apply, undelivered webhooks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from talkhub.names import Job
from talkhub.services.auth import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import dead_letters as statements
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events and messages were sent round again."""

    events: int
    messages: int


def replay_dead_letters(
    uow: UnitOfWork, *, event_ids: Collection[int] | None, message_ids: Collection[int] | None
) -> Replayed:
    """Give these dead events and messages their attempts anew; None is all of them.

    Messages to disabled endpoints stay dead.
    """
    replayed = Replayed(
        events=uow.run(statements.REPLAY_EVENTS, _params(uow, event_ids)).rowcount,
        messages=uow.run(statements.REPLAY_MESSAGES, _params(uow, message_ids)).rowcount,
    )
    subject = f"{replayed.events} events, {replayed.messages} messages"
    audit(uow, action="dead_letters.replayed", subject=subject, address=None)
    uow.ring(Job.DRAIN_INBOX)
    return replayed


def _params(uow: UnitOfWork, ids: Collection[int] | None) -> dict[str, object]:
    known = None if ids is None else [id_ for id_ in ids if 0 < id_ <= LARGEST_ID]
    return {"workspace_id": uow.workspace_id, "ids": known}
