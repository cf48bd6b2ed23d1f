"""The stream of hints tells of changes, and refuses in good order."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from talkhub.blueprints.dashboard import hints
from talkhub.blueprints.dashboard.hints import tell_of_changes
from talkhub.blueprints.streams import MAX_STREAMS_OF_ONE, Holder
from talkhub.mcp.subscriptions import Rhythm
from talkhub.volatile.hints import position
from talkhub.volatile.redis_client import web_client

NOWHERE = "redis://127.0.0.1:1/0"


class Hints:
    """A stream as a browser reads it."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self._chunks: Iterator[bytes] = iter(response.response)

    def read(self) -> str:
        return next(self._chunks).decode()


@pytest.fixture
def listen(ana) -> Iterator[Callable[..., Hints]]:
    """Open the stream as Ana's browser does; it is closed after the test."""
    opened: list[Hints] = []

    def open_stream(query: str = "", **headers: str) -> Hints:
        response = ana.client.get(f"/dashboard/hints{query}", headers=headers)
        assert response.status_code == 200, response.text
        opened.append(Hints(response))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.response.close()


def stream_of(page: str) -> str:
    """Return the query of the address at which a page hears of changes."""
    found = re.search(r'sse-connect="/dashboard/hints([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def test_what_is_saved_is_hinted_at(listen, talk):
    stream = listen()
    beginning = stream.read()

    talk("Oi")
    hint = stream.read().splitlines()

    assert beginning == "retry: 2000\n\n"
    assert hint[0].startswith("id: ")
    assert hint[1] == "event: changed"
    assert stream.response.mimetype == "text/event-stream"
    assert stream.response.headers["X-Accel-Buffering"] == "no"


def test_a_page_of_one_session_hears_of_that_session(listen, caller):
    stream = listen("?session=own")
    stream.read()

    message = {"role": "user", "content": "Oi"}
    body = {"session_id": "own", "user_id": "ana", "messages": [message]}
    assert caller.tool("save_conversation", body).status_code == 200

    assert "event: changed" in stream.read()


def test_what_changes_between_a_page_and_its_stream_is_hinted_at(ana, listen, talk):
    elsewhere = listen()
    elsewhere.read()
    address = stream_of(ana.client.get("/dashboard/live").text)
    talk("Oi")
    heard = elsewhere.read().splitlines()[0]

    late = listen(address)
    late.read()

    assert late.read().splitlines()[:2] == [heard, "event: changed"]


def test_a_browser_that_comes_back_knows_more_than_its_page(listen):
    stream = listen("?since=0", **{"Last-Event-ID": "1700000000000"})

    stream.read()

    assert "\nevent: changed\n" in stream.read()


@pytest.mark.parametrize(("since", "count"), [("5", 0), ("4", 1), ("unknown", 1), (None, 0)])
def test_only_who_missed_something_is_told_so(since: str | None, count: int):
    looks = [True, True]

    told = list(
        tell_of_changes(
            lambda _seconds: False,
            lambda: bool(looks and looks.pop()),
            lambda: "5",
            since=since,
            pause=0,
        )
    )

    assert told == [b"id: 5\nevent: changed\ndata: 5\n\n"] * count


def test_with_redis_away_a_page_stands_where_no_hint_does():
    client = web_client(NOWHERE)

    assert position(client, 1) == "unknown"


def test_without_redis_the_page_is_told_to_ask_by_itself(
    make_app: Callable[..., Flask], browse: Callable[..., FlaskClient], workspace: int
):
    client = browse(workspace, at=make_app(redis_url=NOWHERE))

    assert client.get("/dashboard/hints").status_code == 503
    assert client.get("/dashboard/live").status_code == 200


def test_streams_of_pages_and_of_programs_share_their_seats(
    app: Flask, ana, workspace: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hints, "PATIENCE_SECONDS", 0)
    seats = app.extensions["talkhub"].seats
    holder = Holder(workspace, "ana")
    with app.app_context():
        held = [
            seats.send((b"" for _ in ""), holder, mimetype="text/event-stream", headers={})
            for _ in range(MAX_STREAMS_OF_ONE)
        ]

    refused = ana.client.get("/dashboard/hints")
    page = ana.client.get("/dashboard/live")
    for response in held:
        response.close()

    assert (refused.status_code, page.status_code) == (503, 200)


def test_silence_has_its_signs_of_life():
    changes = [True, False]

    told = list(
        tell_of_changes(
            lambda _seconds: changes.pop(0),
            lambda: bool(changes),
            lambda: "1",
            rhythm=Rhythm(sign_of_life=0),
            pause=0,
        )
    )

    assert b"event: changed" in told[0]
    assert told[1:] == [b": alive\n\n"]


def test_while_a_seat_is_awaited_each_wait_ends_with_a_sign_of_life():
    changes = [False, False]

    told = list(
        tell_of_changes(
            lambda _seconds: changes.pop(0),
            lambda: bool(changes),
            lambda: "1",
            is_awaited=lambda: True,
        )
    )

    assert told == [b": alive\n\n"] * 2
