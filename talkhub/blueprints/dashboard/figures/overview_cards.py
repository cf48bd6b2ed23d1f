"""The overview's charts, each with the rows of the table that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.changes import Change, change, relative
from talkhub.blueprints.dashboard.periods import PeriodName
from talkhub.blueprints.dashboard.tiles import completed, net_sentiment
from talkhub.names import Sentiment
from talkhub.services.reporting.calendar_steps import steps
from talkhub.services.reporting.definitions import MOODS
from talkhub.services.reporting.overview import Comparison, IntentCount, Overview
from talkhub.services.reporting.slices import NOTHING, Measure, Slice

SHOWN_INTENTS = 7
_VOLUME_HEIGHT, _MOODS_HEIGHT = 250, 218

Course = Mapping[datetime, Slice]


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """One step, and the one as far into the previous period; None beyond its end."""

    begin: datetime
    current: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class VolumeCard:
    """How much came in, step by step; `begins` are all steps, `rows` those that have begun."""

    chart: charts.LineChart
    begins: list[datetime]
    rows: list[VolumeRow]
    total: int
    previous_total: int
    peak: VolumeRow


@dataclass(frozen=True, slots=True)
class MoodRow:
    """How the conversations of one step felt."""

    begin: datetime
    positive: int
    neutral: int
    negative: int


@dataclass(frozen=True, slots=True)
class MoodPart:
    """How many conversations felt one way, and which share of all; None of none."""

    sentiment: Sentiment
    count: int
    share: float | None


@dataclass(frozen=True, slots=True)
class MoodCard:
    """How conversations felt, step by step and altogether."""

    chart: charts.ColumnChart
    rows: list[MoodRow]
    parts: list[MoodPart]


@dataclass(frozen=True, slots=True)
class IntentBar:
    """An intent's share of the most frequent one, now and before, in percent."""

    intent: str
    count: int
    percent: float
    previous_percent: float
    change: Change | None


@dataclass(frozen=True, slots=True)
class IntentCard:
    """The most frequent intents, and how many further ones there are."""

    bars: list[IntentBar]
    further: int


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """A platform's conversations: how many, which share was completed, and how they felt."""

    platform: str
    conversations: int
    completed: float | None
    net_sentiment: float | None


@dataclass(frozen=True, slots=True)
class HeatCard:
    """When in a week conversations begin. `peak` is None where none did."""

    period: PeriodName
    cells: list[charts.Cell]
    peak: charts.Cell | None

    def count(self, day: int, hour: int) -> int:
        """Return what the table says in one place."""
        return self.cells[day * 24 + hour].count


def volume_card(compared: Comparison, sums: Overview, *, metric: str, now: datetime) -> VolumeCard:
    """Draw messages or conversations; the running step is told apart."""
    begins = current_steps(compared)
    earlier = steps(compared.previous, compared.step, compared.zone)
    known = [begin for begin in begins if begin <= now]
    measure = Measure[metric.upper()]
    rows = [
        VolumeRow(
            begin,
            sums.course.get(begin, NOTHING)[measure],
            sums.previous_course.get(earlier[n], NOTHING)[measure] if n < len(earlier) else None,
        )
        for n, begin in enumerate(begins)
    ]
    before = [row.previous for row in rows if row.previous is not None]
    chart = charts.line_chart(
        [row.current for row in rows],
        before,
        running=len(known) - 1,
        height=_VOLUME_HEIGHT,
        is_over=compared.current.end <= now,
    )
    rows = rows[: len(known)]
    return VolumeCard(
        chart=chart,
        begins=begins,
        rows=rows,
        total=sum(row.current for row in rows),
        previous_total=sum(before),
        peak=max(rows, key=lambda row: row.current),
    )


def mood_card(compared: Comparison, course: Course) -> MoodCard:
    """Draw how the current period's conversations felt."""
    rows = []
    for begin in current_steps(compared):
        moods = [course.get(begin, NOTHING)[measure] for measure in MOODS.values()]
        rows.append(MoodRow(begin, *moods))
    stacks = [(row.positive, row.neutral, row.negative) for row in rows]
    totals = [sum(part) for part in zip(*stacks, strict=True)]
    return MoodCard(
        chart=charts.column_chart(stacks, height=_MOODS_HEIGHT),
        rows=rows,
        parts=[
            MoodPart(mood, count, count / sum(totals) if count else None)
            for mood, count in zip(MOODS, totals, strict=True)
        ],
    )


def intent_card(counts: Sequence[IntentCount]) -> IntentCard:
    """Draw the most frequent intents of the current period."""
    present = [count for count in counts if count.current]
    shown = present[:SHOWN_INTENTS]
    highest = max((max(count.current, count.previous) for count in shown), default=1)
    bars = [
        IntentBar(
            count.intent,
            count.current,
            round(count.current / highest * 100, 2),
            round(count.previous / highest * 100, 2),
            change(count.current, count.previous, relative) if count.previous else None,
        )
        for count in shown
    ]
    return IntentCard(bars, len(present) - len(shown))


def platform_rows(platforms: Mapping[str, Slice]) -> list[PlatformRow]:
    """Tell of each platform, in their order."""
    return [
        PlatformRow(platform, of[Measure.CONVERSATIONS], completed(of), net_sentiment(of))
        for platform, of in platforms.items()
    ]


def heat_card(counts: Mapping[tuple[int, int], int], period: PeriodName) -> HeatCard:
    """Draw the hours of the week in which a period's conversations begin."""
    cells = charts.heat_cells(counts)
    peak = max(cells, key=lambda cell: cell.count)
    return HeatCard(period, cells, peak if peak.count else None)


def current_steps(compared: Comparison) -> list[datetime]:
    """Return the beginnings of the current period's steps."""
    return steps(compared.current, compared.step, compared.zone)
