"""What each view of the analyses reads and shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from talkhub.blueprints.dashboard.figures import analytics_figures as figures
from talkhub.blueprints.dashboard.figures.analytics_cards import (
    Count,
    GroupRow,
    HeatCard,
    LineCard,
    StackCard,
    ValueRow,
    group_rows,
    heat_card,
    line_card,
    stack_card,
    value_rows,
)
from talkhub.blueprints.dashboard.figures.analytics_figures import RowsPath
from talkhub.blueprints.dashboard.forms import AnalyticsForm, AnalyticsView
from talkhub.blueprints.dashboard.tiles import Plan, Tile
from talkhub.services.reporting.figures import Reader
from talkhub.services.reporting.overview import Comparison, weekly_hours
from talkhub.services.reporting.reports import Report, read_report
from talkhub.services.reporting.slices import Dimension, Measure, Slice


@dataclass(frozen=True, slots=True)
class Looking:
    """What somebody looks at: which conversations, of which period, from when."""

    reader: Reader
    compared: Comparison
    form: AnalyticsForm
    now: datetime
    rows: RowsPath


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Several figures of each intent or channel."""

    headings: list[str]
    rows: list[GroupRow]


@dataclass(frozen=True, slots=True)
class View:
    """What one view shows; what another one has is None or empty."""

    report: Report
    tiles: list[Tile] = field(default_factory=list)
    line: LineCard | None = None
    stack: StackCard | None = None
    heat: HeatCard | None = None
    values: list[ValueRow] = field(default_factory=list)
    channels: GroupTable | None = None
    intents: GroupTable | None = None

    @property
    def conversations(self) -> int:
        """All conversations of the period."""
        return self.report.current.whole[Measure.CONVERSATIONS]

    @property
    def analysed(self) -> int:
        """How many of them are analysed."""
        return self.report.current.whole[Measure.ANALYSED]


def view_of(looking: Looking) -> View:
    """Return the view that is asked for; raises PeriodTooLong."""
    match looking.form.view:
        case AnalyticsView.VOLUME:
            return _volume(looking)
        case AnalyticsView.INTENTS:
            return _values(looking, Dimension.INTENT, "intent")
        case AnalyticsView.TOPICS:
            return _values(looking, Dimension.TOPIC, "topic")
        case AnalyticsView.SENTIMENT:
            return _sentiment(looking)
        case _:
            return _performance(looking)


def _volume(looking: Looking) -> View:
    report = _report(looking, told=frozenset({Dimension.CHANNEL}))
    counted = {
        "conversations": lambda one: one[Measure.CONVERSATIONS],
        "messages": lambda one: one[Measure.MESSAGES],
        "people": lambda one: len(one.people),
    }[looking.form.metric]
    compared = looking.compared
    hours = weekly_hours(looking.reader, compared.current, compared.zone, looking.form.asked())
    return View(
        report,
        tiles=figures.tiles(report, figures.volume_plans(), looking.rows),
        line=line_card(report, compared, counted, now=looking.now, rows=looking.rows),
        heat=heat_card(hours, looking.rows),
        values=value_rows(report, compared, Dimension.CHANNEL, "platform", looking.rows),
    )


def _values(looking: Looking, dimension: Dimension, name: str) -> View:
    report = _report(looking, told=frozenset({dimension}))
    values = value_rows(report, looking.compared, dimension, name, looking.rows)
    return View(report, values=values)


def _sentiment(looking: Looking) -> View:
    report = _report(looking, full=frozenset({Dimension.CHANNEL, Dimension.INTENT}))
    moods = [Measure.POSITIVE, Measure.NEUTRAL, Measure.NEGATIVE]
    plans = [_conversations(), *figures.mood_plans()]
    headings = [plan.name for plan in plans]
    channels = group_rows(report, Dimension.CHANNEL, "platform", plans=plans, rows=looking.rows)
    intents = group_rows(report, Dimension.INTENT, "intent", plans=plans, rows=looking.rows)
    return View(
        report,
        tiles=figures.tiles(report, plans[1:], looking.rows),
        stack=stack_card(
            report,
            looking.compared,
            [_count(mood) for mood in moods],
            now=looking.now,
            rows=looking.rows,
        ),
        channels=GroupTable(headings, channels),
        intents=GroupTable(headings, intents),
    )


def _performance(looking: Looking) -> View:
    report = _report(looking, full=frozenset({Dimension.CHANNEL, Dimension.INTENT}))
    plans = figures.performance_plans()
    shown = [_conversations(), plans[0], plans[1], plans[2], plans[5]]
    headings = [plan.name for plan in shown]
    channels = group_rows(report, Dimension.CHANNEL, "platform", plans=shown, rows=looking.rows)
    intents = group_rows(report, Dimension.INTENT, "intent", plans=shown, rows=looking.rows)
    parts = [_count(Measure.CONTAINED), _count(Measure.HANDOFF_DONE), _left]
    return View(
        report,
        tiles=figures.tiles(report, plans, looking.rows),
        stack=stack_card(report, looking.compared, parts, now=looking.now, rows=looking.rows),
        channels=GroupTable(headings, channels),
        intents=GroupTable(headings, intents),
    )


def _report(
    looking: Looking,
    *,
    full: frozenset[Dimension] = frozenset(),
    told: frozenset[Dimension] = frozenset(),
) -> Report:
    filters = looking.form.asked()
    return read_report(looking.reader, looking.compared, full=full, told=told, filters=filters)


def _conversations() -> Plan:
    return figures.volume_plans()[0]


def _count(measure: Measure) -> Count:
    return lambda of: of[measure]


def _left(of: Slice) -> int:
    """Count the assessed conversations that neither the bot nor a human saw through."""
    served = of[Measure.CONTAINED] + of[Measure.HANDOFF_DONE]
    return max(of[Measure.ASSESSED] - served, 0)
