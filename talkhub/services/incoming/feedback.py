"""Keep what callers tell beside conversations: custom events, and the scores that people gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from talkhub.channels.base import EventTold, Happening, ScoreGiven
from talkhub.names.feedback import ScoreKind
from talkhub.services.masking import as_stored
from talkhub.services.people.merging import lock_key
from talkhub.services.talking.transcripts import format_time
from talkhub.services.talking.user_ids import find_or_make_person
from talkhub.store.statements import feedback as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Event:
    """That a person did something that the caller has a name for, and what it is worth."""

    user_id: str
    name: str
    occurred_at: datetime
    session_id: str | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a person answered when they were asked for a score."""

    user_id: str
    kind: ScoreKind
    score: int
    occurred_at: datetime
    comment: str | None = None
    session_id: str | None = None
    conversation_id: str | None = None


def record_event(uow: UnitOfWork, event: Event) -> dict[str, Any]:
    """Store an event of a person, who is made if unknown, and return it as callers see it."""
    return _recorded(uow, statements.ADD_EVENTS, event)


def record_score(uow: UnitOfWork, given: Given) -> dict[str, Any]:
    """Store a score of a person, who is made if unknown, and return it as callers see it."""
    return _recorded(uow, statements.ADD_SCORES, given)


def note_feedback(
    uow: UnitOfWork, happened: Iterable[Happening | None], people: Mapping[str, int]
) -> None:
    """Store what a channel's events told of it; `people` are the profiles by user id."""
    events: list[Event | Given] = []
    scores: list[Event | Given] = []
    for one in happened:
        match one:
            case EventTold(sender=sender):
                events.append(Event(sender.user_id, one.name, one.at, value=one.value))
            case ScoreGiven(sender=sender):
                scores.append(Given(sender.user_id, one.kind, one.score, one.at, one.comment))
    for statement, rows in ((statements.ADD_EVENTS, events), (statements.ADD_SCORES, scores)):
        if rows:
            _add(uow, statement, [_row(row, people[row.user_id]) for row in rows])


def _recorded(uow: UnitOfWork, statement: str, told: Event | Given) -> dict[str, Any]:
    # As drains do: whoever erases the person meanwhile must see this, or be seen.
    told = _as_stored(uow, told)
    uow.run(LOCK, {"key": lock_key(uow, told.user_id)})
    row = _row(told, find_or_make_person(uow, told.user_id))
    (id_,) = _add(uow, statement, [row])
    return {"id": id_, **asdict(told), "occurred_at": format_time(told.occurred_at)}


def _as_stored(uow: UnitOfWork, told: Event | Given) -> Event | Given:
    if isinstance(told, Given):
        return replace(told, comment=as_stored(uow, told.comment))
    return replace(told, name=as_stored(uow, told.name))


def _row(told: Event | Given, profile_id: int) -> dict[str, Any]:
    return {**asdict(told), "profile_id": profile_id}


def _add(uow: UnitOfWork, statement: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows)}
    return [row[0] for row in uow.run(statement, params)]
