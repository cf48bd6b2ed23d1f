"""Draws how right an analyser is: `./run evaluate … --plots DIR` and `./run train --plots DIR`.

Only these commands need matplotlib, which is no part of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from talkhub.analysis.measuring import Measures, Numbers

_DOTS_PER_INCH: Final = 120
_DARK: Final = 0.5
_BLUE, _GREY = "#2f6db5", "#8a8a8a"


def write_plots(folder: Path, measured: Mapping[str, Measures], *, rows: int) -> list[Path]:
    """Write for each kind of label its confusion, reliability and F1; return the files.

    `measured` are the kinds by their names, `rows` how many messages they were measured on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, measures in measured.items():
        for name, figure in (
            ("confusion", _confusion(measures)),
            ("reliability", _reliability(measures)),
            ("f1", _f1(measures)),
        ):
            figure.suptitle(f"{kind}, {rows:,} messages")
            written.append(folder / f"{kind}-{name}.png")
            figure.savefig(written[-1], dpi=_DOTS_PER_INCH)
    return written


def _confusion(measures: Measures) -> Figure:
    """Draw how often each label got each answer: a row is what is true, in shares of the row."""
    occurring = [place for place, row in enumerate(measures.confusion) if row.any()]
    counts: Numbers = measures.confusion[occurring]
    shares = counts / counts.sum(axis=1, keepdims=True)
    figure, axes = _figure(width=1.6 + 0.7 * len(measures.answers), height=1.8 + 0.5 * len(counts))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(measures.answers)), measures.answers, rotation=45, ha="right")
    axes.set_yticks(range(len(occurring)), [measures.answers[place] for place in occurring])
    axes.set(xlabel="answer", ylabel="label")
    for row, numbers in enumerate(counts):
        for column, number in enumerate(numbers):
            if number:
                colour = "white" if shares[row, column] > _DARK else "black"
                axes.text(column, row, f"{number}", ha="center", va="center", color=colour)
    return figure


def _reliability(measures: Measures) -> Figure:
    """Draw how often answers are right beside how sure they are: on the diagonal they are honest.

    A dot is as large as the share of the answers that it stands for.
    """
    figure, axes = _figure(width=5, height=5)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="perfectly calibrated")
    total = sum(each.rows for each in measures.reliability)
    axes.plot(
        [each.confidence for each in measures.reliability],
        [each.accuracy for each in measures.reliability],
        color=_BLUE,
        label=f"calibration error {measures.ece:.3f}",
    )
    axes.scatter(
        [each.confidence for each in measures.reliability],
        [each.accuracy for each in measures.reliability],
        s=[20 + 600 * each.rows / total for each in measures.reliability],
        color=_BLUE,
        alpha=0.6,
    )
    for each in measures.reliability:
        place = (each.confidence, each.accuracy)
        axes.annotate(f"{each.rows}", place, (12, -12), textcoords="offset points", ha="center")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that is right")
    axes.legend(loc="upper left")
    return figure


def _f1(measures: Measures) -> Figure:
    """Draw the F1 of each label that occurs, and their mean, with 95 % intervals."""
    bars = [(f"{it.label} (n={it.rows})", it.f1, it.ci95) for it in measures.f1_by_label]
    bars.append(("mean", measures.macro_f1, measures.macro_f1_ci95))
    bars.reverse()  # the first one stands above
    figure, axes = _figure(width=7, height=1.2 + 0.4 * len(bars))
    values = [f1 for _, f1, _ in bars]
    below = [max(f1 - low, 0.0) for _, f1, (low, _) in bars]
    above = [max(high - f1, 0.0) for _, f1, (_, high) in bars]
    colours = [_GREY, *[_BLUE] * (len(bars) - 1)]
    axes.barh([name for name, _, _ in bars], values, xerr=(below, above), color=colours, capsize=3)
    axes.set(xlim=(0, 1), xlabel="F1, with 95 % intervals")
    return figure


def _figure(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()
