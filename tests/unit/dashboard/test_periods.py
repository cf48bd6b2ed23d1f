"""The periods, what they are compared with, and the steps in which they are drawn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from talkhub.blueprints.dashboard.periods import PeriodName, compare
from talkhub.services.reporting.calendar_steps import (
    Step,
    steps,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 21, 21, 4, 30, tzinfo=UTC)  # 18:04:30 in São Paulo


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def test_the_last_day_ends_with_the_running_hour():
    compared = compare(PeriodName.LAST_DAY, now=NOW, zone=SAO_PAULO)

    assert (compared.current.start, compared.current.end) == (at(20, 22), at(21, 22))
    assert (compared.previous.start, compared.previous.end) == (at(19, 22), at(20, 21, 4, 30))
    assert compared.step is Step.HOUR


def test_a_week_has_seven_days_of_the_workspaces_time_zone_with_today():
    compared = compare(PeriodName.WEEK, now=NOW, zone=SAO_PAULO)

    assert (compared.current.start, compared.current.end) == (at(15, 3), at(22, 3))
    assert compared.previous.start == at(8, 3)
    assert compared.step is Step.DAY


@pytest.mark.parametrize("name", list(PeriodName))
def test_a_period_is_compared_with_as_much_time_before_it(name: PeriodName):
    compared = compare(name, now=NOW, zone=SAO_PAULO)

    gone = min(NOW, compared.current.end) - compared.current.start
    assert compared.previous.end - compared.previous.start == gone
    assert compared.previous.end <= compared.current.start


@pytest.mark.parametrize(
    ("name", "count"),
    [
        (PeriodName.LAST_DAY, 24),
        (PeriodName.TODAY, 24),
        (PeriodName.WEEK, 7),
        (PeriodName.FOUR_WEEKS, 28),
        (PeriodName.QUARTER, 90),
        (PeriodName.YESTERDAY, 24),
        (PeriodName.MONTH, 21),
    ],
)
def test_a_period_has_as_many_steps_as_it_says(name: PeriodName, count: int):
    compared = compare(name, now=NOW, zone=SAO_PAULO)

    begins = steps(compared.current, compared.step, SAO_PAULO)

    assert len(begins) == count
    assert begins[0] == compared.current.start


def test_days_follow_the_clocks_when_they_change():
    berlin = ZoneInfo("Europe/Berlin")
    compared = compare(PeriodName.WEEK, now=datetime(2026, 10, 27, 12, tzinfo=UTC), zone=berlin)

    lengths = [
        later - earlier
        for earlier, later in zip(
            steps(compared.current, Step.DAY, berlin),
            [*steps(compared.current, Step.DAY, berlin)[1:], compared.current.end],
            strict=True,
        )
    ]

    assert max(lengths) == timedelta(hours=25)
    assert sum(lengths, timedelta()) == timedelta(days=7, hours=1)
