"""What a workspace's own programs do with calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import jwt
from callers import Caller
from factories import rows
from flask.testing import FlaskClient
from pydantic import SecretStr

from talkhub.store.uow import Database

SAID = {"role": "user", "content": "Meu pedido não chegou", "timestamp": "2030-01-01T12:00:00Z"}


def test_what_was_said_stands_at_its_time_and_is_analysed(
    ring, pick_up, caller: Caller, drain: Callable[[], None], database: Database
) -> None:
    call = ring()
    pick_up(call)
    path = f"/api/v1/calls/{call.call_id}/transcript"
    now = datetime.now(UTC).isoformat()
    first = caller.post(path, {"messages": [{**SAID, "timestamp": now}]})
    again = caller.post(path, {"messages": [{**SAID, "timestamp": now}]})
    call.post("/end")
    drain()

    (row,) = rows(
        database, caller.workspace_id, "select messages, analysed_version from conversations"
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert [it["content"] for it in row["messages"]][2:3] == [SAID["content"]]
    assert [it["role"] for it in row["messages"]] == ["user", "agent", "user", "system"]
    assert row["analysed_version"]


def test_a_call_that_nobody_answered_has_no_words(ring, caller: Caller) -> None:
    path = f"/api/v1/calls/{ring().call_id}/transcript"

    assert caller.post(path, {"messages": [SAID]}).status_code == 409


def test_who_calls_with_a_ticket_is_the_person_that_it_names(ring, caller: Caller) -> None:
    made = caller.post("/api/v1/call-tickets", {"user_id": "u-rita", "name": "Rita"})
    ring(ticket=made.json["ticket"])

    (line,) = caller.get("/api/v1/calls").json["calls"]
    assert (line["user_id"], line["name"], line["state"]) == ("u-rita", "Rita", "ringing")


def test_a_room_is_entered_where_a_media_server_is_named(
    ring, caller: Caller, shared_client: Callable[..., FlaskClient]
) -> None:
    path = f"/api/v1/calls/{ring().call_id}/room"
    body = {"identity": "bia", "name": "Bia"}
    named = shared_client(
        livekit_url="wss://rooms.example",
        livekit_api_key="k",
        livekit_api_secret=SecretStr("a-secret-of-the-media-server-only"),
    )
    headers = {"Authorization": f"Bearer {caller.token}"}

    unset, given = caller.post(path, body), named.post(path, json=body, headers=headers)

    claims = jwt.decode(given.json["token"], options={"verify_signature": False})
    assert unset.json["type"] == "/problems/setting_missing"
    assert given.json["url"] == "wss://rooms.example"
    assert claims["video"]["room"] == given.json["room"]
