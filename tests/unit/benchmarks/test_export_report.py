"""What `bench export` says and draws."""

from pathlib import Path

from benchmarks.export_bench import SIZES, report_of
from benchmarks.export_figures import NAMES, Exports
from benchmarks.export_once import Turn
from benchmarks.export_plots import write_export_plots


def found(*, per_second: float, peak_mb: float) -> Exports:
    return Exports(
        {
            (name, rows): [Turn(rows / per_second, 1.0, 2.0, peak_mb)]
            for name in NAMES
            for rows in SIZES
        }
    )


def test_goals_are_of_the_most_rows_and_of_every_form() -> None:
    fast = report_of(found(per_second=60_000, peak_mb=160)).goals
    small = report_of(found(per_second=40_000, peak_mb=140)).goals

    assert [goal.is_met for goal in fast] == [True, False] * len(NAMES)
    assert [goal.is_met for goal in small] == [False, True] * len(NAMES)
    assert {goal.claim.split(":")[0] for goal in fast} == {f"{name}, 1,000,000" for name in NAMES}


def test_cost_and_memory_are_drawn(tmp_path: Path) -> None:
    written = write_export_plots(tmp_path / "new", found(per_second=60_000, peak_mb=100))

    assert written.read_bytes().startswith(b"\x89PNG")
