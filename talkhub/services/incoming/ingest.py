"""Turn a channel's events into people, sessions and transcripts, a batch at a time.

Safe to run twice: a message's external id is unique in `message_index`, and an event
is settled in the transaction that applied it, under the fence of its claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from talkhub import clock
from talkhub.channels.base import (
    EventTold,
    MessageChange,
    NormalisedMessage,
    PersonSeen,
    ScoreGiven,
    SessionEnd,
)
from talkhub.names import EventState, Job
from talkhub.services.incoming.appending import append
from talkhub.services.incoming.changes import apply_changes, names_of
from talkhub.services.incoming.feedback import note_feedback
from talkhub.services.incoming.kept_events import events_as_stored
from talkhub.services.incoming.twins import count_gaps, without_twins
from talkhub.services.people.channel_people import Sighting, lock_keys, people_of, sighting_of
from talkhub.services.people.consents import note_opt_outs
from talkhub.services.people.tombstones import Tombstones, without_erased
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.store.statements.conversations import KNOWN_EXTERNAL_IDS
from talkhub.store.statements.inbox import SETTLE_EVENTS
from talkhub.store.statements.locks import LOCK_ALL
from talkhub.store.statements.sessions import END_SESSION, SESSION_IDLE_MINUTES
from talkhub.store.uow import UnitOfWork


class FenceLost(Exception):
    """Another drain took an event of this batch over; the transaction must not commit."""


def apply_events(
    uow: UnitOfWork,
    events: Sequence[ClaimedEvent],
    *,
    session_idle: timedelta,
    tombstones: Tombstones,
) -> None:
    """Apply a workspace's events and settle them; raise FenceLost if they are not ours.

    `session_idle` holds where the workspace has no silence of its own; what `tombstones` say was
    erased is not taken again.
    """
    if keys := lock_keys(uow, _sightings(events)) | _message_keys(uow, events):
        uow.run(LOCK_ALL, {"keys": sorted(keys)})
    events = events_as_stored(uow, without_erased(uow, events, tombstones))
    carrying = [event for event in events if isinstance(event.happening, NormalisedMessage)]
    carrying.sort(key=lambda event: (event.carried.sent_at, event.source, event.id))
    changing = [event for event in events if isinstance(event.happening, MessageChange)]
    speaking = [*carrying, *changing]
    fresh = _without_known(uow, carrying) if carrying else []
    others = [
        event
        for event in events
        if isinstance(event.happening, PersonSeen | EventTold | ScoreGiven)
    ]
    people = people_of(uow, _sightings([*fresh, *others]))
    fresh = without_twins(uow, fresh, people)
    if fresh:
        append(uow, fresh, people, session_idle=_session_idle(uow, session_idle))
        note_opt_outs(uow, [event.carried for event in fresh], people)
        count_gaps(uow, fresh)
        uow.ring(Job.DRAIN_ANALYSIS)
    if speaking:
        apply_changes(uow, speaking)
    note_feedback(uow, [event.happening for event in events], people)
    for event in events:
        if isinstance(event.happening, SessionEnd):
            _end_session(uow, event.happening)
    _settle(uow, events)


def in_transactions(events: Sequence[ClaimedEvent]) -> list[list[ClaimedEvent]]:
    """Return events in the groups that are applied in one transaction each.

    Messages lock the sessions of their people, changes those of the messages they speak of;
    together they could wait for each other in two drains.
    """
    changes = [event for event in events if isinstance(event.happening, MessageChange)]
    others = [event for event in events if not isinstance(event.happening, MessageChange)]
    return [group for group in (others, changes) if group]


def _sightings(events: Sequence[ClaimedEvent]) -> list[Sighting]:
    """Return the people whom events tell of, in the order of the events' own times."""
    sightings = [sighting for sighting in map(_sighting, events) if sighting is not None]
    return sorted(sightings, key=lambda sighting: sighting.at)


def _message_keys(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> set[str]:
    """Name the locks of the messages that are brought or changed."""
    speaking = (it for it in events if isinstance(it.happening, NormalisedMessage | MessageChange))
    names = (name for event in speaking for name in names_of(event))
    return {f"message:{uow.workspace_id}:{source}:{name}" for source, name in names}


def _session_idle(uow: UnitOfWork, default: timedelta) -> timedelta:
    params = {"workspace_id": uow.workspace_id, "default": default / timedelta(minutes=1)}
    minutes = uow.run(SESSION_IDLE_MINUTES, params).scalar_one()
    return timedelta(minutes=float(minutes))


def _end_session(uow: UnitOfWork, end: SessionEnd) -> None:
    params = {
        "workspace_id": uow.workspace_id,
        "user_id": end.sender.user_id,
        "platform": end.platform.value,
        "at": end.at,
        "now": clock.now(),
    }
    uow.run(END_SESSION, params)
    uow.ring(Job.DRAIN_ANALYSIS)


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


def _settle(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> None:
    states = [
        EventState.IGNORED if event.happening is None else EventState.DONE for event in events
    ]
    settled = uow.run(
        SETTLE_EVENTS,
        {
            "workspace_id": uow.workspace_id,
            "ids": [event.id for event in events],
            "fences": [event.fence for event in events],
            "states": [state.value for state in states],
            "user_ids": [it and it.sender.user_id for it in map(_sighting, events)],
            "targets": [_target(event) for event in events],
        },
    )
    if settled.rowcount != len(events):
        raise FenceLost


def _sighting(event: ClaimedEvent) -> Sighting | None:
    return sighting_of(event.happening)


def _target(event: ClaimedEvent) -> str | None:
    """Return the message that a change is of: with it the event is its person's too."""
    return event.happening.target if isinstance(event.happening, MessageChange) else None
