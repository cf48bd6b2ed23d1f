"""Clients that send at a steady pace, each delivery once, and note what is answered when."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.load import TIMEOUT_SECONDS, Tally, post

CLIENTS = 8


@dataclass(slots=True)
class Answers:
    """What clients were answered, at the first and only try, and within which times."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def accepted_share(self) -> float:
        """How many of the deliveries were accepted, from 0 to 1."""
        return self.statuses["200"] / max(1, self.statuses.total())

    def quantile(self, share: float) -> float:
        """Return the seconds within which so large a share was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def send_steadily(
    port: int,
    source: Iterable[Delivery],
    answers: Answers,
    tally: Tally,
    *,
    per_second: float,
    tell: Callable[[int], None] = lambda _: None,
) -> None:
    """Send until the source ends; `tell` hears how many were answered."""
    began_at = time.monotonic()
    lock = threading.Lock()
    places = enumerate(source)

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        while True:
            with lock:
                place, delivery = next(places, (0, None))
            if delivery is None:
                break
            time.sleep(max(0.0, began_at + place / per_second - time.monotonic()))
            answer, seconds = _answer(connection, delivery, tally, lock)
            with lock:
                answers.statuses[answer] += 1
                answers.seconds.append(seconds)
                tell(len(answers.seconds))
        connection.close()

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()


def _answer(
    connection: http.client.HTTPConnection, delivery: Delivery, tally: Tally, lock: threading.Lock
) -> tuple[str, float]:
    sent_at = time.monotonic()
    try:
        status, body = post(connection, delivery)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__, time.monotonic() - sent_at
    seconds = time.monotonic() - sent_at
    if status < 300:
        with lock:
            tally.note(delivery, body)
    return str(status), seconds
