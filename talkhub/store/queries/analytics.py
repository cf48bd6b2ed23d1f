"""Counts over conversations, for the analytics tool; the overview page counts by step itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, extract, func, select

from talkhub.names import CompletionStatus, ConversationStatus
from talkhub.store.conversations import Conversation
from talkhub.store.profiles import Profile
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until before `end`, in UTC; None is without bound."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the conversations of a period add up to.

    A conversation has no intent or sentiment before its analysis.
    """

    conversations: int
    people: int
    messages: int
    ended: int
    completed: int
    duration_seconds: float
    response_ms: int
    responses: int
    intents: dict[str, int]
    sentiments: dict[str, int]
    hours: dict[int, int]


def totals(
    uow: UnitOfWork, period: Period, *, zone: ZoneInfo, user_id: str | None = None
) -> Totals:
    """Count the conversations that began in `period`, of one person or of all."""
    where = _in_period(uow, period, user_id)
    is_ended = Conversation.status == ConversationStatus.CLOSED
    duration = extract("epoch", Conversation.last_message_at - Conversation.started_at)
    sums = uow.execute(
        select(
            func.count().label("conversations"),
            func.count(Conversation.profile_id.distinct()).label("people"),
            _sum(Conversation.message_count).label("messages"),
            func.count().filter(is_ended).label("ended"),
            func.count()
            .filter(is_ended, completion() == CompletionStatus.COMPLETED)
            .label("completed"),
            _sum(duration).label("duration_seconds"),
            _sum(Conversation.response_ms_total).label("response_ms"),
            _sum(Conversation.response_count).label("responses"),
        ).where(where)
    )
    local_hour = cast(extract("hour", func.timezone(zone.key, Conversation.started_at)), Integer)
    row = sums.mappings().one()
    return Totals(
        **{name: int(row[name]) for name in row if name != "duration_seconds"},
        duration_seconds=float(row["duration_seconds"]),
        intents=_counts(uow, Conversation.primary_intent, where),
        sentiments=_counts(uow, Conversation.sentiment, where),
        hours={int(hour): count for hour, count in _counts(uow, local_hour, where).items()},
    )


def completion() -> ColumnElement[str]:
    """How a conversation stands: the `completion_status` that its metadata reports."""
    status: ColumnElement[str] = Conversation.metadata_["completion_status"].astext
    return status


def _in_period(uow: UnitOfWork, period: Period, user_id: str | None) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [Conversation.workspace_id == uow.workspace_id]
    if period.start is not None:
        conditions.append(Conversation.started_at >= period.start)
    if period.end is not None:
        conditions.append(Conversation.started_at < period.end)
    if user_id is not None:
        person: Select[Any] = select(func.coalesce(Profile.merged_into_id, Profile.id)).where(
            Profile.workspace_id == uow.workspace_id, Profile.user_id == user_id
        )
        conditions.append(Conversation.profile_id == person.scalar_subquery())
    return and_(*conditions)


def _counts(uow: UnitOfWork, column: Any, where: ColumnElement[bool]) -> dict[Any, int]:
    statement = (
        select(column, func.count())
        .where(where, column.is_not(None))
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return {row[0]: row[1] for row in uow.execute(statement)}


def _sum(column: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column), 0)
