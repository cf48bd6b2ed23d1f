"""Rate limits while Redis is away."""

from __future__ import annotations

import secrets

import redis

from talkhub.volatile.limits import MAX_LEASE, LeasedLimiter

LIMIT = 20 * MAX_LEASE
WINDOW_SECONDS = 86_400


def take(limiter: LeasedLimiter, key: str, times: int) -> list[bool]:
    return [
        limiter.take(key, limit=LIMIT, window_seconds=WINDOW_SECONDS) == 0 for _ in range(times)
    ]


def test_redis_going_away_within_a_window_locks_nobody_out(redis_url: str) -> None:
    key = secrets.token_hex(8)
    limiter = LeasedLimiter(redis.Redis.from_url(redis_url))
    take(limiter, key, MAX_LEASE)

    limiter._client = redis.Redis(port=1)

    assert take(limiter, key, LIMIT + 1) == [True] * LIMIT + [False]
