"""The overview's tiles."""

from __future__ import annotations

from collections.abc import Sequence

from talkhub.blueprints.dashboard.changes import percentage_points, points, relative, seconds
from talkhub.blueprints.dashboard.filters import duration, number, percent, signed
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import PeriodName
from talkhub.blueprints.dashboard.tiles import (
    Plan,
    Tile,
    average_response,
    completed,
    net_sentiment,
    share,
)
from talkhub.services.reporting.overview import Overview
from talkhub.services.reporting.slices import Measure, Slice


def tiles(sums: Overview, course: Sequence[Slice], period: PeriodName) -> list[Tile]:
    """Return the tiles of a period; `course` has its settled steps, oldest first."""
    return [
        plan.tile(
            sums.current, sums.previous, course, list_path({"period": period.value, **plan.filters})
        )
        for plan in _plans()
    ]


def _plans() -> list[Plan]:
    return [
        Plan(_("Conversas"), lambda s: s[Measure.CONVERSATIONS], number, relative, 1),
        Plan(_("Pessoas únicas"), lambda s: len(s.people), number, relative, 1),
        Plan(_("Mensagens"), lambda s: s[Measure.MESSAGES], number, relative, 1),
        Plan(_("Concluídas"), completed, percent, percentage_points, 1, {"status": "completed"}),
        Plan(
            _("Pediram atendente"),
            share(Measure.HANDOFF_REQUESTED, Measure.ASSESSED),
            percent,
            percentage_points,
            -1,
            {"happened": "handoff_requested"},
        ),
        Plan(_("Resposta, média"), average_response, duration, seconds, -1),
        Plan(_("Sentimento líquido"), net_sentiment, signed, points, 1, {"sentiment": "negative"}),
        Plan(
            _("Analisadas"),
            share(Measure.ANALYSED, Measure.CONVERSATIONS),
            percent,
            percentage_points,
            0,
            {"analysis": "pending"},
        ),
    ]
