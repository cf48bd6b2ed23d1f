"""For how long a workspace keeps what, and the nightly end of what is older.

Figures stay: of a conversation goes what was said, and what they count of it is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from talkhub import clock
from talkhub.errors import Invalid
from talkhub.names import Job
from talkhub.services.audit import audit
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing import (
    REPLAYED_FOR,
    TIMEOUT_MS,
    Subject,
    empty_conversations,
    erase_events,
    erase_person,
    message_names,
    subject_of,
)
from talkhub.settings import Settings
from talkhub.store.statements import erasing
from talkhub.store.statements import retention as statements
from talkhub.store.statements.deleting import FORGET_CONVERSATIONS
from talkhub.store.uow import Database, Scope, UnitOfWork, workspace_scope


class DataClass(StrEnum):
    """What can be kept for a time of its own: what was said, who was silent, what came and went."""

    MESSAGES = "messages"
    PEOPLE = "people"
    INBOUND = "inbound"
    OUTBOUND = "outbound"


ROWS_AT_ONCE = 200
"""So few that nobody waits for the transaction, whatever hangs on a row."""

LEAST_DAYS = {DataClass.MESSAGES: 30, DataClass.PEOPLE: 30}
"""Providers deliver again for as long, and what a bot saves again is known by its row."""

COUNTED_AT_MOST = 10_000
"""By a page or an answer, which are to come at once."""

_LONGEST = 36_500
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
ACTOR = "retention"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a class of data is kept; `days` is None where no rule ends it.

    `at_most` are the days after which the operator deletes it anyway; None is never.
    """

    data_class: DataClass
    days: int | None
    at_most: int | None


def days_at_most(settings: Settings) -> Mapping[DataClass, int]:
    """Return after how many days the operator deletes a class for every workspace."""
    return {
        DataClass.INBOUND: settings.inbox_retention_days,
        DataClass.OUTBOUND: settings.outbox_retention_days,
    }


def retentions(uow: UnitOfWork, at_most: Mapping[DataClass, int]) -> list[Retention]:
    """Return how long each class is kept in the workspace."""
    days = _rules(uow)
    return [Retention(it, days.get(it), at_most.get(it)) for it in DataClass]


def keep_for(
    uow: UnitOfWork, data_class: DataClass, days: int | None, at_most: Mapping[DataClass, int]
) -> None:
    """Keep a class of data so many days from now on; None as long as ever. Raises Invalid."""
    key = {"workspace_id": uow.workspace_id, "data_class": data_class.value}
    if _rules(uow).get(data_class) == days:
        return
    if days is None:
        uow.run(statements.END_RULE, key)
    else:
        least, most = LEAST_DAYS.get(data_class, 1), at_most.get(data_class, _LONGEST)
        if not least <= days <= most:
            detail = f"{data_class} are kept from {least} to {most} days."
            raise Invalid.at(data_class, detail=detail, code="days_invalid")
        uow.run(statements.SET_RULE, {**key, "days": days, "actor": uow.scope.actor})
    audit(uow, action="retention.set", subject=data_class, address=None, detail={"days": days})


def hold(uow: UnitOfWork, user_id: str, *, is_held: bool) -> None:
    """Have a person's data kept whatever rules and requests say, or no longer.

    Raises NotFound for an id that nobody has.
    """
    subject = subject_of(uow, user_id)
    params = {**_people(uow, subject), "is_held": is_held}
    if uow.run(statements.SET_HOLD, params).rowcount:
        action = "person.held" if is_held else "person.released"
        audit(uow, action=action, subject=str(subject.profile_ids[0]), address=None)


def rows_due(uow: UnitOfWork, *, at_most: int | None = None) -> dict[DataClass, int]:
    """Return how many rows the rules would take now, by class; only of classes with a rule.

    Counting stops at `at_most`; without it every row is counted, however long that takes.
    """
    key = {"workspace_id": uow.workspace_id, "at_most": at_most}
    return {
        data_class: uow.run(
            statements.COUNTS[data_class], {**key, "before": _ago(days)}
        ).scalar_one()
        for data_class, days in _rules(uow).items()
    }


def apply_rules(
    database: Database, workspace_id: int, tombstones: Tombstones
) -> dict[DataClass, int]:
    """Delete what a workspace's rules no longer keep; return how many rows, by class.

    It may be ended at any time: every few rows are a transaction, and the next run goes on.
    """
    scope = workspace_scope(workspace_id, ACTOR, timeout_ms=TIMEOUT_MS)
    with database.read_only(scope) as uow:
        rules = _rules(uow)
    gone: dict[DataClass, int] = {}
    for data_class, days in rules.items():
        before = _ago(days)
        match data_class:
            case DataClass.MESSAGES:
                gone[data_class] = _empty_conversations(database, scope, before, tombstones)
            case DataClass.PEOPLE:
                gone[data_class] = _erase_people(database, scope, before, tombstones)
            case DataClass.INBOUND:
                gone[data_class] = _delete(database, scope, before, _delete_events)
            case DataClass.OUTBOUND:
                gone[data_class] = _delete(database, scope, before, _delete_delivered)
    if any(gone.values()):
        with database.unit_of_work(scope) as uow:
            detail = {data_class.value: count for data_class, count in gone.items()}
            audit(uow, action="retention.applied", subject=None, address=None, detail=detail)
    return gone


def _rules(uow: UnitOfWork) -> dict[DataClass, int]:
    rows = uow.run(statements.RULES, {"workspace_id": uow.workspace_id})
    return {DataClass(row["data_class"]): row["days"] for row in rows.mappings()}


def _ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _people(uow: UnitOfWork, subject: Subject) -> dict[str, Any]:
    return {"workspace_id": uow.workspace_id, "profile_ids": list(subject.profile_ids)}


def _delete(
    database: Database,
    scope: Scope,
    before: datetime,
    some: Callable[[UnitOfWork, dict[str, Any]], int],
) -> int:
    total, found = 0, ROWS_AT_ONCE
    while found == ROWS_AT_ONCE:
        params = {"workspace_id": scope.workspace_id, "before": before, "limit": ROWS_AT_ONCE}
        with database.unit_of_work(scope) as uow:
            found = some(uow, params)
        total += found
    return total


def _delete_events(uow: UnitOfWork, params: dict[str, Any]) -> int:
    return uow.run(statements.DELETE_SETTLED_EVENTS, params).rowcount


def _delete_delivered(uow: UnitOfWork, params: dict[str, Any]) -> int:
    return int(uow.run(statements.DELETE_DELIVERED, params).scalar_one())


def _empty_conversations(
    database: Database, scope: Scope, before: datetime, tombstones: Tombstones
) -> int:
    """Take what was said from old conversations, the oldest first."""
    total, place = 0, (_BEGINNING, 0)
    while True:
        params = {
            "workspace_id": scope.workspace_id,
            "before": before,
            "after_at": place[0],
            "after_id": place[1],
            "limit": ROWS_AT_ONCE,
        }
        with database.unit_of_work(scope) as uow:
            found = uow.run(statements.TAKE_OLD_CONVERSATIONS, params).all()
            if found:
                _empty(uow, [row[0] for row in found], tombstones)
                uow.ring(Job.DRAIN_STATS)
        total += len(found)
        if len(found) < ROWS_AT_ONCE:
            return total
        place = (found[-1][1], found[-1][0])


def _empty(uow: UnitOfWork, conversation_ids: list[int], tombstones: Tombstones) -> None:
    """Delete what conversations say and all that was made of it, but what is known of people."""
    key = {
        "workspace_id": uow.workspace_id,
        "conversation_ids": conversation_ids,
        "profile_ids": [],
    }
    now = clock.now()
    messages = uow.run(erasing.ERASE_INDEX_OF_CONVERSATIONS, key).mappings().all()
    uow.run(FORGET_CONVERSATIONS, key)
    empty_conversations(uow, conversation_ids, now)  # while the analyses are there
    uow.run(erasing.ERASE_FINDINGS, key)
    erase_events(uow, Subject((), (), frozenset()), messages)
    uow.run(erasing.ERASE_OUTBOX, key)
    tombstones.put(uow, message_names(messages, since=now - REPLAYED_FOR), erased_at=now)


def _erase_people(
    database: Database, scope: Scope, before: datetime, tombstones: Tombstones
) -> int:
    """Erase who was silent for too long, each in a transaction of their own."""
    total, after = 0, 0
    while True:
        params = {
            "workspace_id": scope.workspace_id,
            "before": before,
            "after": after,
            "limit": ROWS_AT_ONCE,
        }
        with database.read_only(scope) as uow:
            people = uow.run(statements.SILENT_PEOPLE, params).all()
        for profile_id, user_id in people:
            with database.unit_of_work(scope) as uow:
                total += _erase_if_still_silent(uow, profile_id, user_id, params, tombstones)
        if len(people) < ROWS_AT_ONCE:
            return total
        after = people[-1][0]


def _erase_if_still_silent(
    uow: UnitOfWork, profile_id: int, user_id: str, asked: dict[str, Any], tombstones: Tombstones
) -> bool:
    """Erase a person who has not written since they were found; tell whether they are gone."""
    only = {**asked, "after": profile_id - 1, "limit": 1}
    found = uow.run(statements.SILENT_PEOPLE, only).first()
    if found is None or found[0] != profile_id:
        return False
    erase_person(uow, user_id, tombstones)
    return True
