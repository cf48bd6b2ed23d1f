"""The days that a question is about, where nobody may ask for all of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.reporting.analytics import EmptyPeriod, as_period
from talkhub.services.reporting.calendar_steps import Span, local_day, midnight
from talkhub.services.reporting.wishes import PeriodTooLong

MOST_DAYS = 366
_HOUR = timedelta(hours=1)


def asked_days(
    start: date | datetime | None, end: date | datetime | None, zone: ZoneInfo, *, unless_told: int
) -> Span:
    """Return what lies between `start` and `end`: until today, and `unless_told` days long.

    Raises EmptyPeriod, and PeriodTooLong for more than a year.
    """
    period = as_period(start, end, zone)
    last = period.end or midnight(local_day(clock.now(), zone) + timedelta(days=1), zone)
    try:
        first = period.start or midnight(local_day(last, zone) - timedelta(days=unless_told), zone)
    except OverflowError:
        raise EmptyPeriod("There are no days before the period's end.") from None
    if first >= last:
        raise EmptyPeriod("The period ends before it begins.")
    # A year of days may be an hour longer where clocks are changed.
    if last - first > timedelta(days=MOST_DAYS) + _HOUR:
        raise PeriodTooLong(f"At most {MOST_DAYS} days are counted at once.")
    return Span(first, last)
