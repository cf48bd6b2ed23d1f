"""A bare Flask route: what Flask and granian cost before TalkHub does anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response

from benchmarks.service import Target
from benchmarks.serving import PROCESSES, PYTHON, THREADS, free_port, serving
from benchmarks.stage import ROOT, Stage

PATH = "/api/v1/test"
ANSWER = b'{"ok":true,"user":"admin","scopes":["a","b","c","d"],"version":"0.0.0"}'


def create_bare_app() -> Flask:
    """Return an application with one route and no hooks."""
    app = Flask("bare")

    @app.get(PATH)
    def bare() -> Response:
        return Response(ANSWER, mimetype="application/json")

    return app


@contextmanager
def bare(stage: Stage) -> Iterator[Target]:
    """Serve the bare route as TalkHub is served, until the block ends."""
    port = free_port()
    command = [
        *(PYTHON, "-m", "granian", "--interface", "wsgi", "--factory"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "error"),
        *("--workers", str(PROCESSES), "--blocking-threads", str(THREADS)),
        "benchmarks.bare:create_bare_app",
    ]
    log = stage.folder / f"bare-{port}.log"
    with serving(command, {"PYTHONPATH": str(ROOT)}, port=port, log=log) as pid:
        yield Target(port, pid)
