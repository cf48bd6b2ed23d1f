"""Draws a measurement of exports: `./run bench export --plots DIR`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.export_figures import NAMES, WANTED_MB, WANTED_PER_SECOND, Exports

_DOTS_PER_INCH: Final = 120
_COLOURS: Final = ("#2f6db5", "#c8641e", "#3f8f4f", "#8a8a8a")


def write_export_plots(folder: Path, found: Exports) -> Path:
    """Write one picture: seconds and memory over the number of rows; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    duration, memory = figure.subplots(1, 2)
    sizes = _drawn(duration, found, lambda name, rows: rows / found.per_second(name, rows).median)
    duration.plot(
        sizes,
        [size / WANTED_PER_SECOND for size in sizes],
        color="black",
        linestyle=":",
        label=f"{WANTED_PER_SECOND:,} rows a second",
    )
    duration.set(yscale="log", xlabel="rows", ylabel="seconds")
    duration.legend()
    _drawn(memory, found, lambda name, rows: found.peak_mb(name, rows).median)
    memory.axhline(WANTED_MB, color="black", linestyle=":", label=f"{WANTED_MB} MB")
    memory.set(xlabel="rows", ylabel="MB that the process held at most", ylim=(0, WANTED_MB * 1.2))
    memory.legend(loc="lower right")
    path = folder / "export.png"
    figure.savefig(path, dpi=_DOTS_PER_INCH)
    return path


def _drawn(axes: Axes, found: Exports, value: Callable[[str, int], float]) -> list[int]:
    sizes = sorted({rows for _name, rows in found.turns})
    for name, colour in zip(NAMES, _COLOURS, strict=True):
        axes.plot(
            sizes, [value(name, rows) for rows in sizes], color=colour, marker="o", label=name
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    return sizes
