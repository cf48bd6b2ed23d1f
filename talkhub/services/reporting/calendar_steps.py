"""Stretches of time in a time zone: hours, days, weeks and months. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Level(StrEnum):
    """How much time a bucket of the analytics' read model is of."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Step(StrEnum):
    """How long a stretch of a course is; weeks begin on Sunday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until before `end`, in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: Span) -> bool:
        """Tell whether two spans have a moment in common."""
        return self.start < other.end and other.start < self.end

    def within(self, other: Span) -> list[Span]:
        """Return what of a span lies in another one, if anything does."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return [Span(start, end)] if start < end else []


@lru_cache(maxsize=4096)  # a question asks for the same days again and again
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(day: date, zone: ZoneInfo) -> Span:
    """Return a local day, which may have 23 or 25 hours."""
    return Span(midnight(day, zone), midnight(day + _DAY, zone))


def month_of(day: date, zone: ZoneInfo) -> Span:
    """Return the local month that a day is in."""
    first = day.replace(day=1)
    return Span(midnight(first, zone), midnight(_next_month(first), zone))


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day that it is in a zone."""
    return moment.astimezone(zone).date()


def whole(level: Level, span: Span, zone: ZoneInfo) -> list[Span]:
    """Return the local days or months that lie in a span as a whole."""
    of = day_of if level is Level.DAY else month_of
    found = []
    inside = of(local_day(span.start, zone), zone)
    while inside.end <= span.end:
        if inside.start >= span.start:
            found.append(inside)
        inside = of(local_day(inside.end, zone), zone)
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the stretches without a gap that spans, which do not overlap, make up."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and found[-1].end == span.start:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def without(spans: Sequence[Span], known: Sequence[Span]) -> list[Span]:
    """Return what is left of spans without those that are known, each within one of them."""
    left: list[Span] = []
    ordered = iter(sorted(known))
    gap = next(ordered, None)
    for span in sorted(spans):
        start = span.start
        while gap is not None and gap.start < span.end:
            if gap.start > start:
                left.append(Span(start, gap.start))
            start = gap.end
            gap = next(ordered, None)
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def begin_of(moment: datetime, step: Step, zone: ZoneInfo) -> datetime:
    """Return when the step began that a moment lies in; weeks begin on Sunday."""
    if step is Step.HOUR:
        offset = moment.astimezone(zone).replace(tzinfo=None) - moment.replace(tzinfo=None)
        local = moment.replace(tzinfo=None) + offset
        return (local.replace(minute=0, second=0, microsecond=0) - offset).replace(tzinfo=UTC)
    day = local_day(moment, zone)
    if step is Step.WEEK:
        day -= timedelta(days=(day.weekday() + 1) % 7)
    elif step is Step.MONTH:
        day = day.replace(day=1)
    return midnight(day, zone)


def steps(span: Span, step: Step, zone: ZoneInfo) -> list[datetime]:
    """Return the beginnings of all steps that a span touches."""
    begins = [begin_of(span.start, step, zone)]
    while (following := _following(begins[-1], step, zone)) < span.end:
        begins.append(following)
    return begins


def has_whole_hours(span: Span, zone: ZoneInfo) -> bool:
    """Tell whether the zone's hours are UTC's, but for their numbers."""
    return all(
        (moment.astimezone(zone).utcoffset() or _DAY) % HOUR == timedelta()
        for moment in (span.start, span.end)
    )


def week_hour(moment: datetime, zone: ZoneInfo) -> int:
    """Return the local hour of the week, from Sunday's first on."""
    local = moment.astimezone(zone)
    return (local.weekday() + 1) % 7 * 24 + local.hour


def _following(begin: datetime, step: Step, zone: ZoneInfo) -> datetime:
    if step is Step.HOUR:
        # Aligned again: there are zones whose clocks change by half an hour.
        return max(begin_of(begin + HOUR, step, zone), begin + HOUR / 4)
    day = local_day(begin, zone)
    if step is Step.MONTH:
        return midnight(_next_month(day), zone)
    return midnight(day + timedelta(days=7 if step is Step.WEEK else 1), zone)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
