"""`./run soak recovery`: how soon the first good answer comes after something was killed."""

from __future__ import annotations

import http.client
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import redis

from benchmarks.failure import CannotMeasure
from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.kills import is_alive, kill, wait_until_whole
from benchmarks.soak.load import post
from benchmarks.soak.ours import Ours
from benchmarks.soak.stack import TALKHUB, Kind, Stack, running_stack
from talkhub.embedded.children import SOUND_SECONDS
from talkhub.progress import show_progress

LONGEST_SECONDS = {Kind.POSTMASTER: 2.0, Kind.VALKEY: 0.5, Kind.WEB_PARENT: 4.0}
"""From when a server takes connections again; of the web master, from its end."""
GIVE_UP_SECONDS = 60
_POLL_SECONDS = 0.02
_PROBE_TIMEOUT_SECONDS = 5.0


@dataclass(slots=True)
class Recoveries:
    """The seconds until the first good answer, by what was killed."""

    times: int
    seconds: dict[Kind, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_good(self) -> bool:
        """Tell whether all was killed as often as asked, and every recovery was quick enough."""
        return all(
            len(self.seconds[kind]) == self.times and max(self.seconds[kind]) <= longest
            for kind, longest in LONGEST_SECONDS.items()
        )


def run_recoveries(*, times: int, seed: int, quiet: bool) -> Recoveries:
    """Kill each in turn, so often, while requests go on."""
    found = Recoveries(times)
    with running_stack(TALKHUB) as stack:
        source = iter(Ours(stack.door, seed, skip_leases=False).deliveries(1))
        shown = show_progress("kills", times * len(LONGEST_SECONDS), quiet=quiet)
        with shown as tell:
            for number in range(times * len(LONGEST_SECONDS)):
                kind = list(LONGEST_SECONDS)[number % len(LONGEST_SECONDS)]
                found.seconds[kind].append(_recovery(stack, kind, source))
                if wait_until_whole(stack) is None:
                    raise CannotMeasure(f"Not whole again after {kind}: {stack.log()[-1000:]}")
                tell(number + 1)
    return found


def _recovery(stack: Stack, kind: Kind, source: Iterator[Delivery]) -> float:
    """Kill one, and return the seconds from its return to the first request that was accepted.

    Of the web server's parent its end counts; what its children still answer does not.
    """
    is_back = _returns(stack, kind)
    victim = stack.census()[kind][0]
    # One of ours that dies younger failed at starting, and is deliberately waited for.
    time.sleep(max(0.0, victim.create_time() + SOUND_SECONDS + 1 - time.time()))
    kill(victim)
    killed_at = time.monotonic()
    back_at: list[float] = []
    watch = threading.Thread(target=_note_return, args=(is_back, back_at), daemon=True)
    watch.start()
    while time.monotonic() < killed_at + GIVE_UP_SECONDS:
        asked_at = time.monotonic()
        is_accepted = _is_accepted(stack.port, next(source))
        if is_accepted and back_at and asked_at >= back_at[0]:
            return time.monotonic() - (killed_at if kind is Kind.WEB_PARENT else back_at[0])
        time.sleep(_POLL_SECONDS)
    raise CannotMeasure(f"No good answer within {GIVE_UP_SECONDS} s after {kind} was killed.")


def _returns(stack: Stack, kind: Kind) -> Callable[[], bool]:
    """Return what tells whether a server is back, or a web server's children are gone."""
    door, address, children = stack.door, stack.servers.redis_url, stack.census()[Kind.WEB]

    def database() -> bool:
        with suppress(psycopg2.OperationalError), closing(psycopg2.connect(door.dsn)):
            return True
        return False

    def valkey() -> bool:
        with suppress(redis.RedisError), closing(redis.Redis.from_url(address)) as client:
            return bool(client.ping())
        return False

    def are_over() -> bool:
        return not any(is_alive(child) for child in children)

    return {Kind.POSTMASTER: database, Kind.VALKEY: valkey}.get(kind, are_over)


def _note_return(is_back: Callable[[], bool], back_at: list[float]) -> None:
    while not is_back():
        time.sleep(_POLL_SECONDS)
    back_at.append(time.monotonic())


def _is_accepted(port: int, delivery: Delivery) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PROBE_TIMEOUT_SECONDS)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        return post(connection, delivery)[0] == 200
    return False


def as_document(found: Recoveries) -> dict[str, Any]:
    """Return the outcome as plain data."""
    return {
        "soak": "recovery",
        "is_good": found.is_good,
        "first_good_answer_seconds": {
            kind.value: {
                "wanted": longest,
                "longest": round(max(found.seconds[kind]), 2),
                "all": [round(seconds, 2) for seconds in found.seconds[kind]],
            }
            for kind, longest in LONGEST_SECONDS.items()
        },
    }
