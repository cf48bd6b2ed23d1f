"""Tiles: a figure, what it was before, its course, and the list behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from talkhub.blueprints.dashboard import charts
from talkhub.blueprints.dashboard.changes import Change, WriteChange, change
from talkhub.services.reporting.slices import Measure, Slice

Figure = Callable[[Slice], float | None]


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
class Plan:
    """A figure: how it is computed and written, whether more is better, what it leads to."""

    name: str
    figure: Figure
    write: Callable[[float | None], str]
    write_change: WriteChange
    wish: int = 0
    filters: Mapping[str, str] = field(default_factory=dict)

    def tile(self, now: Slice, before: Slice, course: Iterable[Slice], href: str) -> Tile:
        """Return the tile of a period; of the steps of its course the oldest comes first."""
        current, previous = self.figure(now), self.figure(before)
        is_comparable = None not in (current, previous) and before[Measure.CONVERSATIONS] > 0
        known = [value for value in map(self.figure, course) if value is not None]
        return Tile(
            name=self.name,
            value=self.write(current),
            previous=self.write(previous),
            change=change(current or 0, previous or 0, self.write_change, wish=self.wish)
            if is_comparable
            else None,
            spark=charts.spark_points(known),
            href=href,
        )


def share(part: Measure, whole: Measure) -> Figure:
    """Return the figure that divides one count by another; None of nothing."""
    return lambda of: of[part] / of[whole] if of[whole] else None


def net_sentiment(of: Slice) -> float | None:
    """Return positive less negative conversations, of a hundred analysed ones."""
    analysed = of[Measure.ANALYSED]
    return (of[Measure.POSITIVE] - of[Measure.NEGATIVE]) / analysed * 100 if analysed else None


def average_response(of: Slice) -> float | None:
    """Return the seconds that a person waited for an answer, on average."""
    responses = of[Measure.RESPONSES]
    return of[Measure.RESPONSE_MS] / 1000 / responses if responses else None


completed = share(Measure.COMPLETED, Measure.ENDED)
