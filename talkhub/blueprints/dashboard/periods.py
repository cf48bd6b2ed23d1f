"""The periods that pages offer, each with the one before it to compare with."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum
from zoneinfo import ZoneInfo

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.overview import Comparison, Span, Step


class PeriodName(StrEnum):
    """The periods to choose from, as they stand in the address."""

    LAST_DAY = "24h"
    TODAY = "today"
    WEEK = "7d"
    FOUR_WEEKS = "28d"
    QUARTER = "90d"


_DAYS = {
    PeriodName.TODAY: 1,
    PeriodName.WEEK: 7,
    PeriodName.FOUR_WEEKS: 28,
    PeriodName.QUARTER: 90,
}
_HOUR = timedelta(hours=1)


def period_name(name: PeriodName) -> str:
    """Return what a period is called in the request's language."""
    names = {
        PeriodName.LAST_DAY: _("24 horas"),
        PeriodName.TODAY: _("Hoje"),
        PeriodName.WEEK: _("7 dias"),
        PeriodName.FOUR_WEEKS: _("28 dias"),
        PeriodName.QUARTER: _("90 dias"),
    }
    return names[name]


def compare(name: PeriodName, *, now: datetime, zone: ZoneInfo) -> Comparison:
    """Return a period up to its running hour or day, and the one before it.

    The previous period ends as long after its beginning as it is now, so that a day that
    has just begun is not compared with a whole one.
    """
    if name is PeriodName.LAST_DAY:
        end = now.replace(minute=0, second=0, microsecond=0) + _HOUR
        start, before = end - 24 * _HOUR, end - 48 * _HOUR
        step = Step.HOUR
    else:
        days, today = _DAYS[name], now.astimezone(zone).date()
        start, end = _midnight(today, 1 - days, zone), _midnight(today, 1, zone)
        before = _midnight(today, 1 - 2 * days, zone)
        step = Step.HOUR if days == 1 else Step.DAY
    return Comparison(
        current=Span(start, end),
        previous=Span(before, before + (now - start)),
        step=step,
        zone=zone,
    )


def steps(span: Span, step: Step, zone: ZoneInfo) -> list[datetime]:
    """Return the beginnings of all hours or days of a span, that of its last, begun one too."""
    if step is Step.HOUR:
        hours = math.ceil((span.end - span.start) / _HOUR)
        return [span.start + hour * _HOUR for hour in range(hours)]
    first = span.start.astimezone(zone).date()
    last = (span.end - timedelta(microseconds=1)).astimezone(zone).date()
    return [_midnight(first, offset, zone) for offset in range((last - first).days + 1)]


def days_as_period(first: date | None, last: date | None, zone: ZoneInfo) -> Period:
    """Return the period from one local day's beginning to another one's end."""
    return Period(
        start=_midnight(first, 0, zone) if first else None,
        end=_midnight(last, 1, zone) if last else None,
    )


def _midnight(day: date, offset: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=offset), clock_time(), zone).astimezone(UTC)
