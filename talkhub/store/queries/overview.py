"""The figures of the overview page: two periods beside each other, and their courses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, and_, cast, extract, func, or_, select, true, tuple_

from talkhub.names import CompletionStatus, ConversationStatus, Intent, Sentiment
from talkhub.store.conversations import Conversation
from talkhub.store.insights import HourlyStat
from talkhub.store.queries.conversations import completion
from talkhub.store.uow import UnitOfWork


class Step(StrEnum):
    """How long a stretch of a course is."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period, the one before it, and the steps in which both are walked through.

    The days of Step.DAY are those of `zone`.
    """

    current: Span
    previous: Span
    step: Step
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Sums:
    """What the conversations that began in a stretch of time add up to."""

    conversations: int = 0
    people: int = 0
    messages: int = 0
    ended: int = 0
    completed: int = 0
    response_ms: int = 0
    responses: int = 0
    positive: int = 0
    negative: int = 0
    handoffs: int = 0
    analysed: int = 0

    @property
    def completion_rate(self) -> float | None:
        """The share of ended conversations in which the person got an answer last."""
        return _ratio(self.completed, self.ended)

    @property
    def handoff_rate(self) -> float | None:
        """The share of analysed conversations that asked for a human."""
        return _ratio(self.handoffs, self.analysed)

    @property
    def net_sentiment(self) -> float | None:
        """Positive less negative conversations, of a hundred analysed ones."""
        share = _ratio(self.positive - self.negative, self.analysed)
        return None if share is None else share * 100

    @property
    def response_seconds(self) -> float | None:
        """How long a person waited for an answer, on average."""
        return _ratio(self.response_ms / 1000, self.responses)

    @property
    def analysed_share(self) -> float | None:
        """The share of conversations whose analysis is there."""
        return _ratio(self.analysed, self.conversations)


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """The sums of both periods, and of the current one's steps by their beginning."""

    current: Sums
    previous: Sums
    course: Mapping[datetime, Sums]


@dataclass(frozen=True, slots=True)
class HourlySums:
    """What the hourly statistics of one step add up to."""

    conversations: int = 0
    messages: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0


@dataclass(frozen=True, slots=True)
class IntentCount:
    """How many conversations had an intent, now and in the previous period."""

    intent: str
    current: int
    previous: int


def period_sums(uow: UnitOfWork, compared: Comparison) -> PeriodSums:
    """Add up both periods from the conversations themselves, in one statement.

    From the rows, not from the hourly statistics: a person who came in two hours counts once.
    """
    source = _conversations_of(uow, compared)
    of = source.c
    statement = select(of.is_current, of.step, *_sums(of)).group_by(
        func.grouping_sets(tuple_(of.is_current), tuple_(of.is_current, of.step))
    )
    totals: dict[bool, Sums] = {}
    course: dict[datetime, Sums] = {}
    for row in uow.execute(statement):
        is_current, step, *values = row
        if step is None:
            totals[is_current] = Sums(*map(int, values))
        elif is_current:
            course[step] = Sums(*map(int, values))
    return PeriodSums(totals.get(True, Sums()), totals.get(False, Sums()), course)


def platform_sums(uow: UnitOfWork, compared: Comparison) -> dict[str, Sums]:
    """Add up the current period by platform, the busiest first."""
    source = _conversations_of(uow, compared)
    statement = (
        select(source.c.platform, *_sums(source.c))
        .where(source.c.is_current)
        .group_by(source.c.platform)
        .order_by(func.count().desc(), source.c.platform)
    )
    return {row[0]: Sums(*map(int, row[1:])) for row in uow.execute(statement)}


def hourly_course(
    uow: UnitOfWork, compared: Comparison
) -> tuple[dict[datetime, HourlySums], dict[datetime, HourlySums]]:
    """Return the steps of the current and of the previous period, by their beginning."""
    begins = _step_of(HourlyStat.hour, compared).label("step")
    moods = [
        func.coalesce(func.sum(cast(HourlyStat.sentiments[mood].astext, Integer)), 0)
        for mood in (Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE)
    ]
    statement = (
        select(begins, func.sum(HourlyStat.conversations), func.sum(HourlyStat.messages), *moods)
        .where(_hours_of(uow, compared))
        .group_by("step")
    )
    current: dict[datetime, HourlySums] = {}
    previous: dict[datetime, HourlySums] = {}
    for begin, *values in uow.execute(statement):
        course = current if begin >= compared.current.start else previous
        course[begin] = HourlySums(*map(int, values))
    return current, previous


def intent_counts(uow: UnitOfWork, compared: Comparison) -> list[IntentCount]:
    """Return how often each intent came up, the most frequent first."""
    pair = func.jsonb_each_text(HourlyStat.intents).table_valued("key", "value").lateral()
    count = cast(pair.c.value, Integer)
    is_current = HourlyStat.hour >= compared.current.start
    current = func.coalesce(func.sum(count).filter(is_current), 0)
    previous = func.coalesce(func.sum(count).filter(~is_current), 0)
    statement = (
        select(pair.c.key, current, previous)
        .select_from(HourlyStat)
        .join(pair, true())
        .where(_hours_of(uow, compared))
        .group_by(pair.c.key)
        .order_by(current.desc(), previous.desc(), pair.c.key)
    )
    return [IntentCount(*row) for row in uow.execute(statement)]


def weekly_hours(uow: UnitOfWork, span: Span, zone: ZoneInfo) -> dict[tuple[int, int], int]:
    """Count the conversations of a span by local weekday (Sunday is 0) and hour."""
    local = func.timezone(zone.key, HourlyStat.hour)
    cell = (cast(extract("dow", local), Integer), cast(extract("hour", local), Integer))
    statement = (
        select(*cell, func.sum(HourlyStat.conversations))
        .where(
            HourlyStat.workspace_id == uow.workspace_id,
            HourlyStat.hour >= span.start,
            HourlyStat.hour < span.end,
        )
        .group_by(*cell)
    )
    return {(day, hour): int(count) for day, hour, count in uow.execute(statement)}


def _conversations_of(uow: UnitOfWork, compared: Comparison) -> Any:
    """Return the conversations of both periods, each with the step it began in."""
    return (
        select(
            (Conversation.started_at >= compared.current.start).label("is_current"),
            _step_of(Conversation.started_at, compared).label("step"),
            Conversation.platform,
            Conversation.profile_id,
            Conversation.message_count,
            Conversation.response_ms_total,
            Conversation.response_count,
            Conversation.sentiment,
            Conversation.primary_intent,
            (Conversation.analysed_version.is_not(None)).label("is_analysed"),
            (Conversation.status == ConversationStatus.CLOSED).label("is_ended"),
            completion().label("completion"),
        )
        .where(
            Conversation.workspace_id == uow.workspace_id,
            _within(Conversation.started_at, compared),
        )
        .subquery()
    )


def _sums(of: Any) -> list[ColumnElement[Any]]:
    """Return the columns of `Sums`, in their order."""
    count = func.count()
    return [
        count,
        func.count(of.profile_id.distinct()),
        func.sum(of.message_count),
        count.filter(of.is_ended),
        count.filter(of.is_ended, of.completion == CompletionStatus.COMPLETED),
        func.sum(of.response_ms_total),
        func.sum(of.response_count),
        count.filter(of.is_analysed, of.sentiment == Sentiment.POSITIVE),
        count.filter(of.is_analysed, of.sentiment == Sentiment.NEGATIVE),
        count.filter(of.is_analysed, of.primary_intent == Intent.HUMAN_HANDOFF),
        count.filter(of.is_analysed),
    ]


def _hours_of(uow: UnitOfWork, compared: Comparison) -> ColumnElement[bool]:
    return and_(
        HourlyStat.workspace_id == uow.workspace_id,
        HourlyStat.conversations > 0,
        _within(HourlyStat.hour, compared),
    )


def _within(moment: Any, compared: Comparison) -> ColumnElement[bool]:
    return or_(
        *(
            and_(moment >= period.start, moment < period.end)
            for period in (compared.current, compared.previous)
        )
    )


def _step_of(moment: Any, compared: Comparison) -> ColumnElement[datetime]:
    """Return when the step began that a moment lies in."""
    if compared.step is Step.HOUR:
        # Three arguments: with two, the hour would be that of the connection's time zone.
        return func.date_trunc("hour", moment, "UTC")
    local_midnight = func.date_trunc("day", func.timezone(compared.zone.key, moment))
    return func.timezone(compared.zone.key, local_midnight)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
