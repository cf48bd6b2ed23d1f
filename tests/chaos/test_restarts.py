"""A soak of restarts: what it calls good, and its balancer, which repeats no request."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from benchmarks.soak.__main__ import run
from benchmarks.soak.balancer import Balancer
from benchmarks.soak.recovery import Recoveries
from benchmarks.soak.restarts import Restarts
from benchmarks.soak.stack import Kind
from benchmarks.soak.steady import Answers

GOOD = {"wanted": 2, "stop_seconds": [5.1, 5.2], "migration_seconds": 0.4, "drain_seconds": 1.0}


@pytest.mark.parametrize(
    ("statuses", "seconds", "other", "is_good"),
    [
        ({"200": 100}, 0.1, {}, True),
        ({"200": 99, "502": 1}, 0.1, {}, False),
        ({"200": 100}, 1.1, {}, False),
        ({"200": 100}, 0.1, {"stop_seconds": [5.1]}, False),
        ({"200": 100}, 0.1, {"stop_seconds": [5.1, 15.0]}, False),
        ({"200": 100}, 0.1, {"migration_seconds": None}, False),
        ({"200": 100}, 0.1, {"drain_seconds": None}, False),
        ({"200": 100}, 0.1, {"findings": ["lost: one"]}, False),
        ({}, 0.1, {}, False),
    ],
)
def test_restarts_are_good_if_nobody_noticed_them(
    *, statuses: dict[str, int], seconds: float, other: dict[str, object], is_good: bool
) -> None:
    answers = Answers(Counter(statuses), [seconds] * sum(statuses.values()))

    assert Restarts(answers=answers, **(GOOD | other)).is_good is is_good


@pytest.mark.parametrize(("seconds", "is_good"), [([3.9], True), ([4.1], False), ([], False)])
def test_recoveries_are_good_if_each_was_quick(*, seconds: list[float], is_good: bool) -> None:
    quick = {Kind.POSTMASTER: [1.0], Kind.VALKEY: [0.1], Kind.WEB_PARENT: seconds}

    assert Recoveries(1, quick).is_good is is_good


async def serve(stack: AsyncExitStack, *, ready: bytes, answer: bytes | None) -> int:
    """Run an instance that is ready or not, and answers so; None closes the connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        told = ready if head.startswith(b"GET /readyz") else answer
        if told is not None:
            writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % told)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    await stack.enter_async_context(server)
    return server.sockets[0].getsockname()[1]


async def answers_of(*instances: tuple[bytes, bytes | None], requests: int) -> list[bytes]:
    async with AsyncExitStack() as stack:
        ports = [await serve(stack, ready=ready, answer=answer) for ready, answer in instances]
        balancer = Balancer(ports)
        await balancer.look()
        server = await asyncio.start_server(balancer.serve, "127.0.0.1", 0)
        await stack.enter_async_context(server)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        told = []
        for _ in range(requests):
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            head = await reader.readuntil(b"\r\n\r\n")
            told.append(head.split(b" ")[1])
        writer.close()
        await writer.wait_closed()
        balancer.close()
        return told


def test_only_instances_that_are_ready_are_asked() -> None:
    told = asyncio.run(
        answers_of((b"200 OK", b"200 OK"), (b"503 Leaving", b"201 Created"), requests=4)
    )

    assert told == [b"200"] * 4


def test_a_request_that_was_lost_is_not_repeated() -> None:
    told = asyncio.run(answers_of((b"200 OK", None), (b"200 OK", b"200 OK"), requests=4))

    assert told == [b"502", b"200", b"502", b"200"]


@pytest.mark.parametrize("arguments", [["restarts", "--count", "1"], ["recovery", "--times", "x"]])
def test_bad_numbers_are_refused_with_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
