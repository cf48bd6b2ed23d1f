"""The textbook design as the subject of a soak."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing

import psycopg2
import redis
from rq import Queue

from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.examine import Findings
from benchmarks.soak.load import Tally
from benchmarks.soak.stack import Stack, dsn


class Theirs:
    """A running textbook service."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self._seed = seed
        self._servers = stack.servers

    def deliveries(self, first: int) -> Iterable[Delivery]:
        """Return events that are nothing but their key."""
        return _events(self._seed, first)

    def work_left(self) -> int:
        """Count jobs that wait, run, or were abandoned by a killed worker."""
        with closing(redis.Redis.from_url(self._servers.redis_url)) as client:
            queue = Queue(connection=client)
            started = queue.started_job_registry.get_job_count(cleanup=False)
            return int(queue.count + started + queue.scheduled_job_registry.count)

    def examine(self, tally: Tally) -> Findings:
        """Compare each event's counter with one."""
        with closing(psycopg2.connect(dsn(self._servers))) as connection:
            cursor = connection.cursor()
            cursor.execute("select key, effects from events")
            effects: dict[str, int] = dict(cursor.fetchall())
        findings = Findings()
        for key in tally.accepted:
            if not effects.get(key):
                findings.lost.append(f"event {key}")
        findings.doubled += [f"event {key}, {n} times" for key, n in effects.items() if n > 1]
        return findings


def _events(seed: int, first: int) -> Iterator[Delivery]:
    number = first
    while True:
        key = f"{seed}-{number}"
        body = json.dumps({"key": key}).encode()
        yield Delivery(key, "/events", body, {}, messages=(key,))
        number += 1
