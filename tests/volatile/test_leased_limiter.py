"""Leases of requests: all limiters that share a Redis never let more through than the limit."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import redis
from waiting import wait_until

from talkhub.volatile import limits
from talkhub.volatile.limits import LeasedLimiter


@pytest.fixture
def make_limiter(redis_url: str) -> Iterator[Callable[[], LeasedLimiter]]:
    """Make the limiter of a further process."""
    clients: list[redis.Redis] = []

    def make() -> LeasedLimiter:
        clients.append(redis.Redis.from_url(redis_url))
        return LeasedLimiter(clients[-1])

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The limiters' clock, at the beginning of a window of a minute."""
    clock = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.mark.parametrize("limit", [1, 7, 100, 1000, 1234])
def test_several_processes_let_exactly_the_limit_through(
    make_limiter: Callable[[], LeasedLimiter], clock: SimpleNamespace, key: str, limit: int
) -> None:
    processes = [make_limiter() for _ in range(3)]

    passed = sum(
        processes[turn % 3].take(key, limit=limit, window_seconds=60) == 0
        for turn in range(limit * 2 + 200)
    )

    assert passed == limit


def test_many_threads_of_several_processes_never_pass_the_limit(
    make_limiter: Callable[[], LeasedLimiter], clock: SimpleNamespace, key: str
) -> None:
    processes = [make_limiter() for _ in range(3)]

    def take(turn: int) -> bool:
        return processes[turn % 3].take(key, limit=300, window_seconds=60) == 0

    with ThreadPoolExecutor(8) as threads:
        passed = sum(threads.map(take, range(900)))

    assert passed == 300


def test_what_is_left_is_told_without_what_other_processes_took_in_advance(
    make_limiter: Callable[[], LeasedLimiter], clock: SimpleNamespace, key: str
) -> None:
    here, there = make_limiter(), make_limiter()
    window = {"limit": 1000, "window_seconds": 60}
    before = here.standing(key, **window)
    here.take(key, **window)
    there.take(key, **window)
    clock.now += 20

    told = [before, here.standing(key, **window), there.standing(key, **window)]
    clock.now += 40
    after = here.standing(key, **window)

    assert told == [(1000, 60), (999, 40), (949, 40)]
    assert after == (1000, 60)


def test_the_next_window_begins_anew(
    make_limiter: Callable[[], LeasedLimiter], clock: SimpleNamespace, key: str
) -> None:
    limiter = make_limiter()
    taken = [limiter.take(key, limit=1, window_seconds=60) for _ in range(2)]
    clock.now += 60

    assert taken == [0, 60]
    assert limiter.take(key, limit=1, window_seconds=60) == 0


def test_the_wait_ends_with_the_window(
    make_limiter: Callable[[], LeasedLimiter], clock: SimpleNamespace, key: str
) -> None:
    limiter = make_limiter()
    limiter.take(key, limit=1, window_seconds=60)
    clock.now += 45

    assert limiter.take(key, limit=1, window_seconds=60) == 15


def test_most_requests_cost_no_call(
    make_limiter: Callable[[], LeasedLimiter],
    clock: SimpleNamespace,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limiter = make_limiter()
    leases = []
    lease = limiter._lease
    monkeypatch.setattr(limiter, "_lease", lambda *given: leases.append(1) or lease(*given))

    for _ in range(1000):
        limiter.take(key, limit=6000, window_seconds=60)

    assert len(leases) == 1000 / limits.MAX_LEASE


class SlowRedis(redis.Redis):
    """Answers no pipeline before it may."""

    def pipeline(self, *, transaction: bool = True) -> redis.client.Pipeline:
        self.asked.append(1)
        assert self.may_answer.wait(10)
        return super().pipeline(transaction)


@pytest.fixture
def slow(redis_url: str) -> Iterator[SlowRedis]:
    client = SlowRedis.from_url(redis_url)
    client.asked, client.may_answer = [], threading.Event()
    yield client
    client.close()


def test_a_slow_redis_keeps_no_other_key_from_its_lease(
    slow: SlowRedis, clock: SimpleNamespace, key: str
) -> None:
    limiter = LeasedLimiter(slow)
    slow.may_answer.set()
    limiter.take(key, limit=1000, window_seconds=60)
    slow.may_answer.clear()

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(limiter.take, f"{key} 2", limit=1000, window_seconds=60)
        wait_until(lambda: len(slow.asked) == 2)
        passed = threads.submit(limiter.take, key, limit=1000, window_seconds=60)
        try:
            assert passed.result(timeout=5) == 0
            assert not waiting.done()
        finally:
            slow.may_answer.set()


def test_requests_of_one_key_wait_for_one_lease_together(
    slow: SlowRedis, clock: SimpleNamespace, key: str
) -> None:
    limiter = LeasedLimiter(slow)

    with ThreadPoolExecutor(8) as threads:
        taken = [threads.submit(limiter.take, key, limit=1000, window_seconds=60) for _ in range(8)]
        wait_until(lambda: bool(slow.asked))
        slow.may_answer.set()

    assert [one.result() for one in taken] == [0] * 8
    assert len(slow.asked) == 1


def test_counts_do_not_stay_in_redis(
    make_limiter: Callable[[], LeasedLimiter], redis_url: str, key: str
) -> None:
    make_limiter().take(key, limit=10, window_seconds=60)

    client = redis.Redis.from_url(redis_url)
    (name,) = client.keys(f"limit:{key}:*")
    left = client.ttl(name)
    client.close()
    assert 0 < left <= 120
