"""The charts of the analyses, each with the rows of the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.changes import Change, change, relative
from talkhub.blueprints.dashboard.figures.analytics_figures import RowsPath
from talkhub.blueprints.dashboard.tiles import Plan
from talkhub.services.reporting.calendar_steps import Step, local_day, steps
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.reports import Report
from talkhub.services.reporting.slices import NOTHING, Dimension, Measure, Slice

SHOWN_VALUES = 25
_LINE_HEIGHT, _COLUMNS_HEIGHT = 250, 218
_LEAST = timedelta(microseconds=1)

Count = Callable[[Slice], int]


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One step: its counts, what its first one was before (None beyond its end), and its rows."""

    begin: datetime
    counts: tuple[int, ...]
    previous: int | None
    href: str


@dataclass(frozen=True, slots=True)
class LineCard:
    """A course with the one before it; `begins` are all steps, `rows` those that have begun."""

    chart: charts.LineChart
    hits: list[charts.Hit]
    begins: list[datetime]
    rows: list[CourseRow]
    total: int
    previous_total: int


@dataclass(frozen=True, slots=True)
class StackCard:
    """Stacked columns, step by step; `totals` are those of the parts, from the base."""

    chart: charts.ColumnChart
    hits: list[charts.Hit]
    begins: list[datetime]
    rows: list[CourseRow]
    totals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeatCard:
    """When in a week conversations begin, and where each cell leads. No peak where none did."""

    cells: list[charts.Cell]
    peak: charts.Cell | None
    hrefs: list[str]

    def count(self, day: int, hour: int) -> int:
        """Return what the table says in one place."""
        return self.cells[day * 24 + hour].count

    def href(self, day: int, hour: int) -> str:
        """Return where that place leads."""
        return self.hrefs[day * 24 + hour]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """An intent, topic or channel: its conversations and their share, now, before, step by step."""

    value: str
    count: int
    share: float
    percent: float
    previous: int
    previous_percent: float
    change: Change | None
    spark: tuple[str, float, float]
    href: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """An intent or channel with several figures, written as they are shown."""

    value: str
    figures: list[str]
    href: str


def line_card(
    report: Report, compared: Comparison, count: Count, *, now: datetime, rows: RowsPath
) -> LineCard:
    """Draw what `count` says of each step of both periods."""
    begins = steps(compared.current, compared.step, compared.zone)
    earlier = steps(compared.previous, compared.step, compared.zone)
    table = [
        CourseRow(
            begin,
            (count(report.current.course.get(begin, NOTHING)),),
            count(report.previous.course.get(earlier[n], NOTHING)) if n < len(earlier) else None,
            rows(step_filters(begin, compared)),
        )
        for n, begin in enumerate(begins)
    ]
    known = [row for row in table if row.begin <= now]
    before = [row.previous for row in table if row.previous is not None]
    chart = charts.line_chart(
        [row.counts[0] for row in table],
        before,
        running=max(len(known) - 1, 0),
        height=_LINE_HEIGHT,
        is_over=compared.current.end <= now,
    )
    return LineCard(
        chart=chart,
        hits=charts.hits(len(begins), centred=False),
        begins=begins,
        rows=known,
        total=count(report.current.whole),
        previous_total=count(report.previous.whole),
    )


def stack_card(
    report: Report, compared: Comparison, parts: Sequence[Count], *, now: datetime, rows: RowsPath
) -> StackCard:
    """Draw the parts of each step of the current period."""
    begins = steps(compared.current, compared.step, compared.zone)
    table = [
        CourseRow(
            begin,
            tuple(part(report.current.course.get(begin, NOTHING)) for part in parts),
            None,
            rows(step_filters(begin, compared)),
        )
        for begin in begins
    ]
    return StackCard(
        chart=charts.column_chart([row.counts for row in table], height=_COLUMNS_HEIGHT),
        hits=charts.hits(len(begins), centred=True),
        begins=begins,
        rows=[row for row in table if row.begin <= now],
        totals=tuple(part(report.current.whole) for part in parts),
    )


def heat_card(counts: Mapping[tuple[int, int], int], rows: RowsPath) -> HeatCard:
    """Draw the local hours of the week in which conversations begin."""
    cells = charts.heat_cells(counts)
    peak = max(cells, key=lambda cell: cell.count)
    hrefs = [rows({"weekday": str(cell.day), "hour": str(cell.hour)}) for cell in cells]
    return HeatCard(cells, peak if peak.count else None, hrefs)


def value_rows(
    report: Report, compared: Comparison, dimension: Dimension, name: str, rows: RowsPath
) -> list[ValueRow]:
    """Return the most frequent values of a dimension; `name` is its filter's."""
    now = report.current.counts.get(dimension, {})
    before = report.previous.counts.get(dimension, {})
    ranked = sorted(
        now.keys() | before.keys(), key=lambda v: (-now.get(v, 0), -before.get(v, 0), v)
    )
    shown = ranked[:SHOWN_VALUES]
    total = report.current.whole[Measure.CONVERSATIONS]
    highest = max((max(now.get(v, 0), before.get(v, 0)) for v in shown), default=1)
    begins = steps(compared.current, compared.step, compared.zone)
    courses = report.current.counts_course.get(dimension, {})
    return [
        ValueRow(
            value=value,
            count=now.get(value, 0),
            share=now.get(value, 0) / total if total else 0,
            percent=round(now.get(value, 0) / highest * 100, 2),
            previous=before.get(value, 0),
            previous_percent=round(before.get(value, 0) / highest * 100, 2),
            change=change(now.get(value, 0), before[value], relative)
            if before.get(value)
            else None,
            spark=charts.spark_points([courses.get(value, {}).get(begin, 0) for begin in begins]),
            href=rows({name: value}),
        )
        for value in shown
    ]


def group_rows(
    report: Report, dimension: Dimension, name: str, *, plans: Sequence[Plan], rows: RowsPath
) -> list[GroupRow]:
    """Return the figures of each value of a dimension, the most frequent first."""
    groups = report.current.groups.get(dimension, {})
    ranked = sorted(groups.items(), key=lambda item: (-item[1][Measure.CONVERSATIONS], item[0]))
    return [
        GroupRow(value, [plan.write(plan.figure(one)) for plan in plans], rows({name: value}))
        for value, one in ranked[:SHOWN_VALUES]
    ]


def step_filters(begin: datetime, compared: Comparison) -> dict[str, str]:
    """Return what narrows the list of conversations to one step, as far as it is of the period."""
    day = local_day(begin, compared.zone)
    last = day + timedelta(days=6) if compared.step is Step.WEEK else day
    start = max(day, local_day(compared.current.start, compared.zone))
    end = min(last, local_day(compared.current.end - _LEAST, compared.zone))
    said = {"period": "", "start": start.isoformat(), "end": end.isoformat()}
    if compared.step is Step.HOUR:
        said["hour"] = str(begin.astimezone(compared.zone).hour)
    return said
