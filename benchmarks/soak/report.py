"""A soak's outcome, for people and for programs."""

from __future__ import annotations

from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.soak.chaos import Chaos, Outcome
from benchmarks.soak.phases import Result

SHOWN = 10


def as_document(chaos: Chaos, outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain data."""
    phases = [outcome.control, outcome.kills, *([outcome.naive] if outcome.naive else [])]
    return {
        "soak": "chaos",
        "seed": chaos.seed,
        "per_second": chaos.pace.per_second,
        "is_good": outcome.is_good,
        "phases": {phase.name: _phase(phase) for phase in phases},
    }


def _phase(result: Result) -> dict[str, Any]:
    recoveries = _recoveries(result)
    found = result.findings
    return {
        "seconds": round(result.seconds, 1),
        "accepted": result.accepted,
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "wrong": len(found.wrong),
        "retries": dict(result.retries),
        "sent_twice": result.sent_twice,
        "kills": {kind.value: count for kind, count in result.kills_by_kind.items()},
        "recovery_seconds": {
            "median": round(median(recoveries), 2) if recoveries else None,
            "longest": round(max(recoveries), 2) if recoveries else None,
        },
        "recoveries": [
            {"kind": kill.kind.value, "seconds": _rounded(kill.recovery_seconds)}
            for kill in result.kills
        ],
        "drain_seconds": _rounded(result.drain_seconds),
        "findings": [*found.lost, *found.doubled, *found.wrong][:SHOWN],
    }


def print_report(chaos: Chaos, outcome: Outcome) -> None:
    """Write a table to stdout, and under it what is wrong."""
    document = as_document(chaos, outcome)
    phases: dict[str, dict[str, Any]] = document["phases"]
    table = Table(title=f"soak chaos, seed {chaos.seed}", title_justify="left")
    table.add_column("")
    for name in phases:
        table.add_column(name, justify="right")
    for row in ("accepted", "lost", "doubled", "wrong", "sent_twice", "seconds", "drain_seconds"):
        table.add_row(row.replace("_", " "), *(str(phase[row]) for phase in phases.values()))
    table.add_row("retries", *(str(sum(p["retries"].values())) for p in phases.values()))
    table.add_row("kills", *(str(sum(p["kills"].values())) for p in phases.values()))
    for statistic in ("median", "longest"):
        cells = (str(phase["recovery_seconds"][statistic]) for phase in phases.values())
        table.add_row(f"recovery seconds, {statistic}", *cells)
    kinds = dict.fromkeys(kind for phase in phases.values() for kind in phase["kills"])
    for kind in kinds:
        cells = (_kind_cell(phase, kind) for phase in phases.values())
        table.add_row(f"  {kind}", *cells)
    console = Console()
    console.print(table)
    for name, phase in phases.items():
        for finding in phase["findings"]:
            console.print(f"{name}: {finding}", soft_wrap=True, markup=False, highlight=False)
    if outcome.proves_nothing:
        console.print("The textbook design lost and doubled nothing: these kills prove nothing.")


def _kind_cell(phase: dict[str, Any], kind: str) -> str:
    """Return how often a kind was killed, and the longest recovery."""
    times = [r["seconds"] for r in phase["recoveries"] if r["kind"] == kind]
    known = [seconds for seconds in times if seconds is not None]
    longest = f" (<= {max(known)} s)" if known else ""
    return f"{len(times)}{longest}" if times else ""


def _recoveries(result: Result) -> list[float]:
    return [kill.recovery_seconds for kill in result.kills if kill.recovery_seconds is not None]


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
