"""`./run soak restarts`: a rolling update under load, with a migration in the middle of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure
from benchmarks.service import ADMIN_SECRET, WHATSAPP_SECRET, service_settings
from benchmarks.serving import PYTHON, free_port, running, serving
from benchmarks.soak.load import Tally
from benchmarks.soak.ours import Ours
from benchmarks.soak.phases import drain
from benchmarks.soak.stack import Door, Secrets, is_ready
from benchmarks.soak.steady import Answers, send_steadily
from benchmarks.stage import ROOT, Stage, address, migrate, open_stage
from talkhub.settings import environment_of_child

PAUSE_SECONDS = 5
"""Between two tasks of an update, as in docker-stack.yml."""
LONGEST_P99 = 1.0
LONGEST_STOP_SECONDS = 14.0
"""Serving on and then finishing; whoever takes longer was killed."""
_FINISH_SECONDS = 60
_READY_SECONDS = 60

WEB = (PYTHON, "-m", "talkhub.embedded", "web")
SCHEDULER = (PYTHON, "-m", "talkhub.cli", "scheduler")
NEXT_RELEASE = Path(__file__).with_name("next_release")


@dataclass(slots=True)
class Restarts:
    """What clients were answered meanwhile, and what became of what was accepted."""

    wanted: int
    answers: Answers = field(default_factory=Answers)
    stop_seconds: list[float] = field(default_factory=list)
    migration_seconds: float | None = None
    accepted: int = 0
    drain_seconds: float | None = None
    findings: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether nobody noticed: every request was answered 200, and in time."""
        is_whole = len(self.stop_seconds) == self.wanted and self.migration_seconds is not None
        is_silent = set(self.answers.statuses) == {"200"} and not self.findings
        is_fast = self.answers.quantile(0.99) < LONGEST_P99
        is_orderly = max(self.stop_seconds, default=0.0) < LONGEST_STOP_SECONDS
        return is_whole and is_silent and is_fast and is_orderly and self.drain_seconds is not None


class Node:
    """A web instance that keeps its port over restarts."""

    def __init__(self, stage: Stage, url: URL, *, drain_seconds: int) -> None:
        self.port = free_port()
        settings = service_settings(stage, url, role="all", port=self.port)
        settings = settings.model_copy(update={"drain_seconds": drain_seconds})
        self._environment = environment_of_child(settings)
        self._log = stage.folder / f"node-{self.port}.log"
        self._process = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return once it is ready, as Swarm's health check is; raise CannotMeasure if it is not."""
        served = serving(WEB, self._environment, port=self.port, log=self._log)
        self._process.enter_context(served)
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(self.port):
            if time.monotonic() > deadline:
                raise CannotMeasure(f"An instance is not ready: {self._log.read_text()[-800:]}")
            time.sleep(0.1)

    def stop(self) -> float:
        """Ask it to stop, and return the seconds that it took."""
        asked_at = time.monotonic()
        self._process.close()
        return time.monotonic() - asked_at


class Clients:
    """A process that sends until it is told to end: ours has no threads, as it starts others."""

    def __init__(self, door: Door, seed: int, *, per_second: float) -> None:
        of_kind = multiprocessing.get_context("fork")
        self._over = of_kind.Event()
        self._results, theirs = of_kind.Pipe(duplex=False)
        self._process = of_kind.Process(
            target=_send, args=(door, seed, per_second, self._over, theirs), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def end(self) -> tuple[Answers, Tally]:
        """Let them finish, and return what they saw."""
        self._over.set()
        if not self._results.poll(_FINISH_SECONDS):
            raise CannotMeasure("The clients do not come to an end.")
        seen: tuple[Answers, Tally] = self._results.recv()
        return seen


def run_restarts(
    *, count: int, drain_seconds: int, per_second: float, seed: int, quiet: bool
) -> Restarts:
    """Restart two instances in turn, so often, while clients go on; compare at the end."""
    found = Restarts(count)
    with open_stage() as stage, ExitStack() as parts:
        url = stage.make_database("restarts")
        migrate(url)
        nodes = [Node(stage, url, drain_seconds=drain_seconds) for _ in range(2)]
        for node in nodes:
            parts.enter_context(node)
        door = parts.enter_context(_entrance(stage, url, nodes))
        subject = Ours(door, seed, skip_leases=False)
        with Clients(door, seed, per_second=per_second) as clients:
            for number in range(count):
                if not quiet:
                    sys.stderr.write(f"soak: restart {number + 1} of {count}\n")
                if number == count // 2:
                    found.migration_seconds = _bring_next_release(url)
                _restart(nodes[number % 2], found)
            found.answers, tally = clients.end()
        found.accepted = len(tally.accepted)
        found.drain_seconds = drain(subject, quiet=quiet)
        compared = subject.examine(tally)
    found.findings = [*compared.lost, *compared.doubled, *compared.wrong]
    return found


@contextmanager
def _entrance(stage: Stage, url: URL, nodes: Sequence[Node]) -> Iterator[Door]:
    """Run the balancer, the workers and the scheduler."""
    environment = environment_of_child(service_settings(stage, url, role="all", port=1))
    port = free_port()
    ports = (port, *(node.port for node in nodes))
    balancer = (PYTHON, "-m", "benchmarks.soak.balancer", *map(str, ports))
    with (
        running((PYTHON, "worker.py"), environment, log=stage.folder / "workers.log"),
        running(
            (PYTHON, "-m", "talkhub.cli", "scheduler"), environment, log=stage.folder / "s.log"
        ),
        serving(balancer, environment, port=port, log=stage.folder / "balancer.log"),
    ):
        secrets = Secrets(ADMIN_SECRET, ADMIN_SECRET, WHATSAPP_SECRET)
        yield Door(port, secrets, url.render_as_string(hide_password=False))


def _restart(node: Node, found: Restarts) -> None:
    found.stop_seconds.append(node.stop())
    node.start()
    time.sleep(PAUSE_SECONDS)


def _bring_next_release(url: URL) -> float:
    """Migrate beyond our own schema, as the next release would, and return the seconds."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["database_url"] = address(url)
    versions = (ROOT / "migrations" / "versions", NEXT_RELEASE)
    config.set_main_option("version_locations", os.pathsep.join(map(str, versions)))
    began_at = time.monotonic()
    command.upgrade(config, "head")
    return time.monotonic() - began_at


def _send(door: Door, seed: int, per_second: float, over: Event, results: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    answers, tally = Answers(), Tally()
    deliveries = Ours(door, seed, skip_leases=False).deliveries(1)
    source = takewhile(lambda _: not over.is_set(), deliveries)
    send_steadily(door.port, source, answers, tally, per_second=per_second)
    results.send((answers, tally))


def as_document(found: Restarts) -> dict[str, Any]:
    """Return the outcome as plain data; times in milliseconds and seconds."""
    return {
        "soak": "restarts",
        "is_good": found.is_good,
        "restarts": len(found.stop_seconds),
        "requests": found.answers.statuses.total(),
        "statuses": dict(found.answers.statuses),
        "p50_ms": round(found.answers.quantile(0.5) * 1000, 1),
        "p99_ms": round(found.answers.quantile(0.99) * 1000, 1),
        "longest_ms": round(found.answers.quantile(1) * 1000, 1),
        "longest_stop_seconds": round(max(found.stop_seconds, default=0.0), 2),
        "migration_seconds": found.migration_seconds and round(found.migration_seconds, 2),
        "accepted": found.accepted,
        "drain_seconds": found.drain_seconds and round(found.drain_seconds, 2),
        "findings": found.findings[:10],
    }
