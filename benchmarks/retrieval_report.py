"""What a measurement of the memory says: tables for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.report import machine
from benchmarks.retrieval_bench import Retrieval

_WIDTH = 130


def write_retrieval_json(found: Retrieval) -> None:
    """Write all that was found as one JSON object on stdout."""
    document = {"bench": "retrieval", "machine": machine(), **asdict(found)}
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_retrieval_tables(found: Retrieval) -> None:
    """Write what was found as tables on stdout."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    console.print(f"bench retrieval: {found.file}, {machine()}")
    console.print(_quality(found))
    console.print(_speed(found))


def _quality(found: Retrieval) -> Table:
    table = Table(title="evidence found", title_justify="left", box=box.SIMPLE_HEAD)
    depths = found.overall["recall"]
    budgets = found.overall["coverage"]
    for heading in ("category", "questions", *(f"R@{depth}" for depth in depths), "MRR"):
        table.add_column(heading, justify="left" if heading == "category" else "right")
    for budget in budgets:
        table.add_column(f"in {budget} tokens", justify="right")
    for name, summary in {**found.categories, "all": found.overall}.items():
        table.add_row(name, *_cells(summary))
    return table


def _cells(summary: dict[str, Any]) -> list[str]:
    shares = [*summary["recall"].values(), summary["mrr"], *summary["coverage"].values()]
    return [str(summary["questions"]), *(f"{share:.3f}" for share in shares)]


def _speed(found: Retrieval) -> Table:
    table = Table(title="one search, ms", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("", "p50", "p95"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, times in found.milliseconds.items():
        table.add_row(name, f"{times['p50']:.1f}", f"{times['p95']:.1f}")
    return table
