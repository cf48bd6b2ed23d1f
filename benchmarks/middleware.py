"""What all that stands before a view costs: a route of TalkHub against a bare one, in process.

A program of its own, `python -m benchmarks.middleware`, as it must have the service's
environment from its start; it writes its samples as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from flask_jwt_extended import create_access_token
from sqlalchemy.engine import URL
from werkzeug.test import EnvironBuilder

from benchmarks.bare import PATH, create_bare_app
from benchmarks.failure import CannotMeasure
from benchmarks.service import service_settings
from benchmarks.serving import PYTHON
from benchmarks.stage import ROOT, Stage
from talkhub.app import create_app
from talkhub.embedded.boot import settings_or_exit
from talkhub.names import Scope
from talkhub.settings import environment_of_child

CALLS = 50
ROUNDS = 200
"""Short turns, so that what slows the machine for a moment slows both routes."""
_TIMEOUT_SECONDS = 120


def measure_middleware(stage: Stage, url: URL) -> dict[str, list[float]]:
    """Return processor microseconds a call of the bare and of the gated route, round by round."""
    environment = environment_of_child(service_settings(stage, url, role="api", port=1))
    done = subprocess.run(
        [PYTHON, "-m", "benchmarks.middleware"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode:
        raise CannotMeasure(f"The middleware could not be measured: {done.stderr[-400:]}")
    samples: dict[str, list[float]] = json.loads(done.stdout)
    return samples


def main() -> None:
    """Measure both routes in turns and write the samples."""
    app = create_app(settings_or_exit())
    routes = {
        "bare": _caller(create_bare_app(), {}),
        "gated": _caller(app, {"Authorization": f"Bearer {_token(app)}"}),
    }
    samples: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(ROUNDS + 1):
        for name, call in routes.items():
            began = time.thread_time()
            for _ in range(CALLS):
                call()
            samples[name].append((time.thread_time() - began) / CALLS * 1e6)
    # The first round filled caches.
    sys.stdout.write(json.dumps({name: values[1:] for name, values in samples.items()}))


def _caller(app: Flask, headers: dict[str, str]) -> Callable[[], None]:
    """Return what sends one request through an application as a WSGI server would."""
    environ = EnvironBuilder(path=PATH, headers=list(headers.items())).get_environ()

    def start(status: str, _headers: list[tuple[str, str]], _error: object = None) -> Any:
        if not status.startswith("200"):
            raise CannotMeasure(f"{PATH} answers {status}.")

    def call() -> None:
        body: Iterable[bytes] = app.wsgi_app(dict(environ), start)
        for _ in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()

    return call


def _token(app: Flask) -> str:
    claims = {"ws": 1, "scope": " ".join(Scope), "name": "benchmark", "kind": "api"}
    with app.app_context():
        token: str = create_access_token("benchmark", additional_claims=claims)
        return token


if __name__ == "__main__":
    main()
