"""People as lists show them: who was there last, and whose id begins with what is typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_

from talkhub.store.tables.profiles import Profile
from talkhub.store.uow import UnitOfWork

_AFTER_ALL_OTHERS = "\U0010ffff"
"""The last character of all: nothing that begins with a text sorts behind the text and this."""


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """Someone in a list. `id` and `last_seen_at` are the place in it."""

    id: int
    user_id: str
    name: str | None
    last_seen_at: datetime


def is_somebody(uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of the profiles that stand for a person, not for one of their ids."""
    return (
        Profile.workspace_id == uow.workspace_id,
        Profile.merged_into_id.is_(None),
        Profile.erased_at.is_(None),
    )


def people_last_seen(
    uow: UnitOfWork, *, before: tuple[datetime, int] | None, limit: int
) -> tuple[SeenPerson, ...]:
    """Return people, the last seen first, from behind a place in this order."""
    place = tuple_(Profile.last_seen_at, Profile.id)
    statement = (
        select(Profile.id, Profile.user_id, Profile.name, Profile.last_seen_at)
        .where(
            *is_somebody(uow),
            Profile.last_seen_at.is_not(None),
        )
        .order_by(Profile.last_seen_at.desc(), Profile.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(place < tuple_(*before))
    return tuple(SeenPerson(**row) for row in uow.execute(statement).mappings())


def user_ids_beginning(uow: UnitOfWork, beginning: str, *, limit: int) -> tuple[str, ...]:
    """Return the ids of people that begin with a text, in the order of their characters.

    No `like`: row-level security keeps operators that are not leakproof from an index.
    """
    user_id = Profile.user_id.collate("C")
    statement = (
        select(Profile.user_id)
        .where(
            Profile.workspace_id == uow.workspace_id,
            user_id >= beginning,
            user_id < beginning + _AFTER_ALL_OTHERS,
            Profile.erased_at.is_(None),
        )
        .order_by(user_id)
        .limit(limit)
    )
    return tuple(uow.execute(statement).scalars())
