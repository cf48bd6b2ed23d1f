"""Processes that use the embedded servers, and what tests ask about processes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from talkhub.embedded.services import EmbeddedServers

ROOT = Path(__file__).parents[2]

CLIENT = """
import dataclasses, json, sys
from pathlib import Path
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.services import ensure
try:
    servers = ensure(Path(sys.argv[1]), test=sys.argv[2] == "test")
except CannotStart as error:
    print(json.dumps({"error": str(error)}), flush=True)
else:
    print(json.dumps(dataclasses.asdict(servers)), flush=True)
    sys.stdin.read()
"""


def wait_until(claim: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self").exists()
    except ProcessLookupError:
        return False
    return state != "Z"


@dataclass
class Client:
    """A process that uses the servers until it ends."""

    process: subprocess.Popen[str]

    def answer(self) -> dict[str, object]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def servers(self) -> EmbeddedServers:
        return EmbeddedServers(**self.answer())  # type: ignore[arg-type]

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
