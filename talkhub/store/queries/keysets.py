"""Which conversations and people a list goes on with: keysets, the newest first.

What an index cannot tell is looked at row by row, and at most so many rows at once: a page of what
is rare, or not there at all, is as quick as any, holds fewer, and says where to go on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import aliased

from talkhub.store.queries.conversation_filters import (
    ConversationFilter,
    is_among,
    is_in_reach,
    is_such,
    person_known_as,
)
from talkhub.store.queries.people import is_somebody
from talkhub.store.tables.conversations import Conversation
from talkhub.store.tables.profiles import Profile
from talkhub.store.uow import UnitOfWork

CONVERSATIONS_LOOKED_AT = 5_000
PEOPLE_LOOKED_AT = 1_000
"""By a page of a list, which is to come at once. People are asked for their conversations."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A place in the order of conversations by their beginning; it does not change as they grow."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """What a page of conversations holds; `next` is None where the list ends."""

    ids: tuple[int, ...]
    next: Begun | None


@dataclass(frozen=True, slots=True)
class PeopleKeys:
    """What a page of people holds; `next` is None where the list ends."""

    ids: tuple[int, ...]
    next: int | None


def conversations_from(
    uow: UnitOfWork,
    wanted: ConversationFilter,
    *,
    after: Begun | None,
    limit: int,
    look_at: int | None = None,
) -> ConversationKeys:
    """Return the next conversations behind a place, those that began last first."""
    look_at = look_at or CONVERSATIONS_LOOKED_AT
    reached = _in_reach(uow, wanted, after)
    walked = reached.limit(look_at).subquery()
    of = cast("type[Conversation]", aliased(Conversation, walked))
    statement = (
        select(of.id, of.started_at)
        .where(is_such(uow, wanted, of))
        .order_by(of.started_at.desc(), of.id.desc())
        .limit(limit + 1)
    )
    found = [Begun(began, row_id) for row_id, began in uow.execute(statement)]
    ids = tuple(place.id for place in found[:limit])
    if len(found) > limit:
        return ConversationKeys(ids, found[limit - 1])
    last = reached.with_only_columns(Conversation.started_at, Conversation.id)
    edge = uow.execute(last.offset(look_at - 1).limit(1)).one_or_none()
    return ConversationKeys(ids, Begun(*edge) if edge else None)


def people_from(
    uow: UnitOfWork,
    wanted: ConversationFilter,
    *,
    after: int | None,
    limit: int,
    look_at: int | None = None,
) -> PeopleKeys:
    """Return the next people behind an id who had such a conversation, the newest profile first.

    Where nothing but a label or an id is asked for, people without any conversation are among them.
    """
    look_at = look_at or PEOPLE_LOOKED_AT
    reached = select(Profile).where(*is_somebody(uow)).order_by(Profile.id.desc())
    if after is not None:
        reached = reached.where(Profile.id < after)
    if wanted.user_id is not None:
        reached = reached.where(Profile.id == person_known_as(uow, wanted.user_id))
    walked = reached.limit(look_at).subquery()
    of = cast("type[Profile]", aliased(Profile, walked))
    statement = select(of.id).order_by(of.id.desc()).limit(limit + 1)
    if wanted.labels:
        statement = statement.where(of.tags.overlap(wanted.labels))
    such = replace(wanted, labels=(), user_id=None)
    if such != ConversationFilter():
        theirs = select(Conversation.id).where(
            is_among(uow, such), Conversation.profile_id == of.id
        )
        statement = statement.where(theirs.exists())
    found = tuple(uow.execute(statement).scalars())
    if len(found) > limit:
        return PeopleKeys(found[:limit], found[limit - 1])
    last = reached.with_only_columns(Profile.id).offset(look_at - 1).limit(1)
    return PeopleKeys(found, uow.execute(last).scalar())


def _in_reach(
    uow: UnitOfWork, wanted: ConversationFilter, after: Begun | None
) -> Select[Conversation]:
    statement: Select[Any] = (
        select(Conversation)
        .where(is_in_reach(uow, wanted))
        .order_by(Conversation.started_at.desc(), Conversation.id.desc())
    )
    if after is None:
        return statement
    place = tuple_(Conversation.started_at, Conversation.id)
    return statement.where(place < tuple_(after.at, after.id))
