"""The load generator: wrk, which costs a few microseconds of processor a request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.failure import CannotMeasure

_SCRIPTS = Path(__file__).parent / "lua"
_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "wrk")
_GRACE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted: requests answered 2xx, how many a second, and how long they took."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float


def require_wrk() -> None:
    """Have wrk on the PATH, installing Debian's package where we may; raise CannotMeasure."""
    if shutil.which("wrk"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_get()
    if shutil.which("wrk") is None:
        raise CannotMeasure(f"There is no wrk on this machine: `{' '.join(_INSTALL)}`.")


def _apt_get() -> None:
    for command in (_INSTALL, ("apt-get", "update"), _INSTALL):
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode == 0 and command == _INSTALL:
            return


def run_wrk(
    script: str, *arguments: object, port: int, connections: int, seconds: int, folder: Path
) -> Load:
    """Load a server on this machine with one of the scripts in `lua/`.

    Raises CannotMeasure unless every answer was a 2xx: a refusal is quicker than work.
    """
    file = folder / "wrk.lua"
    file.write_text((_SCRIPTS / script).read_text() + (_SCRIPTS / "result.lua").read_text())
    command: list[str | Path] = [
        *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"),
        *("-s", str(file), f"http://127.0.0.1:{port}", "--", *map(str, arguments)),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds + _GRACE_SECONDS
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), None)
    if line is None:
        raise CannotMeasure(f"wrk failed: {(done.stderr or done.stdout).strip()[-300:]}")
    result = json.loads(line.removeprefix("RESULT "))
    if result["failed"] or not result["requests"]:
        raise CannotMeasure(
            f"{result['failed']} of {result['requests']} requests were not answered with a 2xx."
        )
    return Load(
        requests=result["requests"],
        per_second=result["requests"] / result["microseconds"] * 1e6,
        p50_ms=result["p50_us"] / 1000,
        p99_ms=result["p99_us"] / 1000,
    )
