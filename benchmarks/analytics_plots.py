"""Draws what questions cost at several sizes: `./run bench analytics --plots DIR`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

_DOTS_PER_INCH: Final = 120
_WANTED_STYLE: Final = {"linestyle": ":", "linewidth": 1}


def write_analytics_plot(
    folder: Path, costs: Mapping[str, Mapping[int, float]], wanted: Mapping[str, float]
) -> Path:
    """Draw milliseconds by the number of conversations, and what was wanted; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(7.5, 4.8), layout="constrained")
    axes = figure.add_subplot()
    sizes = sorted({size for by_size in costs.values() for size in by_size})
    for name, by_size in costs.items():
        (line,) = axes.plot(list(by_size), list(by_size.values()), marker="o", label=name)
        if name in wanted:
            limit = [wanted[name]] * len(sizes)
            axes.plot(sizes, limit, color=line.get_color(), **_WANTED_STYLE)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="conversations", ylabel="milliseconds, p50 (dotted: wanted at most)")
    axes.legend(loc="upper left", fontsize="small")
    figure.suptitle("What a question costs")
    file = folder / "analytics.png"
    figure.savefig(file, dpi=_DOTS_PER_INCH)
    return file
