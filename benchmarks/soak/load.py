"""The clients: threads that deliver at a steady pace and, like providers, do not give up."""

from __future__ import annotations

import heapq
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.soak.deliveries import Delivery

TIMEOUT_SECONDS = 12.0
"""Longer than the service takes to say 503 by itself."""
JOIN_SECONDS = 3.0
FIRST_RETRY_SECONDS = 0.3
LONGEST_RETRY_SECONDS = 3.0
EVERY_NTH_COMES_TWICE = 20
"""Providers also send again what was answered 2xx: their own notes get lost too."""


@dataclass(slots=True)
class Tally:
    """What the clients saw. `answers` holds the conversation ids that saves were told."""

    accepted: dict[str, Delivery] = field(default_factory=dict)
    answers: dict[str, set[str]] = field(default_factory=dict)
    retries: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    sent_twice: int = 0

    def note(self, delivery: Delivery, body: bytes) -> bool:
        """Keep that a delivery was accepted; tell whether it was for the first time."""
        if delivery.session_id is not None:
            told = self.answers.setdefault(delivery.key, set())
            told.add(json.loads(body)["conversation_id"])
        is_first = delivery.key not in self.accepted
        self.accepted[delivery.key] = delivery
        return is_first


@dataclass(order=True, slots=True)
class _Errand:
    due_at: float
    number: int
    delivery: Delivery = field(compare=False)
    failures: int = field(compare=False, default=0)


class Load:
    """Deliveries under way. Start it, let it run, then `finish` it."""

    def __init__(
        self, deliveries: Iterable[Delivery], port: int, *, per_second: float, clients: int = 8
    ) -> None:
        self.tally = Tally()
        self._source: Iterator[Delivery] = iter(deliveries)
        self._port = port
        self._pause = 1 / per_second
        self._changed = threading.Condition()
        self._waiting: list[_Errand] = []
        self._under_way = 0
        self._numbers = itertools.count()
        self._next_new_at = float("inf")
        self._is_over = False
        self._clients = [
            threading.Thread(target=self._deliver, name=f"client-{n}", daemon=True)
            for n in range(clients)
        ]

    def start(self) -> None:
        """Begin to deliver."""
        self._next_new_at = time.monotonic()
        for client in self._clients:
            client.start()

    def finish(self, *, within_seconds: float) -> int:
        """Make no new deliveries, see those under way through, and return how many were left."""
        with self._changed:
            self._next_new_at = float("inf")
            self._changed.notify_all()
            self._changed.wait_for(self._is_done, within_seconds)
            left = len(self._waiting) + self._under_way
        self.abandon()
        return left

    def abandon(self) -> None:
        """Stop, whatever is under way; a client that waits for an answer ends with the process."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        deadline = time.monotonic() + JOIN_SECONDS
        for client in self._clients:
            if client.is_alive():
                client.join(max(0.0, deadline - time.monotonic()))

    def _is_done(self) -> bool:
        return not self._waiting and not self._under_way

    def _deliver(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        while (errand := self._take()) is not None:
            try:
                status, body = post(connection, errand.delivery)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._again(errand, type(error).__name__)
            else:
                self._note(errand, status, body)
        connection.close()

    def _take(self) -> _Errand | None:
        """Return what is due next, waiting for it; None when all is over."""
        with self._changed:
            while not self._is_over:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due_at <= now:
                    self._under_way += 1
                    return heapq.heappop(self._waiting)
                if self._next_new_at <= now:
                    self._next_new_at += self._pause
                    self._under_way += 1
                    return _Errand(now, next(self._numbers), next(self._source))
                due_at = min([self._next_new_at, *(errand.due_at for errand in self._waiting[:1])])
                self._changed.wait(min(due_at - now, 1.0))
        return None

    def _note(self, errand: _Errand, status: int, body: bytes) -> None:
        delivery = errand.delivery
        if status >= 500 or status == 429:
            self._again(errand, str(status))
            return
        with self._changed:
            self._under_way -= 1
            if status >= 300:
                self.tally.refused.append(f"{delivery.path} {status} {body[:200]!r}")
            else:
                is_first = self.tally.note(delivery, body)
                if is_first and len(self.tally.accepted) % EVERY_NTH_COMES_TWICE == 0:
                    self.tally.sent_twice += 1
                    self._put(errand, delay=1.0)
            self._changed.notify_all()

    def _again(self, errand: _Errand, reason: str) -> None:
        with self._changed:
            self._under_way -= 1
            self.tally.retries[reason] += 1
            errand.failures += 1
            delay = FIRST_RETRY_SECONDS * 2 ** min(errand.failures - 1, 5)
            self._put(errand, delay=min(delay, LONGEST_RETRY_SECONDS))
            self._changed.notify_all()

    def _put(self, errand: _Errand, *, delay: float) -> None:
        errand.due_at = time.monotonic() + delay
        heapq.heappush(self._waiting, errand)


def post(connection: http.client.HTTPConnection, delivery: Delivery) -> tuple[int, bytes]:
    """Send a delivery once, and return the answer's status and body."""
    headers = {"Content-Type": "application/json", **delivery.headers}
    connection.request("POST", delivery.path, delivery.body, headers)
    response = connection.getresponse()
    return response.status, response.read()
