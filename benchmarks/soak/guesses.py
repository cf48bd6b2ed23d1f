"""`./run soak guesses`: many guess the admin secret at once, with Redis away."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from benchmarks.service import ADMIN_SECRET, service_settings
from benchmarks.serving import PYTHON, free_port, serving
from benchmarks.stage import migrate, open_stage
from talkhub.progress import show_progress
from talkhub.settings import environment_of_child

PROCESSES = 4
ADDRESSES = 50
AT_ONCE = 16
MAX_WEIGHED = 30
KNOWN, STRANGE = "203.0.113.7", "203.0.113.8"
"""Whence the owner came in before the guessers did, and an address that nobody came from."""


@dataclass(slots=True)
class Guessed:
    """What the guesses were answered, and how soon the right secret was taken meanwhile."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    known_status: int = 0
    stranger_waited_seconds: float | None = None

    @property
    def is_good(self) -> bool:
        """Whether few guesses were weighed, all were answered, and the owner came in."""
        were_answered = set(self.statuses) <= {401, 429}
        came_in = self.known_status == 200 and self.stranger_waited_seconds is not None
        return were_answered and self.statuses[401] <= MAX_WEIGHED and came_in


def run_guesses(*, count: int, quiet: bool) -> Guessed:
    """Send `count` wrong secrets to a service of four processes, then the right one."""
    with open_stage() as stage:
        url = stage.make_database("guesses")
        migrate(url)
        port = free_port()
        settings = service_settings(stage, url, role="api", port=port).model_copy(
            update={
                "redis_url": f"redis://127.0.0.1:{free_port()}/0",
                "trusted_proxies": 1,
                "web_processes": PROCESSES,
                "rate_limit_max": 1000,
            }
        )
        command = [PYTHON, "-m", "talkhub.embedded", "web"]
        log = stage.folder / "guesses.log"
        with serving(command, environment_of_child(settings), port=port, log=log):
            return _guess(port, count, quiet=quiet)


def as_document(guessed: Guessed) -> str:
    """Return the outcome as JSON."""
    told = asdict(guessed)
    told["statuses"] = {str(status): n for status, n in sorted(guessed.statuses.items())}
    return json.dumps(told, indent=2)


def _guess(port: int, count: int, *, quiet: bool) -> Guessed:
    assert try_secret(port, ADMIN_SECRET, at=KNOWN)[0] == 200
    guessed = Guessed()
    started = time.monotonic()
    with (
        ThreadPoolExecutor(AT_ONCE) as guessers,
        show_progress("guesses", count, quiet=quiet) as tell,
    ):
        tries = [
            guessers.submit(
                try_secret, port, f"a-wrong-secret-{n}", at=f"198.51.100.{n % ADDRESSES + 1}"
            )
            for n in range(count)
        ]
        for number, answered in enumerate(tries, start=1):
            guessed.statuses[answered.result()[0]] += 1
            tell(number)
    guessed.seconds = round(time.monotonic() - started, 1)
    guessed.known_status = try_secret(port, ADMIN_SECRET, at=KNOWN)[0]
    guessed.stranger_waited_seconds = _come_in_as_stranger(port)
    return guessed


def _come_in_as_stranger(port: int) -> float | None:
    """Return how long an address that nobody knows waits, doing as it is told; None: too long."""
    started = time.monotonic()
    for _ in range(3):
        status, wait = try_secret(port, ADMIN_SECRET, at=STRANGE)
        if status == 200:
            return round(time.monotonic() - started, 1)
        time.sleep(min(wait, 60))
    return None


def try_secret(port: int, secret: str, *, at: str) -> tuple[int, float]:
    """Send a secret from an address; return the status, and the seconds to wait if told."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = json.dumps({"username": "admin", "admin_secret": secret})
        headers = {"Content-Type": "application/json", "X-Forwarded-For": at}
        connection.request("POST", "/api/v1/auth/token", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, float(response.headers.get("Retry-After") or 0)
    finally:
        connection.close()
