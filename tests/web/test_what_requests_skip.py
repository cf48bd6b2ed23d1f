"""What our application spares each request, and what it must not spare."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from talkhub.blueprints.bodies import SlowBodies, read_body
from talkhub.blueprints.web import Application


class CountingStream(io.BytesIO):
    """A body that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


def test_an_answer_of_known_length_goes_to_the_server_in_one_piece(client: FlaskClient) -> None:
    answer = served(client.application, "/livez")

    assert isinstance(answer, list)


def test_an_answer_without_a_length_is_streamed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def pieces() -> Iterator[bytes]:
        yield b"first"
        made.append("second")
        yield b"second"

    views = client.application.view_functions
    monkeypatch.setitem(views, "health.livez", lambda: Response(pieces()))

    answer = iter(served(client.application, "/livez"))

    assert next(answer) == b"first"
    assert not made


def test_a_body_of_known_length_is_read_once() -> None:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 1000
    app.add_url_rule("/", view_func=lambda: Response(request.get_data()), methods=["POST"])
    stream = CountingStream(b"hello")
    environ = EnvironBuilder(
        method="POST",
        input_stream=stream,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": "5"},
    ).get_environ()

    body, status, _ = run_wsgi_app(SlowBodies(app.wsgi_app, 1), environ, buffered=True)

    assert (b"".join(body), status, stream.reads) == (b"hello", "200 OK", 1)


def test_flasks_sessions_take_nothing() -> None:
    app = Application(__name__)

    with app.test_request_context("/") as context:
        assert app.session_interface.is_null_session(context.session)


def served(app: Flask, path: str) -> Iterable[bytes]:
    """Return what a server would be given for a GET."""
    environ = EnvironBuilder(path=path).get_environ()
    return app.wsgi_app(environ, lambda _status, _headers, _error=None: lambda _data: None)


class PiecemealStream(io.BytesIO):
    """A body that comes in pieces of two bytes."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 2))


def test_a_body_that_comes_in_pieces_is_read_whole() -> None:
    assert answer_to_body(PiecemealStream(b"hello"), length=5) == (b"hello", "200 OK")


def test_a_body_that_ends_early_is_refused() -> None:
    _, status = answer_to_body(io.BytesIO(b"hell"), length=5)

    assert status == "400 BAD REQUEST"


def test_nothing_beyond_the_length_that_was_said_is_read() -> None:
    assert answer_to_body(io.BytesIO(b"hello, again"), length=5) == (b"hello", "200 OK")


def test_the_head_of_an_answer_in_json_has_no_body(client: FlaskClient) -> None:
    answer = client.head("/livez")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length == client.get("/livez").content_length


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/mcp", "http://localhost"),
        ("//mcp/", "http://LOCALHOST:3003"),
        ("/contexto/joão?nome=joão", "https://api.example.com:443"),
        ("/mcp", "http://localhost/below"),
    ],
)
def test_an_address_is_read_as_flask_reads_it(path: str, base: str) -> None:
    environ = EnvironBuilder(path=path, base_url=base).get_environ()
    app = Application(__name__)

    ours = app.create_url_adapter(app.request_class(environ))
    flasks = Flask.create_url_adapter(app, app.request_class(environ))

    assert vars(ours) == vars(flasks)


def answer_to_body(stream: io.BytesIO, *, length: int) -> tuple[bytes, str]:
    """Return body and status of an answer that repeats what was sent."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: Response(read_body(request)), methods=["POST"])
    given = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(length)}
    builder = EnvironBuilder(method="POST", input_stream=stream, environ_overrides=given)

    body, status, _ = run_wsgi_app(
        SlowBodies(app.wsgi_app, 1), builder.get_environ(), buffered=True
    )
    return b"".join(body), status
