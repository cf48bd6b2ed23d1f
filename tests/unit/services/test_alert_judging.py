"""An alert fires above one value and is over below another, each after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from talkhub.alerts.judging import Direction, Limits, Standing, judged

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HIGH = Limits(Direction.ABOVE, threshold=0.3, clears_at=0.2, hold=timedelta(minutes=2))
LOW = Limits(Direction.BELOW, threshold=1, clears_at=5, hold=timedelta())


def course(limits: Limits, *values: float | None) -> list[bool]:
    """Return whether the rule has fired at each of some values, a minute apart."""
    standing, fired = Standing(), []
    for minute, value in enumerate(values):
        standing = judged(limits, standing, value, NOON + timedelta(minutes=minute))
        fired.append(standing.is_fired)
    return fired


@pytest.mark.parametrize(
    ("limits", "values", "fired"),
    [
        (HIGH, [0.1, 0.3, 0.4, 0.3, 0.3], [0, 0, 0, 1, 1]),
        # It begins to wait anew where the value was calm for a moment.
        (HIGH, [0.3, 0.3, 0.29, 0.3, 0.3, 0.3], [0, 0, 0, 0, 0, 1]),
        # Between the two values nothing changes, however long.
        (HIGH, [0.3, 0.3, 0.3, 0.25, 0.21, 0.29, 0.25], [0, 0, 1, 1, 1, 1, 1]),
        (HIGH, [0.3, 0.3, 0.3, 0.2, 0.1, 0.2], [0, 0, 1, 1, 1, 0]),
        # What nobody can tell raises no alert, and keeps none up.
        (HIGH, [None, None, None], [0, 0, 0]),
        (HIGH, [0.3, 0.3, 0.3, None, None, None], [0, 0, 1, 1, 1, 0]),
        (LOW, [9, 1, 4, 5], [0, 1, 1, 0]),
    ],
)
def test_a_rule_turns_when_its_value_has_held(
    limits: Limits, values: list[float | None], fired: list[int]
) -> None:
    assert course(limits, *values) == [bool(one) for one in fired]
