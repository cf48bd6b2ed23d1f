"""What a measurement says: a table for people, or JSON for machines."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Goal, Sample, Spread, by_processor_time, ratios, spread
from benchmarks.rounds import Results

_WIDTH = 130
_PARTS = {"client": "client_us", "server": "server_us", "PostgreSQL": "postgres_us"}
"""Whose processor time is counted, in microseconds a request."""


@dataclass(frozen=True)
class Section:
    """The contestants of one work, compared with some of them."""

    title: str
    results: Results
    work: str
    against: tuple[str, ...] = ()

    def samples(self) -> dict[str, list[Sample]]:
        """Return each contestant's samples."""
        return {name: found for (work, name), found in self.results.items() if work == self.work}

    def by_processor_time(self, name: str, other: str) -> Spread | None:
        """Return the same by processor time, which other work on the machine disturbs less."""
        samples = self.samples()
        return by_processor_time(samples[name], samples[other])

    def times(self, name: str, other: str) -> Spread:
        """Return how many times the other's rate a contestant reaches."""
        samples = self.samples()
        mine, its = ([s.per_second for s in samples[one]] for one in (name, other))
        return ratios(mine, its)


@dataclass
class Report:
    """All that one measurement found; `seconds` are None where a turn is as long as its work."""

    name: str
    seconds: int | None
    rounds: int
    connections: int | None = None
    sections: list[Section] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def write_json(report: Report) -> None:
    """Write the report as one JSON object on stdout."""
    document = {
        "bench": report.name,
        "seconds": report.seconds,
        "rounds": report.rounds,
        "connections": report.connections,
        "machine": machine(),
        **report.facts,
        "sections": [
            {"title": section.title, "contestants": _contestants(section)}
            for section in report.sections
        ],
        "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in report.goals],
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def write_tables(report: Report) -> None:
    """Write the report as tables on stdout."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    console.print(f"bench {report.name}: {_method(report)}, {machine()}")
    for section in report.sections:
        console.print(_table(section))
    for name, value in report.facts.items():
        console.print(f"{name}: {value}")
    if report.goals:
        console.print(_goals(report.goals))


def machine() -> str:
    """Return what was measured on, in words."""
    return f"{os.cpu_count()} CPU, {platform.machine()}, Python {platform.python_version()}"


def _method(report: Report) -> str:
    length = f" of {report.seconds} s" if report.seconds else ""
    connections = f", {report.connections} connections" if report.connections else ""
    return f"{report.rounds} interleaved rounds{length}{connections}; medians (lowest to highest)"


def _contestants(section: Section) -> dict[str, Any]:
    found = {}
    for name, samples in section.samples().items():
        figures = {key: _spread_of(samples, key) for key in Sample.__dataclass_fields__}
        found[name] = {key: asdict(value) for key, value in figures.items() if value}
        for other in section.against:
            if other != name:
                found[name][f"times {other}"] = asdict(section.times(name, other))
                if by_time := section.by_processor_time(name, other):
                    found[name][f"times {other} by processor time"] = asdict(by_time)
    return found


def _spread_of(samples: Sequence[Sample], key: str) -> Spread | None:
    values = [value for sample in samples if (value := getattr(sample, key)) is not None]
    return spread(values) if values else None


def _table(section: Section) -> Table:
    table = _new_table(section.title)
    table.add_column("")
    headings = ["per second"]
    for other in section.against:
        headings += [f"x {other}", "by CPU"]
    for heading in (*headings, "p50 ms", "p99 ms", *(f"us {part}" for part in _PARTS)):
        table.add_column(heading, justify="right")
    for name, samples in section.samples().items():
        cells = [_written(_spread_of(samples, "per_second"), "{:,.0f}")]
        for other in section.against:
            if other == name:
                cells += ["", ""]
                continue
            cells.append(_written(section.times(name, other), "{:.2f}"))
            cells.append(_median(section.by_processor_time(name, other), "{:.2f}"))
        cells += [_median(_spread_of(samples, key), "{:.1f}") for key in ("p50_ms", "p99_ms")]
        cells += [_median(_spread_of(samples, key), "{:.0f}") for key in _PARTS.values()]
        table.add_row(name, *cells)
    return table


def _goals(goals: Sequence[Goal]) -> Table:
    table = _new_table("goals")
    for heading in ("", "wanted", "measured", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for goal in goals:
        sign = "<=" if goal.at_most else ">="
        measured = _written(goal.measured, "{:.2f}" if goal.wanted < 10 else "{:.0f}")
        verdict = "met" if goal.is_met else "missed"
        table.add_row(goal.claim, f"{sign} {goal.wanted:g}", measured, verdict)
    return table


def _median(found: Spread | None, form: str) -> str:
    return "" if found is None else form.format(found.median)


def _new_table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)


def _written(found: Spread | None, form: str) -> str:
    if found is None:
        return ""
    low, high = form.format(found.lowest), form.format(found.highest)
    return f"{form.format(found.median)} ({low} to {high})"
