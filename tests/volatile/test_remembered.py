"""Answers that are kept in Redis: found once, renewed by each look, and found anew without it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from talkhub import metrics
from talkhub.volatile.remembered import Place, Remembered

Find = Callable[[], tuple[Place | None, bytes]]


@pytest.fixture
def remembered(redis_url: str) -> Remembered:
    return Remembered(redis_url, kind="tests")


@pytest.fixture
def name() -> str:
    return f"tests:{uuid.uuid4()}"


def look(remembered: Remembered, name: str, find: Find, *, seconds: int = 60, state: str = "1"):
    place = (f"{name}:{state}", seconds)
    return remembered.get("topic", name, place_now=lambda: place, find=find)


def answer(name: str, *, state: str = "1", seconds: int = 60) -> Find:
    return lambda: ((f"{name}:{state}", seconds), f"found at {state}".encode())


def never() -> tuple[Place | None, bytes]:
    raise AssertionError("this answer was known")


def counted(result: str) -> float:
    return metrics.cache_lookups.labels("tests", result)._value.get()


def test_an_answer_is_found_once_and_each_look_renews_it(
    remembered: Remembered, redis_url: str, name: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    hits = counted("hit")

    assert look(remembered, name, answer(name)) == b"found at 1"
    assert 0 < client.ttl(f"{name}:1") <= 60
    assert look(remembered, name, never, seconds=600) == b"found at 1"

    assert client.ttl(f"{name}:1") > 60
    assert counted("hit") - hits == 1


def test_an_answer_of_another_state_is_found_anew(remembered: Remembered, name: str) -> None:
    misses = counted("miss")
    look(remembered, name, answer(name))

    assert look(remembered, name, answer(name, state="2"), state="2") == b"found at 2"

    assert look(remembered, name, never, state="2") == b"found at 2"
    assert counted("miss") - misses == 1


def test_what_is_found_quickly_is_neither_kept_nor_looked_for(
    remembered: Remembered, redis_url: str, name: str
) -> None:
    for _ in range(2):
        assert look(remembered, name, lambda: (None, b"found")) == b"found"

    assert redis.Redis.from_url(redis_url).keys(f"{name}*") == []


def test_of_many_who_ask_at_once_one_finds_and_the_others_wait_for_it(
    remembered: Remembered, name: str
) -> None:
    asking, everybody_asks, found = 8, threading.Event(), []

    def find() -> tuple[Place | None, bytes]:
        found.append(1)
        everybody_asks.wait(5)
        return None, b"found"

    with ThreadPoolExecutor(asking) as threads:
        answers = [threads.submit(look, remembered, name, find) for _ in range(asking)]
        while not found or threads._work_queue.qsize():
            time.sleep(0.001)
        everybody_asks.set()

    assert {each.result() for each in answers} == {b"found"}
    assert found == [1]


def test_what_fails_to_be_found_fails_for_its_caller_and_is_not_kept(
    remembered: Remembered, name: str
) -> None:
    def fail() -> tuple[Place | None, bytes]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        look(remembered, name, fail)

    assert look(remembered, name, answer(name)) == b"found at 1"


def test_without_redis_answers_are_found_and_redis_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    remembered = Remembered("redis://127.0.0.1:1/0", kind="tests")
    away, asked = counted("away"), []
    pipeline = remembered._client.pipeline
    monkeypatch.setattr(
        remembered._client, "pipeline", lambda **given: asked.append(1) or pipeline(**given)
    )

    answers = [look(remembered, name, answer(name)) for _ in range(5)]

    assert answers == [b"found at 1"] * 5
    assert counted("away") - away == 1
    assert asked == [1]
