"""Answer questions about many conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.reporting import definitions
from talkhub.services.reporting.calendar_steps import (
    Span,
    Step,
    local_day,
    midnight,
    steps,
)
from talkhub.services.reporting.definitions import (
    COMPUTED,
    DISTRIBUTIONS,
    OF_A_PART,
    Known,
    MetricName,
)
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.slices import (
    NOTHING,
    Dimension,
)
from talkhub.services.reporting.wishes import Filters, Found, PeriodTooLong, Where, Wish
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.analytics import Period
from talkhub.store.statements.feedback import GIVEN_UP
from talkhub.store.uow import UnitOfWork

MOST_STEPS = 1_000
MOST_FILTERED_DAYS = 366
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know of the conversations that began in a period.

    Days are those of `zone`, the workspace's by default; an end day is included whole. With a
    `step` the answer has a series, with `group_by` groups, with `compare` the period before.
    """

    start: date | datetime | None = None
    end: date | datetime | None = None
    metrics: Sequence[MetricName] = definitions.ORIGINAL
    zone: ZoneInfo | None = None
    step: Step | None = None
    group_by: Dimension | None = None
    filters: Filters | None = None
    compare: bool = False


class EmptyPeriod(ValueError):
    """A period ends before it begins."""


class NoPeriod(ValueError):
    """There is nothing before a period without a beginning."""


def conversation_analytics(uow: UnitOfWork, asked: Question) -> dict[str, Any]:
    """Return the asked metrics of the conversations that began in a period.

    Conversations that are still open count from their first message, but not towards the
    completion rate. Raises EmptyPeriod, PeriodTooLong and NoPeriod.
    """
    reader = open_reader(uow)
    zone = asked.zone or reader.zone
    period = as_period(asked.start, asked.end, zone)
    reading = _Reading(reader, asked, zone)
    answer = reading.tell(period)
    if asked.compare:
        before = _previous(period, zone)
        answer["previous"] = reading.tell(before)
    return answer


def as_period(start: date | datetime | None, end: date | datetime | None, zone: ZoneInfo) -> Period:
    """Return the half-open period in UTC; a day means its midnights in `zone`.

    Raises EmptyPeriod.
    """
    first = _moment(start, zone)
    last = _moment(end, zone, following=True)
    if first is not None and last is not None and first >= last:
        raise EmptyPeriod("The period ends before it begins.")
    return Period(first, last)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is read for one question."""

    reader: Reader
    asked: Question
    zone: ZoneInfo

    def tell(self, period: Period) -> dict[str, Any]:
        """Return the answer for one period."""
        _refuse_too_long(self.asked, self._bounded(period))
        told = frozenset(DISTRIBUTIONS[one] for one in self.asked.metrics if one in DISTRIBUTIONS)
        if MetricName.MOVERS in self.asked.metrics:
            told |= frozenset(definitions.MOVING)
        found = self.find(period, told)
        whole = _known(found, None, told)
        answer = {one.value: COMPUTED[one](whole) for one in self.asked.metrics if one in COMPUTED}
        answer |= self._compared(period, whole, told)
        if self.asked.group_by is not None:
            answer["groups"] = _groups(found, None, self.asked)
        if self.asked.step is not None:
            answer["series"] = self._series(period, self.asked.step)
        answer["period"] = {
            "start": format_time(period.start) if period.start else None,
            "end": format_time(period.end) if period.end else None,
            "timezone": self.zone.key,
        }
        return answer

    def find(
        self, period: Period, told: frozenset[Dimension] = frozenset(), step: Step | None = None
    ) -> Found:
        """Return what a period's conversations add up to."""
        span = self._span(period)
        if span is None:
            return Found()
        full = {Dimension.ALL, self.asked.group_by or Dimension.ALL}
        # A step tells single figures alone, and those need no hours of the week.
        metrics = [one for one in self.asked.metrics if step is None or one in OF_A_PART]
        details = definitions.details_of(metrics)
        wish = Wish(self.zone, step, frozenset(full), told, details)
        return self.reader.find([span], wish, self.asked.filters)

    def _span(self, period: Period) -> Span | None:
        """Return what of a period there is something to know of."""
        first, last = period.start or _BEGINNING, period.end or _END
        if self.asked.filters is None:
            if self.reader.known is None:
                return None
            first, last = max(first, self.reader.known.start), min(last, self.reader.known.end)
        return Span(first, last) if first < last else None

    def _bounded(self, period: Period) -> Span | None:
        """Return a period with the bounds that nobody gave: from the first conversation on."""
        known = self.reader.known
        first = period.start or (known and known.start)
        last = period.end or (known and known.end)
        return Span(first, last) if first and last and first < last else None

    def _compared(self, period: Period, whole: Known, told: frozenset[Dimension]) -> dict[str, Any]:
        """Return the metrics that need more than the period itself."""
        answer: dict[str, Any] = {}
        metrics = self.asked.metrics
        if MetricName.NEW_USERS in metrics or MetricName.RETURNING_USERS in metrics:
            who = (MetricName.UNIQUE_USERS,)
            question = replace(self.asked, filters=None, group_by=None, metrics=who)
            everybody = replace(self, asked=question)
            earlier = everybody.find(Period(None, period.start)) if period.start else Found()
            before = _known(earlier, None).all.people
            returning = len(whole.all.people & before)
            people = {
                MetricName.NEW_USERS: len(whole.all.people) - returning,
                MetricName.RETURNING_USERS: returning,
            }
            answer |= {one.value: count for one, count in people.items() if one in metrics}
        if MetricName.MOVERS in metrics:
            previous = self.find(_previous(period, self.zone), told)
            answer["movers"] = definitions.movers(whole, _known(previous, None, told))
        if MetricName.ERROR_RATE in metrics:
            answer["error_rate"] = self._error_rate(period, whole)
        return answer

    def _error_rate(self, period: Period, whole: Known) -> float | None:
        """Return it; None under filters, as what could not be read is nobody's."""
        if self.asked.filters not in (None, Filters()):
            return None
        key = {"workspace_id": self.reader.uow.workspace_id, **asdict(period)}
        return definitions.error_rate(self.reader.uow.run(GIVEN_UP, key).scalar_one(), whole)

    def _series(self, period: Period, step: Step) -> list[dict[str, Any]]:
        span = self._bounded(period)
        if span is None:
            return []
        found = self.find(Period(span.start, span.end), step=step)
        return [_step(found, begin, self.asked) for begin in steps(span, step, self.zone)]


def _step(found: Found, begin: datetime, asked: Question) -> dict[str, Any]:
    told = {"start": format_time(begin), **_single(_known(found, begin), asked)}
    if asked.group_by is not None:
        told["groups"] = _groups(found, begin, asked)
    return told


def _groups(found: Found, begin: datetime | None, asked: Question) -> list[dict[str, Any]]:
    """Return what each value of the asked dimension adds up to, the most frequent first."""
    groups = [
        (where.value, Known(one))
        for where, one in found.slices.items()
        if where.begins_at == begin and where.dimension is asked.group_by
    ]
    groups.sort(key=lambda group: (-group[1].all.counts[0], group[0]))
    return [{"value": value, **_single(known, asked)} for value, known in groups]


def _single(known: Known, asked: Question) -> dict[str, Any]:
    return {one.value: COMPUTED[one](known) for one in asked.metrics if one in OF_A_PART}


def _known(
    found: Found, begin: datetime | None, dimensions: frozenset[Dimension] = frozenset()
) -> Known:
    counts: dict[Dimension, dict[str, int]] = {dimension: {} for dimension in dimensions}
    for where, count in found.counts.items():
        if where.begins_at == begin and where.dimension in counts:
            counts[where.dimension][where.value] = count
    return Known(found.slices.get(Where(begin, Dimension.ALL, ""), NOTHING), counts)


def span_before(span: Span, zone: ZoneInfo) -> Span:
    """Return the span of the same length before; of whole days it has as many days.

    Raises NoPeriod where the calendar has no such days.
    """
    first, last = local_day(span.start, zone), local_day(span.end, zone)
    try:
        if midnight(first, zone) == span.start and midnight(last, zone) == span.end:
            return Span(midnight(first - (last - first), zone), span.start)
        return Span(span.start - (span.end - span.start), span.start)
    except OverflowError:
        raise NoPeriod("There are not as many days before the period.") from None


def _previous(period: Period, zone: ZoneInfo) -> Period:
    """Return the period before; one without an end ends now.

    Raises NoPeriod for one without a beginning.
    """
    if period.start is None:
        raise NoPeriod("Say when the period begins, to have it compared with the one before.")
    before = span_before(Span(period.start, period.end or clock.now()), zone)
    return Period(before.start, before.end)


def _refuse_too_long(asked: Question, span: Span | None) -> None:
    if span is None:
        return
    if asked.step is not None:
        length = {Step.HOUR: 1, Step.DAY: 24, Step.WEEK: 24 * 7, Step.MONTH: 24 * 28}[asked.step]
        if (span.end - span.start) / timedelta(hours=length) > MOST_STEPS:
            raise PeriodTooLong(
                f"The period has more than {MOST_STEPS} steps; choose longer steps or fewer days."
            )
    is_of_many = asked.filters is not None and asked.filters.user_id is None
    if is_of_many and span.end - span.start > timedelta(days=MOST_FILTERED_DAYS):
        raise PeriodTooLong(
            f"With filters, at most {MOST_FILTERED_DAYS} days are counted; say start and end."
        )


def _moment(
    value: date | datetime | None, zone: ZoneInfo, *, following: bool = False
) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return _in_utc(value if value.tzinfo else value.replace(tzinfo=zone))
    day = value + timedelta(days=1) if following and value < date.max else value
    return _in_utc(datetime.combine(day, time(), zone))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the calendar begins and ends in another zone than UTC
        return moment.replace(tzinfo=UTC)
