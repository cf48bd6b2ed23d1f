"""What endpoints are told, when, and in which transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_channel, transcript
from flask.testing import FlaskClient
from outboxes import Outbox
from providers import Door, said

from talkhub import json_codec
from talkhub.names import MessageRole, Platform
from talkhub.services.talking.channel_sessions import ChannelSession
from talkhub.services.talking.transcripts import time_of
from talkhub.services.telling.outbound import Told, body_of, messages_received

URL = "https://client.example/hook"


@pytest.fixture
def door(client: FlaskClient, outbox: Outbox) -> Door:
    path = make_channel(outbox.database, outbox.workspace, Platform.TELEGRAM)
    return Door(client, Platform.TELEGRAM, path)


def told(outbox: Outbox) -> dict[str, int]:
    return dict(Counter(row["kind"] for row in outbox.messages("kind")))


def body(outbox: Outbox, kind: str) -> dict[str, Any]:
    (found,) = [row["payload"] for row in outbox.messages() if row["kind"] == kind]
    return found


def save(caller: Caller, *texts: str) -> str:
    session = caller.tool("create_chat_session", {"user_id": "ana", "platform": "api"}).json
    saved = caller.tool(
        "save_conversation",
        {
            "session_id": session["session_id"],
            "user_id": "ana",
            "messages": transcript(*texts),
        },
    )
    return saved.json["conversation_id"]


def test_without_endpoints_nothing_is_written(
    door: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    door.post(said(Platform.TELEGRAM, "péssimo atendimento"))
    drain()

    assert outbox.messages() == []


def test_a_message_on_a_channel_is_told_with_its_conversations_beginning(
    door: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL)
    door.post(said(Platform.TELEGRAM, "bom dia", person="77"))
    drain()

    assert told(outbox) == {
        "message.received": 1,
        "conversation.started": 1,
        "conversation.analyzed": 1,
    }
    data = body(outbox, "message.received")["data"]
    assert (data["user_id"], data["platform"]) == ("77", "telegram")
    assert (data["message"]["content"], data["message"]["role"]) == ("bom dia", "user")
    assert data["session_id"] == body(outbox, "conversation.started")["data"]["session_id"]


def test_a_message_that_comes_again_is_not_told_again(
    door: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL, "message.received")
    document = said(Platform.TELEGRAM, "oi")
    for ahead in (0, 1_000_000):
        door.post({**document, "update_id": document["update_id"] + ahead})
        drain()

    assert told(outbox) == {"message.received": 1}


def test_a_saved_conversation_is_told_from_its_beginning_to_its_end(
    caller: Caller, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL)
    conversation_id = save(caller, "Péssimo atendimento, um absurdo! Quero reclamar", "Sinto muito")
    drain()

    assert told(outbox) == {
        "conversation.started": 1,
        "conversation.analyzed": 1,
        "conversation.closed": 1,
        "alert.negative_sentiment": 1,
    }
    analyzed = body(outbox, "conversation.analyzed")
    assert analyzed["data"]["conversation_id"] == conversation_id
    assert analyzed["data"]["message_count"] == 2
    assert analyzed["data"]["analysis"]["sentiment"] == "negative"
    assert analyzed["data"]["analysis"]["intent"] == "complaint"


def test_what_was_shown_once_is_not_shown_again_when_a_conversation_grows(
    door: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL)
    for text, at in (("péssimo atendimento", "12:00"), ("um absurdo, péssimo", "12:01")):
        door.post(said(Platform.TELEGRAM, text, at=at))
        drain()

    assert told(outbox) == {
        "message.received": 2,
        "conversation.started": 1,
        "conversation.analyzed": 2,
        "alert.negative_sentiment": 1,
    }


def test_a_changed_profile_is_told_by_its_fields_without_their_values(
    caller: Caller, outbox: Outbox
) -> None:
    outbox.endpoint(URL)
    given = {"user_id": "ana", "profile_data": {"name": "Ana", "preferences": {"size": "M"}}}
    caller.tool("update_user_profile", given)
    caller.tool("update_user_profile", given)

    assert told(outbox) == {"profile.updated": 1}
    data = body(outbox, "profile.updated")["data"]
    assert (data["user_id"], data["changed"]) == ("ana", ["name", "preferences"])
    assert "Ana" not in json.dumps(data)


def test_each_endpoint_hears_what_it_asked_for_under_one_id(
    caller: Caller, outbox: Outbox, drain: Callable[[], None]
) -> None:
    first, second = (outbox.endpoint(URL, "conversation.closed") for _ in range(2))
    outbox.endpoint(URL, "message.received")
    save(caller, "oi", "olá")
    drain()

    found = outbox.messages("webhook_endpoint_id, kind, payload ->> 'id' as id")
    assert {row["webhook_endpoint_id"] for row in found} == {first.endpoint_id, second.endpoint_id}
    assert {row["kind"] for row in found} == {"conversation.closed"}
    assert len({row["id"] for row in found}) == 1


def test_another_workspaces_endpoints_hear_nothing(
    caller: Caller, outbox: Outbox, make_outbox: Callable[[], Outbox], drain: Callable[[], None]
) -> None:
    stranger = make_outbox()
    stranger.endpoint(URL)
    save(caller, "oi", "olá")
    drain()

    assert stranger.messages() == []
    assert outbox.messages() == []


@pytest.mark.parametrize("text", ["x" * 60_000, "😀" * 60_000, "\x01" * 60_000, '"' * 60_000])
def test_a_long_text_is_cut_and_the_body_stays_below_twenty_kilobytes(text: str) -> None:
    stored = {
        "id": "m1",
        "role": MessageRole.USER,
        "kind": "text",
        "content": text,
        "timestamp": "2026-03-02T12:00:00Z",
        "external_id": "e" * 255,
    }
    session = ChannelSession(
        session_id="s" * 64,
        user_id="ü" * 255,
        profile_id=1,
        platform="telegram",
        channel_id=None,
        conversation_count=0,
        last_message_at=time_of(stored),
        arrivals=[(stored, None)],  # type: ignore[list-item]
    )

    (said_by_us,) = messages_received([session])

    assert isinstance(said_by_us, Told)
    message = said_by_us.data["message"]
    assert message["is_cut"] is True
    assert text.startswith(message["content"])
    assert 1000 < len(json_codec.dumps(body_of(said_by_us))) < 20_000
