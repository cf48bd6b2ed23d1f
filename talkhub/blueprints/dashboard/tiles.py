"""The overview's tiles: a figure, what it was before, its course, and the list behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.changes import (
    Change,
    WriteChange,
    change,
    percentage_points,
    points,
    relative,
    seconds,
)
from talkhub.blueprints.dashboard.filters import duration, number, percent, signed
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.paths import list_path
from talkhub.blueprints.dashboard.periods import PeriodName
from talkhub.services.overview import Overview, Sums

Figure = Callable[[Sums], float | None]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure as it is shown. `change` is None where there is nothing to compare with."""

    name: str
    value: str
    previous: str
    change: Change | None
    spark: tuple[str, float, float]
    href: str


@dataclass(frozen=True, slots=True)
class _Plan:
    name: str
    figure: Figure
    write: Callable[[float | None], str]
    write_change: WriteChange
    wish: int
    filters: dict[str, str]


def tiles(sums: Overview, course: Sequence[Sums], period: PeriodName) -> list[Tile]:
    """Return the tiles of a period; `course` has its settled steps, oldest first."""
    return [_tile(plan, sums, course, period) for plan in _plans()]


def _plans() -> list[_Plan]:
    return [
        _Plan(_("Conversas"), lambda s: s.conversations, number, relative, 1, {}),
        _Plan(_("Pessoas únicas"), lambda s: s.people, number, relative, 1, {}),
        _Plan(_("Mensagens"), lambda s: s.messages, number, relative, 1, {}),
        _Plan(
            _("Concluídas"),
            lambda s: s.completion_rate,
            percent,
            percentage_points,
            1,
            {"status": "completed"},
        ),
        _Plan(
            _("Pediram atendente"),
            lambda s: s.handoff_rate,
            percent,
            percentage_points,
            -1,
            {"intent": "human_handoff"},
        ),
        _Plan(_("Resposta, média"), lambda s: s.response_seconds, duration, seconds, -1, {}),
        _Plan(
            _("Sentimento líquido"),
            lambda s: s.net_sentiment,
            signed,
            points,
            1,
            {"sentiment": "negative"},
        ),
        _Plan(
            _("Analisadas"),
            lambda s: s.analysed_share,
            percent,
            percentage_points,
            0,
            {"analysis": "pending"},
        ),
    ]


def _tile(plan: _Plan, sums: Overview, course: Sequence[Sums], period: PeriodName) -> Tile:
    now, before = plan.figure(sums.current), plan.figure(sums.previous)
    known = [value for value in map(plan.figure, course) if value is not None]
    return Tile(
        name=plan.name,
        value=plan.write(now),
        previous=plan.write(before),
        change=_change(plan, now, before) if sums.previous.conversations else None,
        spark=charts.spark_points(known),
        href=list_path({"period": period.value, **plan.filters}),
    )


def _change(plan: _Plan, now: float | None, before: float | None) -> Change | None:
    if now is None or before is None:
        return None
    return change(now, before, plan.write_change, wish=plan.wish)
