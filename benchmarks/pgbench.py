"""pgbench, PostgreSQL's own load generator: what the database alone can do."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure
from benchmarks.stage import libpq_environment
from talkhub.embedded.binaries import find_postgres
from talkhub.embedded.failure import CannotStart

_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Transactions:
    """How many transactions pgbench made, and how many a second."""

    count: int
    per_second: float
    mean_ms: float


def find_pgbench() -> str:
    """Return pgbench beside the servers' programs, else the one on the PATH."""
    try:
        beside = find_postgres(None).folder / "pgbench"
    except CannotStart:
        beside = Path("pgbench")
    program = shutil.which(beside) or shutil.which("pgbench")
    if program is None:
        raise CannotMeasure(
            "There is no pgbench on this machine: `apt-get install postgresql-contrib`."
        )
    return program


def run_pgbench(
    url: URL, script: Path, *, prepared: bool, connections: int, seconds: int, run: int
) -> Transactions:
    """Run a script's transaction on so many connections for so long.

    Scripts find `:run`, `:clients`, `:client_id` (from 0), and `:turn` (0 before the first).
    """
    command = [
        *(find_pgbench(), "--no-vacuum", "--client", str(connections), "--jobs", "2"),
        *("--protocol", "prepared" if prepared else "simple", "--time", str(seconds)),
        *("--define", "turn=0", "--define", f"clients={connections}"),
        *("--define", f"run={run}", "--file", script),
    ]
    done = subprocess.run(
        command,
        env=libpq_environment(url),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + _GRACE_SECONDS,
    )
    count = re.search(r"actually processed: (\d+)", done.stdout)
    rate = re.search(r"tps = ([0-9.]+)", done.stdout)
    mean = re.search(r"latency average = ([0-9.]+)", done.stdout)
    if done.returncode or not (count and rate and mean):
        raise CannotMeasure(f"pgbench failed on {script.name}: {done.stderr.strip()[-400:]}")
    return Transactions(int(count[1]), float(rate[1]), float(mean[1]))
