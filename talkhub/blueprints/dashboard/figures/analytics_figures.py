"""The single figures of the analyses: each with what it was before, its course and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from talkhub.blueprints.dashboard.changes import (
    percentage_points,
    points,
    relative,
    seconds,
)
from talkhub.blueprints.dashboard.filters import duration, number, percent, signed
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.tiles import (
    Figure,
    Plan,
    Tile,
    completed,
    net_sentiment,
    share,
)
from talkhub.services.reporting.reports import Report
from talkhub.services.reporting.slices import Measure, Timed, quantile

RowsPath = Callable[[Mapping[str, str]], str]


def half_of(kind: Timed) -> Figure:
    """Return the figure of the seconds that half of some times do not exceed."""
    return lambda of: quantile(of, kind, 0.5)


def tiles(report: Report, plans: Sequence[Plan], rows: RowsPath) -> list[Tile]:
    """Return the tiles of a report."""
    return [_tile(report, plan, rows) for plan in plans]


def volume_plans() -> list[Plan]:
    """Return the figures of how much there was."""
    return [
        Plan(_("Conversas"), lambda s: s[Measure.CONVERSATIONS], number, relative, 1),
        Plan(_("Pessoas únicas"), lambda s: len(s.people), number, relative, 1),
        Plan(_("Mensagens"), lambda s: s[Measure.MESSAGES], number, relative, 1),
        Plan(
            _("Mensagens por conversa"),
            share(Measure.MESSAGES, Measure.CONVERSATIONS),
            lambda value: number(value, 1),
            relative,
        ),
    ]


def mood_plans() -> list[Plan]:
    """Return the figures of how conversations felt."""
    moods = [
        (_("Positivas"), Measure.POSITIVE, "positive", 1),
        (_("Neutras"), Measure.NEUTRAL, "neutral", 0),
        (_("Negativas"), Measure.NEGATIVE, "negative", -1),
    ]
    return [
        Plan(
            name,
            share(measure, Measure.ANALYSED),
            percent,
            percentage_points,
            wish,
            {"sentiment": mood},
        )
        for name, measure, mood, wish in moods
    ] + [Plan(_("Sentimento líquido"), net_sentiment, signed, points, 1)]


def performance_plans() -> list[Plan]:
    """Return the figures of how well people were served."""
    rates: list[tuple[str, Measure, int, dict[str, str]]] = [
        (_("Resolvidas pelo bot"), Measure.CONTAINED, 1, {"outcome": "contained"}),
        (_("Pediram atendente"), Measure.HANDOFF_REQUESTED, -1, {"happened": "handoff_requested"}),
        (_("Atendidas por gente"), Measure.HANDOFF_DONE, 0, {"happened": "handoff_done"}),
        (_("Bot não entendeu"), Measure.BOT_FAILED, -1, {"happened": "bot_failed"}),
    ]
    waits = [
        (_("1ª resposta, mediana"), Timed.FIRST_RESPONSE),
        (_("Resposta, mediana"), Timed.RESPONSE),
        (_("Duração, mediana"), Timed.DURATION),
    ]
    return [
        Plan(
            _("Concluídas"),
            completed,
            percent,
            percentage_points,
            1,
            {"status": "completed"},
        ),
        *(
            Plan(name, share(part, Measure.ASSESSED), percent, percentage_points, wish, filters)
            for name, part, wish, filters in rates
        ),
        *(Plan(name, half_of(kind), duration, seconds, -1) for name, kind in waits),
    ]


def _tile(report: Report, plan: Plan, rows: RowsPath) -> Tile:
    course = [one for _begin, one in sorted(report.current.course.items())]
    return plan.tile(report.current.whole, report.previous.whole, course, rows(plan.filters))
