"""Channels' events as a workspace wants them stored: perhaps with numbers masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from talkhub.analysis.identity_numbers import without_numbers
from talkhub.channels.base import (
    EventTold,
    Happening,
    MessageChange,
    NormalisedMessage,
    ScoreGiven,
    SessionEnd,
)
from talkhub.services.fitting import LONGEST_NAME
from talkhub.services.masking import as_stored, masks_numbers
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.store.statements.inbox import MASK_EVENT
from talkhub.store.uow import UnitOfWork


def events_as_stored(uow: UnitOfWork, events: Sequence[ClaimedEvent]) -> Sequence[ClaimedEvent]:
    """Return events with what they say as the workspace wants it stored; ids and phones stay."""
    masked = [
        event if event.happening is None else replace(event, happening=_masked(event.happening))
        for event in events
    ]
    return masked if masked != list(events) and masks_numbers(uow) else events


def keep_dead_event(uow: UnitOfWork, event_id: int, payload: Mapping[str, Any] | None) -> None:
    """Have the body of an event that was given up stored as the workspace wants it."""
    kept = as_stored(uow, payload)
    if kept != payload:
        params = {"workspace_id": uow.workspace_id, "id": event_id, "payload": uow.json(kept)}
        uow.run(MASK_EVENT, params)


def _masked(happening: Happening) -> Happening:
    match happening:
        case MessageChange():
            return replace(happening, value=without_numbers(happening.value))
        case SessionEnd():
            return happening
    # A mask may be longer than the number, and the column is as long as the longest name.
    name = (without_numbers(happening.sender.name) or "")[:LONGEST_NAME] or None
    named = replace(happening, sender=replace(happening.sender, name=name))
    match named:
        case NormalisedMessage():
            return replace(
                named,
                content=without_numbers(named.content),
                attributes=without_numbers(named.attributes),
            )
        case ScoreGiven():
            return replace(named, comment=without_numbers(named.comment))
        case EventTold():
            return replace(named, name=without_numbers(named.name))
    return named
