"""Send round again what was given up: events that no drain could apply, undelivered messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from talkhub.errors import Forbidden
from talkhub.names import Job
from talkhub.services.audit import audit
from talkhub.services.sending.reaching import Chat, refuse_closed_window, route_to
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import dead_letters as statements
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events and messages were sent round again."""

    events: int
    messages: int


def replay_dead_letters(
    uow: UnitOfWork,
    *,
    event_ids: Collection[int] | None,
    message_ids: Collection[int] | None,
    may_write: bool,
) -> Replayed:
    """Give these dead events and messages their attempts anew; None is all but what people read.

    What goes to a person is sent only by name, as it cannot be taken back. Messages to
    disabled endpoints stay dead. Raises Forbidden for a message to a person unless the
    caller `may_write` to people, Unreachable and WindowClosed for one that cannot be sent.
    """
    replayed = Replayed(
        events=uow.run(statements.REPLAY_EVENTS, _params(uow, event_ids)).rowcount,
        messages=uow.run(statements.REPLAY_DELIVERIES, _params(uow, message_ids)).rowcount
        + _replay_to_people(uow, message_ids, may_write=may_write),
    )
    subject = f"{replayed.events} events, {replayed.messages} messages"
    audit(uow, action="dead_letters.replayed", subject=subject, address=None)
    uow.ring(Job.DRAIN_INBOX)
    return replayed


def _replay_to_people(uow: UnitOfWork, ids: Collection[int] | None, *, may_write: bool) -> int:
    if not ids:
        return 0
    params = _params(uow, ids)
    for message in uow.run(statements.DEAD_MESSAGES_TO_PEOPLE, params).mappings().all():
        if not may_write:
            raise Forbidden("Sending people a message again needs the scope messages:send.")
        payload = message["payload"]
        chat = Chat(payload["user_id"], message["channel_id"], is_pinned=True)
        refuse_closed_window(route_to(uow, chat), is_free_text=payload.get("template") is None)
    return uow.run(statements.REPLAY_TO_PEOPLE, params).rowcount


def _params(uow: UnitOfWork, ids: Collection[int] | None) -> dict[str, object]:
    known = None if ids is None else [id_ for id_ in ids if 0 < id_ <= LARGEST_ID]
    return {"workspace_id": uow.workspace_id, "ids": known}
