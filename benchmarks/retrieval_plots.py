"""Draws a measurement of the memory: `./run bench retrieval FILE --plots DIR`."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.retrieval_bench import Retrieval

_DOTS_PER_INCH: Final = 120
_BLUE, _GREY, _LIGHT = "#2f6db5", "#8a8a8a", "#a9c6e8"
_STYLES = ("-", "--", "-.", ":")


def write_retrieval_plots(folder: Path, found: Retrieval) -> list[Path]:
    """Write what was found by budget and by depth, and how long it took; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in (
        ("coverage", _shares(found, "coverage", "tokens")),
        ("recall", _shares(found, "recall", "messages, the best first")),
        ("latency", _latency(found)),
    ):
        figure.suptitle(f"{found.file}, {found.overall['questions']:,} questions")
        written.append(folder / f"{name}.png")
        figure.savefig(written[-1], dpi=_DOTS_PER_INCH)
    return written


def _shares(found: Retrieval, measure: str, unit: str) -> Figure:
    """Draw the share of the evidence among so much of what was found: of all, and by category."""
    figure, axes = _figure(width=6.5, height=4.5)
    for (category, summary), style in zip(found.categories.items(), cycle(_STYLES), strict=False):
        known = {int(size): share for size, share in summary[measure].items()}
        label = f"category {category} (n={summary['questions']})"
        axes.plot(list(known), list(known.values()), color=_GREY, linestyle=style, label=label)
    sizes = [int(size) for size in found.overall[measure]]
    shares = list(found.overall[measure].values())
    axes.plot(sizes, shares, color=_BLUE, linewidth=2, marker="o", label="all")
    for size, share in zip(sizes, shares, strict=True):
        axes.annotate(
            f"{share:.2f}", (size, share), (0, 7), textcoords="offset points", ha="center"
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel=unit, ylabel=f"{measure}: share of the evidence", ylim=(0, 1.05))
    axes.legend(loc="lower right")
    return figure


def _latency(found: Retrieval) -> Figure:
    """Draw how long a search took: half of them up to the dark end, 95 % up to the light one."""
    names = list(found.milliseconds)
    figure, axes = _figure(width=8, height=1.6 + 0.5 * len(names))
    for percentile, colour in (("p95", _LIGHT), ("p50", _BLUE)):
        times = [found.milliseconds[name][percentile] for name in names]
        axes.barh(names, times, color=colour, label=percentile)
        for place, time in enumerate(times):
            axes.annotate(f"{time:.1f}", (time, place), va="center")
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set(xlabel="milliseconds")
    axes.legend(loc="lower right")
    return figure


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()
