"""Slow and large bodies: what they cannot take from everyone else."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Semaphore

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from talkhub.blueprints.bodies import FORM_BYTES, SMALL_BODY_BYTES, SlowBodies
from talkhub.blueprints.problems import register_problems

PATIENCE = 10


class SlowStream(io.BytesIO):
    """A body that comes when the test says so."""

    def __init__(self, begun: Semaphore, comes: Event) -> None:
        super().__init__(b"late")
        self._begun = begun
        self._comes = comes

    def read(self, size: int | None = -1) -> bytes:
        self._begun.release()
        assert self._comes.wait(PATIENCE)
        return super().read(size)


@pytest.fixture
def server() -> Flask:
    """One place to work, three seats for small bodies and one for a large one."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 10 * SMALL_BODY_BYTES
    register_problems(app)
    app.add_url_rule("/", view_func=lambda: Response(request.get_data()), methods=["GET", "POST"])
    app.wsgi_app = SlowBodies(app.wsgi_app, 1, small=3, large=1)  # type: ignore[method-assign, assignment]
    return app


@contextmanager
def waiting(server: Flask, *lengths: int) -> Iterator[Callable[[], list[bytes]]]:
    """Keep a request waiting for each body; calling what is given lets all bodies come."""
    begun, comes = Semaphore(0), Event()

    def send(length: int) -> bytes:
        stream = SlowStream(begun, comes)
        given = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(length)}
        answer = server.test_client().post("/", input_stream=stream, environ_overrides=given)
        return answer.data

    with ThreadPoolExecutor(len(lengths)) as pool:
        sent = [pool.submit(send, length) for length in lengths]

        def finish() -> list[bytes]:
            comes.set()
            return [one.result(PATIENCE) for one in sent]

        try:
            for _ in lengths:
                assert begun.acquire(timeout=PATIENCE)
            yield finish
        finally:
            comes.set()


def answer_within(server: Flask, body: bytes | None) -> int:
    """Return the status of another request; fail if a slow body blocks it."""
    method = "GET" if body is None else "POST"
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(lambda: server.test_client().open("/", method=method, data=body))
        return sent.result(PATIENCE / 2).status_code


def test_a_small_body_that_nobody_wanted_is_taken_in_all_the_same(server: Flask) -> None:
    stream = io.BytesIO(b"x" * 300)

    answer = server.test_client().post("/nowhere", input_stream=stream, content_length=300)

    assert answer.status_code == 404
    assert stream.tell() == 300


def test_what_nobody_wanted_of_a_large_body_is_left_where_it_is(server: Flask) -> None:
    length = SMALL_BODY_BYTES + 1
    stream = io.BytesIO(b"x" * length)

    server.test_client().post("/nowhere", input_stream=stream, content_length=length)

    assert stream.tell() == 0


def test_a_body_that_breaks_when_nobody_wants_it_costs_no_place(server: Flask) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise RuntimeError("broken")

    given = {"wsgi.input_terminated": True, "CONTENT_LENGTH": "4"}
    with pytest.raises(RuntimeError, match="broken"):
        server.test_client().post("/nowhere", input_stream=Broken(), environ_overrides=given)

    assert answer_within(server, None) == 200


def test_a_request_is_answered_while_others_wait_for_their_bodies(server: Flask) -> None:
    with waiting(server, 4, 4, 4):
        assert answer_within(server, None) == 200


def test_one_body_too_many_is_refused_at_once_and_may_come_later(server: Flask) -> None:
    with waiting(server, 4, 4, 4) as finish:
        refused = server.test_client().post("/", data=b"prompt")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]

        assert finish() == [b"late"] * 3
    assert answer_within(server, b"prompt") == 200


def test_slow_large_bodies_leave_small_ones_their_seats(server: Flask) -> None:
    large = SMALL_BODY_BYTES + 1
    with waiting(server, large) as finish:
        assert answer_within(server, b"x" * large) == 503
        assert answer_within(server, b"prompt") == 200

        finish()
    assert answer_within(server, b"x" * large) == 200


@pytest.mark.parametrize(
    "path",
    ["/api/v1/auth/token", "/dashboard/login", "/dashboard/preferences"],
)
def test_strangers_may_send_little_where_they_try_secrets(client: FlaskClient, path: str) -> None:
    form = "application/x-www-form-urlencoded"

    answer = client.post(path, data=b"x" * (FORM_BYTES + 1), content_type=form)

    assert answer.status_code == 413
