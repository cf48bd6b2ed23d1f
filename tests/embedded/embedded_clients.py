"""Processes that use the embedded servers, and what tests ask about processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from talkhub.embedded.layout import lay_out
from talkhub.embedded.locks import is_locked
from talkhub.embedded.services import EmbeddedServers

ROOT = Path(__file__).parents[2]

CLIENT = """
import dataclasses, json, sys
from pathlib import Path
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import lay_out
from talkhub.embedded.locks import is_locked
from talkhub.embedded.services import ensure
try:
    servers = ensure(Path(sys.argv[1]), test=sys.argv[2] == "test")
except CannotStart as error:
    print(json.dumps({"error": str(error)}), flush=True)
else:
    print(json.dumps(dataclasses.asdict(servers)), flush=True)
    sys.stdin.read()
"""


def wait_until(claim: Callable[[], bool], *, seconds: float = 30) -> None:
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


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a home folder, and remove it when the servers that may be in it have stopped."""
    # Not pytest's tmp_path: that is closed to the account that root's servers run as.
    folder = Path(tempfile.mkdtemp(prefix="th-"))
    folder.chmod(0o711)
    yield folder / "h"
    if (folder / "h" / "run").exists():
        layout = lay_out(folder / "h", None)
        wait_until(lambda: not is_locked(layout.lock("keeper")))
    shutil.rmtree(folder)


@contextmanager
def clients_of(home: Path) -> Iterator[Callable[..., Client]]:
    """Give a function that starts clients, and end them all in the end."""
    started: list[Client] = []

    def start(mode: str = "test", **environment: str) -> Client:
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, home, mode],
            cwd=ROOT,
            env={"PATH": os.defpath, "TALKHUB_LINGER": "0", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(Client(process))
        return started[-1]

    try:
        yield start
    finally:
        for client in started:
            client.end()


def query(servers: EmbeddedServers, statement: str) -> list[tuple[object, ...]]:
    url = make_url(servers.database_url).set(drivername="postgresql")
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()
