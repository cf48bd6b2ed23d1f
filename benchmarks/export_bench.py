"""`bench export`: how fast rows leave, and that their number costs no memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks.export_figures import NAMES, WANTED_MB, WANTED_PER_SECOND, Exports
from benchmarks.export_once import Turn
from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Results
from benchmarks.stage import Stage, address, migrate, run_sql
from talkhub import clock
from talkhub.demo.load import Wanted, load_conversations, make_workspace
from talkhub.store.uow import Database

CONVERSATIONS = 1_000_000
SIZES = (10_000, 100_000, 1_000_000)

_SINCE = """
select min(started_at) from (
  select started_at, sum({each}) over (order by started_at desc, id desc) - {each} as before
  from conversations) as latest
where before < %s
"""
"""When the latest of so many rows began."""


def measure(  # what the command was given
    stage: Stage,
    *,
    seconds: int,  # noqa: ARG001 -- a turn is as long as its work
    rounds: int,
    progress: Progress,
    conversations: int,
    plots: Path | None,
) -> Report:
    """Export the latest of a year's conversations, each turn in a fresh process."""
    count = conversations or CONVERSATIONS
    sizes = [size for size in SIZES if size <= count]
    progress.expect(1 + rounds * len(NAMES) * len(sizes))
    progress.step(f"{count:,} conversations")
    url = stage.make_database("export")
    workspace_id = _fill(url, count)
    stage.checkpoint()
    every = [(name, size) for name in NAMES for size in sizes]
    found = Exports({one: [] for one in every})
    for number in range(1, rounds + 1):
        for name, size in random.sample(every, len(every)):
            progress.step(f"round {number}, {size:,} rows of {name}")
            found.turns[name, size].append(_turn(url, workspace_id, name, size))
    if plots is not None:
        import_module("benchmarks.export_plots").write_export_plots(plots, found)
    return report_of(found)


def report_of(found: Exports) -> Report:
    """Return what was measured, and whether it is fast and small enough."""
    results: Results = {
        (f"{rows:,} rows", name): [
            Sample(rows / turn.seconds, server_us=turn.processor_seconds / rows * 1e6)
            for turn in turns
        ]
        for (name, rows), turns in found.turns.items()
    }
    rounds = len(next(iter(found.turns.values())))
    report = Report("export", seconds=None, rounds=rounds)
    sizes = sorted({rows for _name, rows in found.turns})
    report.sections = [Section(f"{rows:,} rows", results, f"{rows:,} rows") for rows in sizes]
    largest = sizes[-1]
    for name in NAMES:
        reached, held = found.per_second(name, largest), found.peak_mb(name, largest)
        report.goals += [
            Goal(f"{name}, {largest:,}: rows a second", WANTED_PER_SECOND, reached),
            Goal(f"{name}, {largest:,}: MB at most", WANTED_MB, held, at_most=True),
        ]
    report.facts = {
        f"{name}, {rows:,} rows": (
            f"{spread([turn.seconds for turn in turns]).median:.1f} s,"
            f" {turns[0].megabytes:,.1f} MB long, {found.peak_mb(name, rows).median:.0f} MB held"
        )
        for (name, rows), turns in found.turns.items()
    }
    return report


def _fill(url: URL, count: int) -> int:
    migrate(url)
    database = Database(address(url), pool_size=1)
    try:
        workspace_id = make_workspace(database, "default")
        wanted = Wanted(count, clock.now().replace(minute=0, second=0), has_details=False)
        load_conversations(database, workspace_id, wanted, lambda _done: None)
    finally:
        database.dispose()
    run_sql(url, "vacuum analyze")
    return workspace_id


def _turn(url: URL, workspace_id: int, name: str, rows: int) -> Turn:
    each = "message_count" if name.startswith("messages") else "1"
    ((since,),) = run_sql(url, _SINCE.format(each=each), rows)
    command = [sys.executable, "-m", "benchmarks.export_once"]
    command += [address(url), str(workspace_id), name, since.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"The export ended with {done.stderr.strip()[-400:]}")
    return Turn(**json.loads(done.stdout))
