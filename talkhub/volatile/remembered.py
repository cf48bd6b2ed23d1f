"""Answers that are dear to find, kept in Redis for a while; with Redis away each is found anew.

What is kept is true by its key, which holds all that the answer depends on: nothing is ever changed
or deleted by hand, so nothing can be forgotten to be.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis

from talkhub import metrics
from talkhub.volatile.redis_client import web_client

TIMEOUT_SECONDS = 0.05
"""A cache that takes longer than this is slower than what it spares."""

REST_SECONDS = 5.0
"""So long Redis is not asked after it failed: of a thousand requests one waits, not all."""

LONGEST_WAIT_SECONDS = 2.0
MOST_TOPICS = 10_000


Place = tuple[str, int]
"""The key that an answer is kept under, and for how many seconds after the last look at it."""


@dataclass(slots=True)
class _Flight:
    """An answer that one thread is finding, while others wait for it."""

    is_over: threading.Event = field(default_factory=threading.Event)
    answer: bytes | None = None


class Remembered:
    """A cache of one kind of answers, shared by all processes.

    A question is asked about a topic. Redis hears of a topic only once this process knows that
    its answers are kept: what is found quickly is not, and must not wait for a look either.
    """

    def __init__(self, redis_url: str, *, kind: str) -> None:
        self._client = web_client(redis_url, timeout_seconds=TIMEOUT_SECONDS)
        self._kind = kind
        self._rests_until = 0.0
        self._topics: set[str] = set()
        self._flights: dict[str, _Flight] = {}
        self._lock = threading.Lock()

    def get(
        self,
        topic: str,
        question: str,
        *,
        place_now: Callable[[], Place],
        find: Callable[[], tuple[Place | None, bytes]],
    ) -> bytes:
        """Return the answer that is kept at `place_now()`, else the one that `find` returns.

        With that comes the place to keep it at, or None where it is not worth keeping. Of
        threads that ask the same at once one finds the answer, and the others wait for it.
        """
        with self._lock:
            flight = self._flights.get(question)
            is_first = flight is None
            if flight is None:
                flight = self._flights[question] = _Flight()
        if not is_first:
            flight.is_over.wait(LONGEST_WAIT_SECONDS)
            if flight.answer is not None:
                self._count("shared")
                return flight.answer
            return find()[1]
        try:
            known = self._known(question, place_now) if topic in self._topics else None
            flight.answer = known or self._found(topic, question, find)
            return flight.answer
        finally:
            with self._lock:
                del self._flights[question]
            flight.is_over.set()

    def _known(self, question: str, place_now: Callable[[], Place]) -> bytes | None:
        """Return what is kept; the present place is asked for only if there may be something."""
        noted = self._ask(lambda: self._client.get(question))
        answer = None
        if noted is not None:
            key, seconds = place_now()
            if noted == key.encode():
                answer = self._ask(lambda: self._look(question, key, seconds))
        self._count("miss" if answer is None else "hit")
        return answer

    def _look(self, question: str, key: str, seconds: int) -> bytes | None:
        """Return what is kept under a key, and keep it for as long again."""
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.get(key)
            pipeline.expire(key, seconds)
            pipeline.expire(question, seconds)
            kept: bytes | None = pipeline.execute()[0]
        return kept

    def _found(
        self, topic: str, question: str, find: Callable[[], tuple[Place | None, bytes]]
    ) -> bytes:
        place, answer = find()
        if place is not None:
            if len(self._topics) >= MOST_TOPICS:
                self._topics.clear()
            self._topics.add(topic)
            self._ask(lambda: self._keep(question, place, answer))
        return answer

    def _keep(self, question: str, place: Place, answer: bytes) -> None:
        key, seconds = place
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.set(key, answer, ex=seconds)
            pipeline.set(question, key, ex=seconds)
            pipeline.execute()

    def _ask(self, ask: Callable[[], Any]) -> Any:
        """Return what Redis answers; None, and at once, while it is away."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            return ask()
        except redis.RedisError:
            self._rests_until = time.monotonic() + REST_SECONDS
            self._count("away")
            return None

    def _count(self, result: str) -> None:
        metrics.cache_lookups.labels(self._kind, result).inc()
