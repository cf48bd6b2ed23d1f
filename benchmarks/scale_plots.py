"""Draws what more nodes get done: `./run bench scale --plots DIR`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

_DOTS_PER_INCH: Final = 120


def write_scale_plot(folder: Path, rates: Mapping[str, Mapping[int, float]]) -> Path:
    """Draw a second's work by the number of nodes, beside what twice the nodes would do at best."""
    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    for axes, (work, by_nodes) in zip(figure.subplots(1, len(rates)), rates.items(), strict=True):
        nodes = list(by_nodes)
        first = by_nodes[nodes[0]]
        axes.plot(nodes, list(by_nodes.values()), marker="o", label="measured")
        axes.plot(nodes, [first * n for n in nodes], linestyle=":", linewidth=1, label="at best")
        axes.set_xticks(nodes)
        axes.set_ylim(bottom=0)
        axes.set(title=work.partition(":")[0], xlabel="nodes", ylabel="per second")
        axes.legend(loc="upper left", fontsize="small")
    file = folder / "scale.png"
    figure.savefig(file, dpi=_DOTS_PER_INCH)
    return file
