"""Two periods beside each other: every conversation is in the one that it began in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from conversation_rows import Row, insert_conversations

from talkhub.services.reporting.calendar_steps import Span, Step, steps
from talkhub.services.reporting.figures import open_reader
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.reports import read_report
from talkhub.services.reporting.slices import Dimension, Measure
from talkhub.store.uow import Database, workspace_scope

WEDNESDAY = datetime(2026, 3, 4, tzinfo=UTC)
TEN_DAYS = timedelta(days=10)


def test_a_week_that_a_period_begins_within_is_counted_for_its_days_in_each(
    database: Database, workspace: int
):
    noons = [WEDNESDAY + timedelta(days=day, hours=12) for day in range(-10, 10)]
    insert_conversations(database, workspace, [Row("p", noon, intent="support") for noon in noons])
    compared = Comparison(
        Span(WEDNESDAY, WEDNESDAY + TEN_DAYS),
        Span(WEDNESDAY - TEN_DAYS, WEDNESDAY),
        Step.WEEK,
        ZoneInfo("UTC"),
    )

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        report = read_report(open_reader(uow), compared, told=frozenset({Dimension.INTENT}))

    sides = ((report.current, compared.current), (report.previous, compared.previous))
    for side, span in sides:
        weeks = steps(span, Step.WEEK, compared.zone)
        assert side.whole[Measure.CONVERSATIONS] == 10
        assert side.counts[Dimension.INTENT] == {"support": 10}
        assert sorted(side.course) == weeks
    assert [one[Measure.CONVERSATIONS] for _, one in sorted(report.current.course.items())] == [
        4,
        6,
    ]
