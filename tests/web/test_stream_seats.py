"""Seats of streams: each is given up once, whatever happens to its response."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, Response
from waiting import wait_until

from talkhub.blueprints.streams import (
    MAX_STREAMS,
    MAX_STREAMS_OF_ONE,
    MOST_WAITING,
    Holder,
    StreamSeats,
)
from talkhub.errors import Unavailable


def stream() -> Generator[bytes, None, None]:
    yield b": \n\n"


def send(seats: StreamSeats, who: str, *, patience: float = 0) -> Response:
    return seats.send(
        stream(), Holder(1, who), mimetype="text/event-stream", headers={}, patience=patience
    )


def test_a_response_that_is_closed_twice_gives_up_one_seat(app: Flask) -> None:
    seats = StreamSeats()
    with app.app_context():
        again = send(seats, "ana")
        again.close()
        again.close()
        held = [send(seats, f"one {number}") for number in range(MAX_STREAMS)]

        with pytest.raises(Unavailable):
            send(seats, "ana")
    assert len(held) == MAX_STREAMS


def test_half_of_the_seats_are_for_others(app: Flask) -> None:
    seats = StreamSeats()
    with app.app_context():
        held = [send(seats, "ana") for _ in range(MAX_STREAMS_OF_ONE)]

        with pytest.raises(Unavailable):
            send(seats, "ana")
        assert send(seats, "bia").status_code == held[0].status_code


def test_who_waits_gets_the_seat_of_a_stream_whose_client_is_gone(app: Flask) -> None:
    seats = StreamSeats()
    with app.app_context():
        held = [send(seats, "ana") for _ in range(MAX_STREAMS_OF_ONE)]

        def write_until_gone() -> None:
            while not seats.is_awaited(Holder(1, "ana")):
                pass
            held[0].close()

        reader = threading.Thread(target=write_until_gone)
        reader.start()
        answer = send(seats, "ana", patience=30)
        reader.join()

    assert answer.status_code == 200
    assert not seats.is_awaited(Holder(1, "ana"))


def test_few_wait_at_a_time_and_of_one_person_the_latest(app: Flask) -> None:
    seats = StreamSeats(most_of_one=1)
    people = [f"one {number}" for number in range(MOST_WAITING + 1)]
    with app.app_context():
        held = [send(seats, who) for who in people]

    def sit_down(who: str) -> int:
        with app.app_context():
            return send(seats, who, patience=60).status_code

    with ThreadPoolExecutor() as threads:
        waiting = []
        for number, who in enumerate(people[:MOST_WAITING], 1):
            waiting.append(threads.submit(sit_down, who))
            wait_until(lambda number=number: len(seats._waiting) == number)
        with pytest.raises(Unavailable):
            sit_down(people[-1])
        again = threads.submit(sit_down, people[0])
        with pytest.raises(Unavailable):
            waiting[0].result(timeout=30)
        for response in held:
            response.close()

        assert {it.result(timeout=30) for it in (again, *waiting[1:])} == {200}
