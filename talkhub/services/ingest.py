"""Turn a channel's events into people, sessions and transcripts, a batch at a time.

Safe to run twice: a message's external id is unique in `message_index`, and an event
is settled in the transaction that applied it, under the fence of its claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from talkhub import clock
from talkhub.channels.base import MessageChange, NormalisedMessage
from talkhub.names import EventState, Job
from talkhub.services.appending import append
from talkhub.services.changes import apply_changes, names_of
from talkhub.services.channel_sessions import ClaimedEvent
from talkhub.store.statements.conversations import KNOWN_EXTERNAL_IDS
from talkhub.store.statements.inbox import SETTLE_EVENTS
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.statements.people import ADD_IDENTITIES, FIND_OR_MAKE_PEOPLE
from talkhub.store.uow import UnitOfWork


class FenceLost(Exception):
    """Another drain took an event of this batch over; the transaction must not commit."""


def apply_events(
    uow: UnitOfWork, events: Sequence[ClaimedEvent], *, session_idle: timedelta
) -> None:
    """Apply a workspace's events and settle them; raise FenceLost if they are not ours."""
    carrying = [event for event in events if isinstance(event.happening, NormalisedMessage)]
    carrying.sort(key=lambda event: (event.carried.sent_at, event.source, event.id))
    changing = [event for event in events if isinstance(event.happening, MessageChange)]
    if carrying or changing:
        uow.run(LOCK_ALL, {"keys": _lock_keys(uow, carrying, changing)})
    if carrying:
        fresh = _without_known(uow, carrying)
        if fresh:
            people = _people(uow, fresh)
            append(uow, fresh, people, session_idle=session_idle)
            uow.ring(Job.DRAIN_ANALYSIS)
    if carrying or changing:
        apply_changes(uow, [*carrying, *changing])
    _settle(uow, events)


def in_transactions(events: Sequence[ClaimedEvent]) -> list[list[ClaimedEvent]]:
    """Return events in the groups that are applied in one transaction each.

    Messages lock the sessions of their people, changes those of the messages they speak of;
    together they could wait for each other in two drains.
    """
    changes = [event for event in events if isinstance(event.happening, MessageChange)]
    others = [event for event in events if not isinstance(event.happening, MessageChange)]
    return [group for group in (others, changes) if group]


def _lock_keys(
    uow: UnitOfWork, carrying: Sequence[ClaimedEvent], changing: Sequence[ClaimedEvent]
) -> list[str]:
    """Name the people whose sessions are written, and the messages that are brought or changed."""
    people = {f"person:{uow.workspace_id}:{event.carried.sender.user_id}" for event in carrying}
    messages = {
        f"message:{uow.workspace_id}:{source}:{name}"
        for event in (*carrying, *changing)
        for source, name in names_of(event)
    }
    return sorted(people | messages)


def _without_known(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> list[ClaimedEvent]:
    """Return the events whose messages are not yet stored, each external id once."""
    params = {
        "workspace_id": uow.workspace_id,
        "sources": [event.source for event in events],
        "external_ids": [event.carried.external_id for event in events],
    }
    seen = {(row[0], row[1]) for row in uow.run(KNOWN_EXTERNAL_IDS, params)}
    fresh: list[ClaimedEvent] = []
    for event in events:
        key = (event.source, event.carried.external_id)
        if key not in seen:
            seen.add(key)
            fresh.append(event)
    return fresh


def _people(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> dict[str, int]:
    """Return the profile id of each sender, making the people who are new."""
    senders: dict[str, dict[str, Any]] = {}
    for event in events:
        message = event.carried
        sender = senders.setdefault(
            message.sender.user_id,
            {"name": None, "phone": None, "email": None, "locale": None, "first": message.sent_at},
        )
        sender["last"] = message.sent_at
        for name in ("name", "phone", "email", "locale"):
            sender[name] = getattr(message.sender, name) or sender[name]
    user_ids = sorted(senders)
    columns = {name: [senders[u][name] for u in user_ids] for name in ("name", "phone", "email")}
    rows = uow.run(
        FIND_OR_MAKE_PEOPLE,
        {
            "workspace_id": uow.workspace_id,
            "now": clock.now(),
            "user_ids": user_ids,
            "names": columns["name"],
            "phones": columns["phone"],
            "emails": columns["email"],
            "locales": [senders[u]["locale"] for u in user_ids],
            "first": [senders[u]["first"] for u in user_ids],
            "last": [senders[u]["last"] for u in user_ids],
        },
    )
    people: dict[str, int] = {row[0]: row[1] for row in rows}
    _remember_identities(uow, events, people)
    return people


def _remember_identities(
    uow: UnitOfWork, events: Sequence[ClaimedEvent], people: dict[str, int]
) -> None:
    known = sorted(
        {
            (kind, value, people[event.carried.sender.user_id])
            for event in events
            for kind, value in event.carried.sender.identities
        }
    )
    if known:
        kinds, values, profile_ids = (list(column) for column in zip(*known, strict=True))
        uow.run(
            ADD_IDENTITIES,
            {
                "workspace_id": uow.workspace_id,
                "kinds": kinds,
                "values": values,
                "profile_ids": profile_ids,
            },
        )


def _settle(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> None:
    understood = (NormalisedMessage, MessageChange)
    states = [
        EventState.DONE if isinstance(event.happening, understood) else EventState.IGNORED
        for event in events
    ]
    settled = uow.run(
        SETTLE_EVENTS,
        {
            "workspace_id": uow.workspace_id,
            "ids": [event.id for event in events],
            "fences": [event.fence for event in events],
            "states": [state.value for state in states],
        },
    )
    if settled.rowcount != len(events):
        raise FenceLost
