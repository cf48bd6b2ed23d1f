"""The periods that pages offer, each with the one before it to compare with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.services.calendar_steps import (
    HOUR,
    Span,
    Step,
    begin_of,
    midnight,
)
from talkhub.services.overview import Comparison
from talkhub.store.queries.analytics import Period


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
_DAY = timedelta(days=1)


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
        end = begin_of(now, Step.HOUR, zone) + HOUR
        start, before = end - 24 * HOUR, end - 48 * HOUR
        step = Step.HOUR
    else:
        days, today = _DAYS[name], now.astimezone(zone).date()
        start, end = midnight(today + (1 - days) * _DAY, zone), midnight(today + _DAY, zone)
        before = midnight(today + (1 - 2 * days) * _DAY, zone)
        step = Step.HOUR if days == 1 else Step.DAY
    return Comparison(
        current=Span(start, end),
        previous=Span(before, min(before + (now - start), start)),
        step=step,
        zone=zone,
    )


def days_as_period(first: date | None, last: date | None, zone: ZoneInfo) -> Period:
    """Return the period from one local day's beginning to another one's end."""
    return Period(
        start=midnight(first, zone) if first else None,
        end=midnight(last + _DAY, zone) if last else None,
    )
