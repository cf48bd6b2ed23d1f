"""What the UChat channel makes of External Requests, live chats and events."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from talkhub.channels import uchat
from talkhub.channels.base import (
    JSONObject,
    NormalisedMessage,
    PersonSeen,
    ProviderEvent,
    Sender,
    SessionEnd,
)
from talkhub.errors import BadRequest
from talkhub.names import MessageRole, Platform

LoadPayload = Callable[[str], bytes]

USER_NS = "f190385u12345678"


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def external_id(raw: bytes, received_at: datetime) -> str:
    [event] = uchat.split(raw, received_at)
    return event.external_id


def normalised(raw: bytes, received_at: datetime) -> NormalisedMessage | None:
    [event] = uchat.split(raw, received_at)
    found = uchat.normalise(event.payload, received_at)
    return found if isinstance(found, NormalisedMessage) else None


def test_an_external_request_becomes_a_message(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    raw = load_payload("uchat/external_request")

    [event] = uchat.split(raw, received_at)

    assert event == ProviderEvent(event.external_id, "message", raw, json.loads(raw))
    assert uchat.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.UCHAT,
        sender=Sender(
            user_id=USER_NS,
            name="João da Silva",
            phone="+5511999990001",
            email="joao@example.com",
        ),
        role=MessageRole.USER,
        kind="text",
        content="Quero saber do meu pedido 4571",
        sent_at=received_at,
        external_id=event.external_id,
    )


def test_a_live_chat_message_keeps_its_id_and_time(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = uchat.split(load_payload("uchat/live_chat_text"), received_at)

    expected_id = f"{USER_NS}:wamid.HBgNNTUxMTk5OTk5MDAwMRUCABIYFDNB000001AA=="
    assert (event.kind, event.external_id) == ("message", expected_id)
    assert uchat.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.UCHAT,
        sender=Sender(user_id=USER_NS),
        role=MessageRole.USER,
        kind="text",
        content="Quero falar com uma pessoa",
        sent_at=datetime(2026, 11, 21, 23, 0, tzinfo=UTC),
        external_id=expected_id,
    )


@pytest.mark.parametrize(
    ("direction", "role"),
    [("in", MessageRole.USER), ("out", MessageRole.BOT), ("agent", MessageRole.AGENT)],
)
def test_the_direction_of_a_live_chat_message_tells_who_wrote(
    direction: str, role: MessageRole, load_payload: LoadPayload, received_at: datetime
) -> None:
    payload = json.loads(load_payload("uchat/live_chat_agent"))
    payload["message"]["type"] = direction

    message = uchat.normalise(payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.sender.user_id) == (role, USER_NS)


def test_a_message_of_an_unknown_direction_is_nobodys(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    payload = json.loads(load_payload("uchat/live_chat_text"))
    payload["message"]["type"] = "note"

    assert uchat.normalise(payload, received_at) is None


@pytest.mark.parametrize(
    ("told", "role", "kind", "content"),
    [
        ({"message": {"type": "text", "text": "oi"}}, MessageRole.USER, "text", "oi"),
        ({"message": {"type": "image"}, "mid": "wamid.1"}, MessageRole.USER, "image", ""),
        (
            {"type": "agent_message", "message": {"type": "text", "text": "pois não"}},
            MessageRole.AGENT,
            "text",
            "pois não",
        ),
        (
            {
                "message": {
                    "type": "in",
                    "msg_type": "audio",
                    "payload": {"transcribed_text": "quero dois"},
                }
            },
            MessageRole.USER,
            "audio",
            "quero dois",
        ),
        ({"mensaje": "hola", "nombre": "Ana"}, MessageRole.USER, "text", "hola"),
    ],
    ids=["kind for direction", "picture", "an agent's", "voice that was heard", "Spanish names"],
)
def test_what_a_message_says_in_its_rarer_shapes(
    told: dict[str, Any], role: MessageRole, kind: str, content: str, received_at: datetime
) -> None:
    raw = json.dumps({"user": {"user_ns": USER_NS}, **told}).encode()

    message = normalised(raw, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.kind, message.content) == (role, kind, content)
    assert message.sender.user_id == USER_NS


def test_an_event_of_a_message_is_a_message(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    message = normalised(load_payload("uchat/event_message_received"), received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.content, message.sender.user_id) == ("Boa tarde!", USER_NS)
    assert (message.sender.name, message.sender.email) == ("João da Silva", "joao@example.com")
    assert message.sent_at == datetime(2026, 11, 21, 20, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "sender", "content"),
    [
        ("minimal", Sender(user_id=USER_NS), "oi"),
        ("unfilled_placeholders", Sender(user_id=USER_NS), "oi"),
        (
            "portuguese_names",
            Sender(user_id=USER_NS, name="João da Silva", phone="+5511999990001"),
            "texto aqui",
        ),
        ("numbers_and_nulls", Sender(user_id=USER_NS), "12345"),
    ],
)
def test_bodies_typed_by_hand_are_understood(
    name: str,
    sender: Sender,
    content: str,
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    message = normalised(load_payload(f"uchat/{name}"), received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.sender, message.content) == (sender, content)


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"text": "oi"}, "oi"),
        ({"last_input_text": "oi"}, "oi"),
        ({"last_text_input": "oi"}, "oi"),
        ({"last_user_input": "oi"}, "oi"),
        ({"mensagem": "oi"}, "oi"),
        ({"texto": "oi"}, "oi"),
        ({"message": {"content": "oi"}}, "oi"),
        ({"message": {"text": "oi"}}, "oi"),
        ({"message": {"payload": {"text": "oi"}}}, "oi"),
        ({"message": "", "text": None, "texto": "oi"}, "oi"),
        ({"message": "{{last_input}}", "texto": "oi"}, "oi"),
        ({"message": "Olá {{name}}, oi"}, "Olá {{name}}, oi"),
        ({"message": {"msg_type": "image", "content": "https://x.example/f.jpg"}}, ""),
        ({"message": "  "}, None),
        ({"message": "{{a}} {{b}}"}, None),
        ({"message": True}, None),
    ],
)
def test_the_text_is_found_under_its_usual_names(
    fields: JSONObject, content: str | None, received_at: datetime
) -> None:
    message = normalised(body(user_ns=USER_NS, **fields), received_at)

    assert (message.content if message else None) == content


@pytest.mark.parametrize(
    ("fields", "user_id"),
    [
        ({"user_ns": USER_NS, "user_id": "5511", "id": "f2u2"}, USER_NS),
        ({"user_id": 5511, "data": {"subscriber": {"user_ns": USER_NS}}}, USER_NS),
        ({"user_ns": "{{user_ns}}", "user_id": 5511}, "5511"),
        ({"subscriber_id": "s1"}, "s1"),
        ({"subscriber": {"user_ns": USER_NS}}, USER_NS),
        ({"id": USER_NS}, USER_NS),
        ({"id": "4571"}, None),
        ({"user_ns": "{{user_ns}}"}, None),
        ({}, None),
    ],
)
def test_the_person_is_found_under_the_usual_names(
    fields: JSONObject, user_id: str | None, received_at: datetime
) -> None:
    message = normalised(body(message="oi", **fields), received_at)

    assert (message.sender.user_id if message else None) == user_id


@pytest.mark.parametrize(
    ("fields", "name", "phone"),
    [
        ({"first_name": "Ana", "last_name": "Lima"}, "Ana Lima", None),
        ({"first_name": "Ana", "last_name": "{{last_name}}"}, "Ana", None),
        ({"name": "{{first_name}} {{last_name}}"}, None, None),
        (
            {"nome_completo": "Ana Lima", "celular": "+55 (11) 99999-0001"},
            "Ana Lima",
            "+5511999990001",
        ),
        ({"whatsapp": 5511999990001}, None, "+5511999990001"),
        ({"telefone": "(11) 9999-0001"}, None, "+5511999990001"),
        ({"channel": "whatsapp", "user_id": "5511999990001"}, None, "+5511999990001"),
        ({"phone": "+ramal 12"}, None, "+ramal 12"),
    ],
)
def test_name_and_phone_are_found_under_the_usual_names(
    fields: JSONObject, name: str | None, phone: str | None, received_at: datetime
) -> None:
    message = normalised(body(user_ns=USER_NS, message="oi", **fields), received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.sender.name, message.sender.phone) == (name, phone)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ping", "ping"),
        ("tool_call", "tool_call"),
        ("event_tag_applied", "tag.applied"),
        ("event_ticket_created", "ticket.created"),
        ("event_agent_assigned", "agent.assigned"),
    ],
)
def test_every_other_post_is_an_event_without_a_message(
    name: str, kind: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = uchat.split(load_payload(f"uchat/{name}"), received_at)

    assert event.kind == kind
    assert uchat.normalise(event.payload, received_at) is None


def test_a_picture_of_the_live_chat_is_a_message_without_words(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    message = normalised(load_payload("uchat/live_chat_image"), received_at)

    assert message is not None
    assert (message.kind, message.content) == ("image", "")
    assert message.attributes["url"] == "https://media.example.com/f.jpg"


@pytest.mark.parametrize("name", ["event_subscriber_created", "event_subscriber_updated"])
def test_a_subscriber_event_tells_of_a_person(
    name: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = uchat.split(load_payload(f"uchat/{name}"), received_at)

    seen = uchat.normalise(event.payload, received_at)

    assert isinstance(seen, PersonSeen)
    assert (seen.sender.user_id, seen.sender.phone) == (USER_NS, "+5511999990001")


def test_a_closing_event_ends_the_persons_session(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = uchat.split(load_payload("uchat/event_conversation_closed"), received_at)

    assert event.kind == "conversation.closed"
    assert uchat.normalise(event.payload, received_at) == SessionEnd(
        Platform.UCHAT, Sender(USER_NS), datetime(2026, 11, 21, 21, 40, tzinfo=UTC)
    )


def test_what_an_author_nests_is_found(load_payload: LoadPayload, received_at: datetime) -> None:
    message = normalised(load_payload("uchat/nested_contact"), received_at)

    assert message is not None
    assert message.sender == Sender(user_id=USER_NS, name="Ana", phone="+5511999990001")
    assert message.content == "Oi, tudo bem?"


def test_a_form_is_read_as_json_is(received_at: datetime) -> None:
    raw = b"user_ns=f190385u12345678&message=Ol%C3%A1%00+%22tudo+bem%22&name=Ana+Lima"

    message = normalised(raw, received_at)

    assert message is not None
    assert (message.sender.name, message.content) == ("Ana Lima", 'Olá\ufffd "tudo bem"')


def test_an_event_about_something_else_is_no_message_even_with_a_text(
    received_at: datetime,
) -> None:
    raw = body(event="ticket.created", data={"user_ns": USER_NS, "id": "t1", "text": "Atraso"})

    assert normalised(raw, received_at) is None


def test_a_retry_within_half_a_minute_has_the_same_external_id(received_at: datetime) -> None:
    raw, again = (
        body(user_ns=USER_NS, message="oi"),
        body(message="oi", user_ns=USER_NS, name="Ana"),
    )

    assert external_id(raw, received_at) == external_id(again, received_at + timedelta(seconds=20))


@pytest.mark.parametrize(
    ("raw", "later"),
    [
        (body(user_ns=USER_NS, message="oi"), timedelta(seconds=30)),
        (body(user_ns=USER_NS, message="oi!"), timedelta(0)),
        (body(user_ns="f190385u2", message="oi"), timedelta(0)),
        (body(user_ns=USER_NS, message="oi", timestamp=1795302001), timedelta(0)),
    ],
    ids=["later", "another text", "another person", "with a time of its own"],
)
def test_another_message_has_another_external_id(
    raw: bytes, later: timedelta, received_at: datetime
) -> None:
    first = external_id(body(user_ns=USER_NS, message="oi"), received_at)

    assert external_id(raw, received_at + later) != first


def test_what_a_bot_says_is_not_the_persons_message_with_the_same_text(
    received_at: datetime,
) -> None:
    said, answered = (
        body(meta={"user_ns": USER_NS}, message={"type": direction, "content": "ok"})
        for direction in ("in", "out")
    )

    assert external_id(said, received_at) != external_id(answered, received_at)


def test_a_message_with_its_own_time_is_recognised_hours_later(received_at: datetime) -> None:
    raw = body(user_ns=USER_NS, message="oi", timestamp="2026-11-21T23:00:00Z")

    assert external_id(raw, received_at) == external_id(raw, received_at + timedelta(hours=9))


def test_a_constant_typed_as_time_does_not_swallow_later_messages(received_at: datetime) -> None:
    raw = body(user_ns=USER_NS, message="oi", timestamp="2025-01-01T00:00:00Z")

    assert external_id(raw, received_at) != external_id(raw, received_at + timedelta(hours=9))


@pytest.mark.parametrize("more", [{}, {"message_id": "m1"}, {"event": "message.received"}])
def test_a_constant_typed_as_time_is_not_when_it_was_said(
    more: dict[str, str], received_at: datetime
) -> None:
    raw = body(user_ns=USER_NS, message="oi", timestamp="2025-01-01T10:00:00Z", **more)

    message = normalised(raw, received_at)

    assert isinstance(message, NormalisedMessage)
    assert message.sent_at == received_at


def test_a_live_chat_message_keeps_its_time_however_late_it_arrives(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    raw = load_payload("uchat/live_chat_text")

    message = normalised(raw, received_at + timedelta(days=28))

    assert isinstance(message, NormalisedMessage)
    assert message.sent_at == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


def test_the_same_event_counts_again_later(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    raw = load_payload("uchat/event_tag_applied")

    assert external_id(raw, received_at) == external_id(raw, received_at + timedelta(seconds=9))
    assert external_id(raw, received_at) != external_id(raw, received_at + timedelta(days=9))


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b'{"test": true}', True),
        (b' { "test" : true }\n', True),
        (b'{"test": 1}', False),
        (b'{"test": "true"}', False),
        (b'{"test": false}', False),
        (b'{"test": true, "user_ns": "f1u1"}', False),
        (b'{"test": true}' + b" " * 100, False),
        (b"[]", False),
        (b"{", False),
        (b"", False),
    ],
)
def test_only_the_exact_test_body_is_a_ping(raw: bytes, *, answer: bool) -> None:
    assert uchat.is_ping(raw) is answer


def test_a_body_broken_by_a_persons_text_is_refused_with_a_hint(received_at: datetime) -> None:
    raw = b'{"user_ns":"f190385u12345678","message":"ele disse "oi" e\nsaiu"}'

    with pytest.raises(BadRequest, match=r"line 1, column 53\. In UChat this happens"):
        uchat.split(raw, received_at)
