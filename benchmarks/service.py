"""TalkHub as it is served to its users: granian, all duties on, limits too high to be met."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import URL

from benchmarks.serving import PROCESSES, PYTHON, THREADS, free_port, serving
from benchmarks.stage import HOME, Stage, address
from talkhub.settings import Role, Settings, environment_of_child

_NEVER_MET = "1000000000"
ADMIN_SECRET = "a-secret-of-the-benchmarks-only"
WHATSAPP_SECRET = "a-whatsapp-secret-of-the-benchmarks"

_runs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test: where it listens, its process, and a token it takes."""

    port: int
    pid: int
    token: str = ""


def service_settings(
    stage: Stage, url: URL, *, role: Role, port: int, processes: int = PROCESSES
) -> Settings:
    """Return settings of a service on one of the stage's databases."""
    metrics = stage.folder / f"metrics-{next(_runs)}"
    metrics.mkdir()
    given: dict[str, Any] = {
        "TALKHUB_ENV": "development",
        "TALKHUB_HOME": HOME,
        "TALKHUB_ROLE": role,
        "PORT": port,
        "DATABASE_URL": address(url),
        "DIRECT_URL": address(url),
        "REDIS_URL": stage.redis_url,
        "JWT_SECRET": ADMIN_SECRET,
        "ADMIN_SECRET": ADMIN_SECRET,
        "ADMIN_PASSWORD": ADMIN_SECRET,
        "WEBHOOK_SECRET": ADMIN_SECRET,
        "WHATSAPP_APP_SECRET": WHATSAPP_SECRET,
        "ENCRYPTION_KEY": "YS1rZXktb2YtdGhlLWJlbmNobWFya3Mtb25seS0tLS0=",
        "ALLOWED_ORIGINS": "https://app.example.com",
        "RATE_LIMIT_MAX": _NEVER_MET,
        "RATE_LIMIT_PRINCIPAL": _NEVER_MET,
        "LOG_LEVEL": "INFO",
        "WEB_PROCESSES": processes,
        "WEB_THREADS": THREADS,
        "WORKER_PROCESSES": processes,
        "TRUSTED_PROXIES": 0,
        "PROMETHEUS_MULTIPROC_DIR": metrics,
    }
    return Settings(**given)


@contextmanager
def talkhub(stage: Stage, url: URL, *, role: Role, processes: int = PROCESSES) -> Iterator[Target]:
    """Serve TalkHub from a database until the block ends."""
    port = free_port()
    settings = service_settings(stage, url, role=role, port=port, processes=processes)
    command = [PYTHON, "-m", "talkhub.embedded", "web"]
    log = stage.folder / f"talkhub-{port}.log"
    with serving(command, environment_of_child(settings), port=port, log=log) as pid:
        token = sign_in(port) if role in {"all", "api"} else ""
        yield Target(port, pid, token)


def sign_in(port: int) -> str:
    """Return a token, by the door that every client uses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = json.dumps({"username": "admin", "admin_secret": ADMIN_SECRET})
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/v1/auth/token", body, headers)
        token: str = json.load(connection.getresponse())["token"]
        return token
    finally:
        connection.close()
