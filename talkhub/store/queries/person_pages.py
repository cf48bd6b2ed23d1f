"""People as operators look for them, and one of them whole: ids, history, who else it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from talkhub.store.queries.people import is_somebody
from talkhub.store.tables.profiles import Profile, ProfileChange
from talkhub.store.uow import UnitOfWork

PAGE_SIZE = 50
CHANGES_SHOWN = 20
LIKELY_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Someone in a list. `id` and `last_seen_at` are the place in it."""

    id: int
    user_id: str
    name: str | None
    phone: str | None
    email: str | None
    tags: tuple[str, ...]
    conversations: int | None
    first_seen_at: datetime | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class KnownId:
    """An id that the person is known by. The person's `own` one can not be parted from them."""

    user_id: str
    is_own: bool
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed of a profile at once: before and after, by field."""

    source: str
    changes: Mapping[str, Any]
    changed_at: datetime


def find_people(
    uow: UnitOfWork, looked_for: str, *, before: tuple[datetime, int] | None
) -> tuple[PersonLine, ...]:
    """Return a page of people, the last seen first, from behind a place in this order.

    `looked_for` is a part of the name, the e-mail, the phone or an id; the empty text is
    everybody.
    """
    statement = (
        select(*_LINE)
        .where(*is_somebody(uow), Profile.last_seen_at.is_not(None))
        .order_by(Profile.last_seen_at.desc(), Profile.id.desc())
        .limit(PAGE_SIZE)
    )
    if looked_for:
        statement = statement.where(_is_meant_by(uow, looked_for))
    if before is not None:
        statement = statement.where(tuple_(Profile.last_seen_at, Profile.id) < tuple_(*before))
    return tuple(_line(**row) for row in uow.execute(statement).mappings())


def likely_same(uow: UnitOfWork, profile_id: int) -> tuple[PersonLine, ...]:
    """Return others with this person's phone or e-mail."""
    this = select(Profile.phone, func.lower(Profile.email).label("email")).where(
        Profile.workspace_id == uow.workspace_id, Profile.id == profile_id
    )
    told = this.subquery()
    statement = (
        select(*_LINE)
        .join(told, or_(Profile.phone == told.c.phone, func.lower(Profile.email) == told.c.email))
        .where(*is_somebody(uow), Profile.id != profile_id)
        .order_by(Profile.id)
        .limit(LIKELY_SHOWN)
    )
    return tuple(_line(**row) for row in uow.execute(statement).mappings())


def kept_profile(uow: UnitOfWork, profile_id: int) -> int | None:
    """Return the profile that stands for this one: itself, or the one it was merged into."""
    statement = select(func.coalesce(Profile.merged_into_id, Profile.id)).where(
        Profile.workspace_id == uow.workspace_id,
        Profile.id == profile_id,
        Profile.erased_at.is_(None),
    )
    return uow.execute(statement).scalar()


def known_ids(uow: UnitOfWork, profile_id: int) -> tuple[KnownId, ...]:
    """Return all ids of a person, their own first."""
    is_own = Profile.id == profile_id
    statement = (
        select(Profile.user_id, is_own.label("is_own"), Profile.last_seen_at)
        .where(
            Profile.workspace_id == uow.workspace_id,
            or_(is_own, Profile.merged_into_id == profile_id),
        )
        .order_by(is_own.desc(), Profile.id)
    )
    return tuple(KnownId(**row) for row in uow.execute(statement).mappings())


def changes_of_person(uow: UnitOfWork, profile_id: int) -> tuple[Change, ...]:
    """Return the latest changes of a profile, the newest first."""
    statement = (
        select(ProfileChange.source, ProfileChange.changes, ProfileChange.changed_at)
        .where(
            ProfileChange.workspace_id == uow.workspace_id,
            ProfileChange.profile_id == profile_id,
        )
        .order_by(ProfileChange.id.desc())
        .limit(CHANGES_SHOWN)
    )
    return tuple(Change(**row) for row in uow.execute(statement).mappings())


_LINE = (
    Profile.id,
    Profile.user_id,
    Profile.name,
    Profile.phone,
    Profile.email,
    Profile.tags,
    Profile.interaction_stats["total_conversations"].as_integer().label("conversations"),
    Profile.first_seen_at,
    Profile.last_seen_at,
)


def _line(*, tags: list[str], **row: Any) -> PersonLine:
    return PersonLine(tags=tuple(tags), **row)


def _is_meant_by(uow: UnitOfWork, looked_for: str) -> ColumnElement[bool]:
    """Tell whether a person, or an id merged into them, is meant by what was typed."""
    digits = "".join(filter(str.isdigit, looked_for))
    columns = (Profile.name, Profile.email, Profile.user_id)
    matches: list[ColumnElement[bool]] = [
        column.icontains(looked_for, autoescape=True) for column in columns
    ]
    if digits:
        matches.append(Profile.phone.contains(digits, autoescape=True))
    merged = (
        select(Profile.merged_into_id)
        .where(
            Profile.workspace_id == uow.workspace_id,
            Profile.merged_into_id.is_not(None),
            or_(*matches),
        )
        .scalar_subquery()
    )
    return or_(*matches, Profile.id.in_(merged))
