"""The geometry of the charts: numbers in, SVG attributes out. No words, no request.

Across, everything is in percent, so that a chart fits any width and its texts keep
their size; down, in pixels, so that nothing moves when it is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOP = 10
"""Pixels above the highest grid line, so that its label is not cut."""

_AXIS_LABELS = 7
_GRID_LINES = 4
_HEAT_STEPS = 5
_SPARK_WIDTH, _SPARK_HEIGHT = 88, 28


@dataclass(frozen=True, slots=True)
class GridLine:
    """A horizontal line at `y` that stands for `value`."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """The label of step `index` at `x` percent. Narrow screens leave out the alternate ones."""

    index: int
    x: float
    anchor: str
    is_alternate: bool


@dataclass(frozen=True, slots=True)
class LineChart:
    """A course as a line, the previous one behind it; points are in a box of 100 by 100."""

    height: int
    grid: list[GridLine]
    labels: list[AxisLabel]
    area: str
    settled: str
    running: str
    previous: str
    last_x: float
    last_y: float


@dataclass(frozen=True, slots=True)
class Hit:
    """Where step `index` of a chart can be pointed at, in percent across."""

    index: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a stacked column; `part` counts from the base."""

    part: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A stacked column of step `index`, in percent across."""

    index: int
    x: float
    width: float
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Stacked columns over a common base."""

    height: int
    grid: list[GridLine]
    labels: list[AxisLabel]
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the heat map. `level` 0 is empty, 5 the highest."""

    day: int
    hour: int
    count: int
    level: int

    @property
    def x(self) -> float:
        """Where it begins, in percent."""
        return _round(self.hour / 24 * 100)

    @property
    def y(self) -> int:
        """Where it begins, in pixels: a row is 26 high."""
        return self.day * 26


def line_chart(
    current: Sequence[int],
    previous: Sequence[int],
    *,
    running: int,
    height: int,
    is_over: bool = False,
) -> LineChart:
    """Draw a course up to step `running`, which goes on right now unless all `is_over`."""
    last = max(len(current) - 1, 1)
    grid, top = _grid([*current, *previous], height)

    def point(index: int, value: int) -> str:
        return f"{_round(index / last * 100)},{_round(100 - value / top * 100)}"

    drawn = [point(index, value) for index, value in enumerate(current[: running + 1])]
    last_x = _round(running / last * 100)
    return LineChart(
        height=height,
        grid=grid,
        labels=_labels(len(current), centred=False),
        area=f"0,100 {' '.join(drawn)} {last_x},100",
        settled=" ".join(drawn if is_over else drawn[:-1]),
        running="" if is_over else " ".join(drawn[-2:]),
        previous=" ".join(point(i, v) for i, v in enumerate(previous[: len(current)])),
        last_x=last_x,
        last_y=_round(TOP + height - current[running] / top * height),
    )


def column_chart(stacks: Sequence[Sequence[int]], *, height: int) -> ColumnChart:
    """Draw each stack as a column, its first number at the base."""
    grid, top = _grid([sum(stack) for stack in stacks], height)
    width = 100 / max(len(stacks), 1)
    gap = min(width * 0.2, 0.4)
    columns = [
        Column(
            index, _round(index * width + gap), _round(width - 2 * gap), _blocks(stack, top, height)
        )
        for index, stack in enumerate(stacks)
    ]
    return ColumnChart(height, grid, _labels(len(stacks), centred=True), columns)


def hits(count: int, *, centred: bool) -> list[Hit]:
    """Return where each step can be pointed at: in columns, or half way to each neighbour."""
    if centred:
        return [Hit(n, _round(n / count * 100), _round(100 / count)) for n in range(count)]
    width = 100 / max(count - 1, 1)
    return [
        Hit(n, _round(max(n - 0.5, 0) * width), _round(width if 0 < n < count - 1 else width / 2))
        for n in range(count)
    ]


def heat_cells(counts: Mapping[tuple[int, int], int]) -> list[Cell]:
    """Return a week's cells, row by row, from counts by weekday (Sunday is 0) and hour."""
    highest = max(counts.values(), default=0)
    cells = []
    for day in range(7):
        for hour in range(24):
            count = counts.get((day, hour), 0)
            level = math.ceil(count / highest * _HEAT_STEPS) if count else 0
            cells.append(Cell(day, hour, count, level))
    return cells


def spark_points(values: Sequence[float]) -> tuple[str, float, float]:
    """Return a sparkline's points and the place of its last one; nothing for fewer than two."""
    if len(values) < 2:
        return "", 0, 0
    low, high = min(values), max(values)
    span, last = (high - low) or 1, len(values) - 1
    # Without a change the line runs through the middle, not along the bottom.
    base = low if high > low else low - 0.5
    points = [
        (
            _round(index / last * (_SPARK_WIDTH - 4) + 1),
            _round(_SPARK_HEIGHT - 4 - (value - base) / span * (_SPARK_HEIGHT - 8)),
        )
        for index, value in enumerate(values)
    ]
    return " ".join(f"{x},{y}" for x, y in points), *points[-1]


def mood_points(scores: Sequence[float], *, width: int, height: int) -> list[tuple[float, float]]:
    """Return where the messages' scores, from -1 to 1, lie in a small box."""
    last = max(len(scores) - 1, 1)
    return [
        (_round(4 + index / last * (width - 8)), _round(height / 2 - score * (height / 2 - 4)))
        for index, score in enumerate(scores)
    ]


def _blocks(stack: Sequence[int], top: int, height: int) -> list[Block]:
    blocks = []
    y = float(TOP + height)
    for part, value in enumerate(stack):
        tall = value / top * height
        y -= tall
        if value:
            # One pixel stays free between two parts.
            blocks.append(Block(part, _round(y), _round(max(tall - 1, 0.5))))
    return blocks


def _grid(values: Sequence[int], height: int) -> tuple[list[GridLine], int]:
    """Return at most four grid lines at round numbers, and the number at the top."""
    highest = max([1, *values])
    step = _round_step(highest / (_GRID_LINES - 1))
    count = math.ceil(highest / step)
    top = step * count
    lines = [
        GridLine(_round(TOP + height - n / count * height), n * step) for n in range(count + 1)
    ]
    return lines, top


def _round_step(least: float) -> int:
    """Return the next round number: 1, 2, 3, 4, 5, 6, 8, 10, 20, 25, 30 and so on."""
    magnitude = 10 ** max(math.floor(math.log10(least)), 0) if least > 1 else 1
    steps = (magnitude * factor for factor in (1, 2, 2.5, 3, 4, 5, 6, 8, 10))
    return next(int(step) for step in steps if step >= least and step == int(step))


def _labels(count: int, *, centred: bool) -> list[AxisLabel]:
    every = max(math.ceil(count / _AXIS_LABELS), 1)
    labels = []
    for place, index in enumerate(range(0, count, every)):
        x = (index + 0.5) / count if centred else index / max(count - 1, 1)
        anchor = "start" if not centred and index == 0 else "middle"
        if not centred and index == count - 1 and count > 1:
            anchor = "end"
        labels.append(AxisLabel(index, _round(x * 100), anchor, place % 2 == 1))
    return labels


def _round(value: float) -> float:
    return round(value, 2)
