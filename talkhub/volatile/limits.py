"""Rate limits that cost one Redis call per fifty requests."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import redis

from talkhub.errors import RateLimited

MAX_LEASE = 50
MAX_KEYS = 50_000


@dataclass(slots=True)
class _Lease:
    """Requests that this process may let through; `beyond` were nobody's yet when it was taken."""

    window: int
    left: int
    is_exhausted: bool = False
    beyond: int = 0


@dataclass(slots=True)
class _Key:
    """What this process knows of one key. The lock is held while Redis is asked for a lease."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    lease: _Lease | None = None


class Standing(NamedTuple):
    """How many more requests a window takes at least, and the seconds until the next window."""

    remaining: int
    reset_seconds: int


class LeasedLimiter:
    """Counts requests per key and fixed window, in leases shared through Redis.

    A process takes a lease of requests from the common count and counts it down by
    itself, so that all processes together never let through more than the limit. With
    Redis away each process counts the whole limit for itself.
    """

    def __init__(self, client: redis.Redis | None) -> None:
        self._client = client
        self._keys: dict[str, _Key] = {}

    def take(self, key: str, *, limit: int, window_seconds: int) -> int:
        """Return 0 and count the request, or the seconds until the next one is welcome.

        While Redis is slow to grant a lease, only requests of the same key wait for it.
        """
        now = time.time()
        window = int(now // window_seconds)
        known = self._keys.get(key) or self._add(key)
        with known.lock:
            lease = known.lease
            if lease is None or lease.window != window or not (lease.left or lease.is_exhausted):
                lease = known.lease = self._lease(key, window, limit, window_seconds)
            if lease.left > 0:
                lease.left -= 1
                return 0
        return self._until_next(now, window_seconds)

    def known_wait(self, key: str, *, window_seconds: int) -> int:
        """Return what `take` would, as far as this process knows; nothing is counted or asked."""
        now = time.time()
        known = self._keys.get(key)
        lease = known.lease if known is not None else None
        if lease is None or lease.window != int(now // window_seconds):
            return 0
        is_over = lease.is_exhausted and not lease.left
        return self._until_next(now, window_seconds) if is_over else 0

    def standing(self, key: str, *, limit: int, window_seconds: int) -> Standing:
        """Return how a key stands, as far as this process knows; nothing is counted or asked.

        What other processes leased counts as used: only they know how much of it is left.
        """
        now = time.time()
        known = self._keys.get(key)
        lease = known.lease if known is not None else None
        if lease is None or lease.window != int(now // window_seconds):
            return Standing(limit, self._until_next(now, window_seconds))
        return Standing(lease.left + lease.beyond, self._until_next(now, window_seconds))

    def _add(self, key: str) -> _Key:
        if len(self._keys) >= MAX_KEYS:
            self._keys.clear()
        return self._keys.setdefault(key, _Key())  # of two threads that come at once, one adds it

    def _lease(self, key: str, window: int, limit: int, window_seconds: int) -> _Lease:
        size = max(1, min(MAX_LEASE, limit // 20))
        name = f"limit:{key}:{window_seconds}:{window}"
        if self._client is not None:
            try:
                with self._client.pipeline(transaction=False) as pipeline:
                    pipeline.incrby(name, size)
                    pipeline.expire(name, window_seconds * 2)
                    taken = int(pipeline.execute()[0])
            except redis.RedisError:
                return _whole(window, limit)
            granted = max(0, min(size, limit - (taken - size)))
            beyond = max(0, limit - taken)
            return _Lease(window, granted, is_exhausted=granted < size, beyond=beyond)
        return _whole(window, limit)

    @staticmethod
    def _until_next(now: float, window_seconds: int) -> int:
        return max(1, int(window_seconds - now % window_seconds))


def _whole(window: int, limit: int) -> _Lease:
    """Return a lease of the whole limit, for want of a common count; the window has no other."""
    return _Lease(window, limit, is_exhausted=True)


def refuse_if_early(wait: int, limit: int, window_seconds: int) -> None:
    """Raise RateLimited where a limiter says that the next request is to wait."""
    if wait:
        detail = f"More than {limit} requests in {window_seconds} seconds."
        raise RateLimited(detail, retry_after=wait)
