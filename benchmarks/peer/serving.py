"""The peers as they are served: uvicorn with as many processes as TalkHub has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from benchmarks.service import Target
from benchmarks.serving import PROCESSES, free_port, serving
from benchmarks.stage import Stage, libpq_environment

FASTMCP, FASTAPI = "benchmarks.peer.app:app", "benchmarks.peer.rest_app:app"


@contextmanager
def peer(stage: Stage, url: URL, python: Path, *, app: str = FASTMCP) -> Iterator[Target]:
    """Serve a peer from a database of the reference schema until the block ends."""
    port = free_port()
    command: list[str | Path] = [
        *(python, "-m", "uvicorn", app, "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(PROCESSES)),
        *("--log-level", "warning", "--no-access-log"),
    ]
    log = stage.folder / f"peer-{port}.log"
    with serving(command, libpq_environment(url), port=port, log=log) as pid:
        yield Target(port, pid)
