"""The periods that pages offer, each with the one before it to compare with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.services.reporting.asked_days import MOST_DAYS
from talkhub.services.reporting.calendar_steps import (
    HOUR,
    Span,
    Step,
    begin_of,
    midnight,
)
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.wishes import PeriodTooLong
from talkhub.store.queries.analytics import Period


class PeriodName(StrEnum):
    """The periods to choose from, as they stand in the address."""

    LAST_DAY = "24h"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7d"
    FOUR_WEEKS = "28d"
    QUARTER = "90d"
    MONTH = "month"


_DAYS = {
    PeriodName.TODAY: 1,
    PeriodName.WEEK: 7,
    PeriodName.FOUR_WEEKS: 28,
    PeriodName.QUARTER: 90,
}
_DAY = timedelta(days=1)
_MOST_DAILY_STEPS = 120


def period_name(name: PeriodName) -> str:
    """Return what a period is called in the request's language."""
    names = {
        PeriodName.LAST_DAY: _("24 horas"),
        PeriodName.TODAY: _("Hoje"),
        PeriodName.YESTERDAY: _("Ontem"),
        PeriodName.WEEK: _("7 dias"),
        PeriodName.FOUR_WEEKS: _("28 dias"),
        PeriodName.QUARTER: _("90 dias"),
        PeriodName.MONTH: _("Este mês"),
    }
    return names[name]


def compare(name: PeriodName, *, now: datetime, zone: ZoneInfo) -> Comparison:
    """Return a period up to its running hour or day, and the one before it.

    The previous period ends as long after its beginning as it is now, so that a day that
    has just begun is not compared with a whole one.
    """
    if name is PeriodName.LAST_DAY:
        end = begin_of(now, Step.HOUR, zone) + HOUR
        start, before = end - 24 * HOUR, end - 48 * HOUR
        return _comparison(start, end, before, now=now, step=Step.HOUR, zone=zone)
    today = now.astimezone(zone).date()
    first, last = today, today
    if name is PeriodName.YESTERDAY:
        first = last = today - _DAY
    elif name is PeriodName.MONTH:
        first = today.replace(day=1)
    else:
        first = today + (1 - _DAYS[name]) * _DAY
    days = (last - first).days + 1
    earlier = (first - _DAY).replace(day=1) if name is PeriodName.MONTH else first - days * _DAY
    return _comparison(
        midnight(first, zone),
        midnight(last + _DAY, zone),
        midnight(earlier, zone),
        now=now,
        step=_step(days),
        zone=zone,
    )


def compare_days(first: date, last: date, *, zone: ZoneInfo) -> Comparison:
    """Return the days from `first` to `last`, and as many before; raises PeriodTooLong."""
    days = (last - first).days + 1
    if not 1 <= days <= MOST_DAYS:
        raise PeriodTooLong(f"A period has one day at least, and {MOST_DAYS} at most.")
    start, end = midnight(first, zone), midnight(last + _DAY, zone)
    before = midnight(first - days * _DAY, zone)
    return _comparison(start, end, before, now=end, step=_step(days), zone=zone)


def _comparison(
    start: datetime, end: datetime, before: datetime, *, now: datetime, step: Step, zone: ZoneInfo
) -> Comparison:
    gone = min(now, end) - start
    return Comparison(Span(start, end), Span(before, min(before + gone, start)), step, zone)


def _step(days: int) -> Step:
    if days == 1:
        return Step.HOUR
    return Step.DAY if days <= _MOST_DAILY_STEPS else Step.WEEK


def days_as_period(first: date | None, last: date | None, zone: ZoneInfo) -> Period:
    """Return the period from one local day's beginning to another one's end."""
    return Period(
        start=midnight(first, zone) if first else None,
        end=midnight(last + _DAY, zone) if last else None,
    )
