"""What the Evolution API channel makes of its events."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import evolution
from talkhub.channels.base import MessageChange, NormalisedMessage, Sender
from talkhub.names import ChangeKind, MessageRole, Platform

LoadPayload = Callable[[str], bytes]

JOAO = Sender(
    user_id="5511999990001",
    name="João",
    phone="+5511999990001",
    identities=(("wa_id", "5511999990001"),),
)
ORIGINAL, ANSWER = "clinica:3EB0ABCDEF1234567890", "clinica:3EB0ABCDEF1234567892"


def test_a_text_becomes_a_message_of_whatsapp(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = evolution.split(load_payload("evolution/text"), received_at)

    assert (event.kind, event.external_id) == ("messages.upsert", ORIGINAL)
    assert evolution.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.WHATSAPP,
        sender=JOAO,
        role=MessageRole.USER,
        kind="text",
        content="Bom dia, quero remarcar",
        sent_at=datetime(2026, 11, 21, 23, 0, tzinfo=UTC),
        external_id=ORIGINAL,
    )


def test_the_instances_key_is_not_kept(load_payload: LoadPayload, received_at: datetime) -> None:
    [event] = evolution.split(load_payload("evolution/text"), received_at)

    assert "apikey" not in event.payload
    assert b"apikey" not in event.raw


def test_a_hidden_number_and_its_stand_in_are_the_same_person(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    raw = load_payload("evolution/extended_text_of_hidden_number")
    [event] = evolution.split(raw, received_at)

    message = evolution.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert message.content == "Quero fazer um pedido"
    assert message.sender.user_id == "5511999990001"
    assert message.sender.identities == (("lid", "99887766554433"), ("wa_id", "5511999990001"))


@pytest.mark.parametrize(
    ("name", "role", "kind", "content"),
    [
        ("from_me", MessageRole.AGENT, "text", "Pode ser às 15h?"),
        ("image", MessageRole.USER, "image", "Chegou assim"),
        ("voice", MessageRole.USER, "voice", ""),
        ("group_text", MessageRole.USER, "text", "alguém aí?"),
    ],
)
def test_every_kind_of_message_says_what_it_is(
    *,
    name: str,
    role: MessageRole,
    kind: str,
    content: str,
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = evolution.split(load_payload(f"evolution/{name}"), received_at)

    message = evolution.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.kind, message.content) == (role, kind, content)
    assert message.sender.user_id == "5511999990001"


@pytest.mark.parametrize(
    ("name", "target", "kind", "value"),
    [
        ("reaction", ANSWER, ChangeKind.REACTION, {"emoji": "👍"}),
        ("revoke", ORIGINAL, ChangeKind.REVOKE, {}),
        ("deleted", ORIGINAL, ChangeKind.REVOKE, {}),
        (
            "edit",
            ORIGINAL,
            ChangeKind.EDIT,
            {"content": "Bom dia, quero remarcar para sexta", "attributes": {}},
        ),
        ("delivered", ANSWER, ChangeKind.STATUS, {"status": "delivered"}),
    ],
)
def test_what_speaks_of_an_earlier_message_changes_it(
    *,
    name: str,
    target: str,
    kind: ChangeKind,
    value: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = evolution.split(load_payload(f"evolution/{name}"), received_at)

    change = evolution.normalise(event.payload, received_at)

    assert isinstance(change, MessageChange)
    assert (change.target, change.kind, change.value) == (target, kind, value)


def test_several_messages_of_one_event_are_told_apart(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    events = evolution.split(load_payload("evolution/history"), received_at)

    found = [evolution.normalise(event.payload, received_at) for event in events]

    assert [message.content for message in found if isinstance(message, NormalisedMessage)] == [
        "um",
        "dois",
    ]


def test_the_state_of_the_connection_is_no_message(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = evolution.split(load_payload("evolution/connection_update"), received_at)

    assert event.kind == "connection.update"
    assert evolution.normalise(event.payload, received_at) is None
