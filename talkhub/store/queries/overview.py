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
from talkhub.store.queries.analytics import completion
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
    """The sums of both periods; of the current one by step and, busiest first, by platform."""

    current: Sums
    previous: Sums
    course: Mapping[datetime, Sums]
    platforms: Mapping[str, Sums]


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
    """Add up both periods from the conversations themselves, in one pass over them.

    From the rows, not from the hourly statistics: a person who came in two hours counts once.
    """
    of = _by_person(uow, compared).c
    sums = [
        func.sum(of.conversations),
        func.count(of.profile_id.distinct()),
        *(func.sum(of[name]) for name in _COUNTED[1:]),
    ]
    statement = select(of.is_current, of.step, of.platform, *sums).group_by(
        func.grouping_sets(
            tuple_(of.is_current),
            tuple_(of.is_current, of.step),
            tuple_(of.is_current, of.platform),
        )
    )
    totals: dict[bool, Sums] = {}
    course: dict[datetime, Sums] = {}
    platforms: dict[str, Sums] = {}
    for is_current, step, platform, *values in uow.execute(statement):
        found = Sums(*map(int, values))
        if step is None and platform is None:
            totals[is_current] = found
        elif is_current and platform is None:
            course[step] = found
        elif is_current:
            platforms[platform] = found
    busiest = sorted(platforms.items(), key=lambda item: (-item[1].conversations, item[0]))
    return PeriodSums(totals.get(True, Sums()), totals.get(False, Sums()), course, dict(busiest))


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


_COUNTED = (
    "conversations",
    "messages",
    "ended",
    "completed",
    "response_ms",
    "responses",
    "positive",
    "negative",
    "handoffs",
    "analysed",
)
"""What is counted person by person: the fields of `Sums` in their order, but for the people."""


def _by_person(uow: UnitOfWork, compared: Comparison) -> Any:
    """Add up the conversations of each person on each platform and in each step.

    People are counted from these few rows: to tell apart the people of all conversations,
    PostgreSQL would have to sort the conversations.
    """
    count = func.count()
    is_ended = Conversation.status == ConversationStatus.CLOSED
    is_analysed = Conversation.analysed_version.is_not(None)
    counted = (
        count,
        func.sum(Conversation.message_count),
        count.filter(is_ended),
        count.filter(is_ended, completion() == CompletionStatus.COMPLETED),
        func.sum(Conversation.response_ms_total),
        func.sum(Conversation.response_count),
        count.filter(is_analysed, Conversation.sentiment == Sentiment.POSITIVE),
        count.filter(is_analysed, Conversation.sentiment == Sentiment.NEGATIVE),
        count.filter(is_analysed, Conversation.primary_intent == Intent.HUMAN_HANDOFF),
        count.filter(is_analysed),
    )
    return (
        select(
            (Conversation.started_at >= compared.current.start).label("is_current"),
            _step_of(Conversation.started_at, compared).label("step"),
            Conversation.platform,
            Conversation.profile_id,
            *(column.label(name) for name, column in zip(_COUNTED, counted, strict=True)),
        )
        .where(
            Conversation.workspace_id == uow.workspace_id,
            _within(Conversation.started_at, compared),
        )
        .group_by("is_current", "step", Conversation.platform, Conversation.profile_id)
        .subquery()
    )


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
