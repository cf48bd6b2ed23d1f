"""What the Evolution API channel makes of its events."""

import json
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


@pytest.mark.parametrize(
    ("body", "kind", "content", "attributes"),
    [
        (
            {"conversation": "", "extendedTextMessage": {"text": "oi"}},
            "text",
            "oi",
            {},
        ),
        (
            {
                "imageMessage": {
                    "caption": "esta aqui",
                    "contextInfo": {"stanzaId": "3EB0", "isForwarded": True},
                }
            },
            "image",
            "esta aqui",
            {"reply_to": "3EB0", "forwarded": True},
        ),
        (
            {"audioMessage": {"ptt": True}, "speechToText": "[audio] quero dois"},
            "voice",
            "quero dois",
            {},
        ),
        (
            {"pollCreationMessageV3": {"name": "Que dia?", "options": [{"optionName": "Sexta"}]}},
            "poll",
            "Que dia?",
            {"options": ["Sexta"]},
        ),
        (
            {"buttonsResponseMessage": {"selectedButtonId": "b1", "selectedButtonText": "Sim"}},
            "button",
            "Sim",
            {"payload": "b1"},
        ),
        (
            {
                "buttonsResponseMessage": {
                    "selectedButtonID": "b2",
                    "Response": {"SelectedDisplayText": "Não"},
                }
            },
            "button",
            "Não",
            {"payload": "b2"},
        ),
        (
            {"templateButtonReplyMessage": {"selectedID": "b3"}},
            "button",
            "b3",
            {"payload": "b3"},
        ),
        (
            {
                "interactiveResponseMessage": {
                    "body": {"text": "Escolhido"},
                    "nativeFlowResponseMessage": {
                        "paramsJson": json.dumps({"id": "p1", "display_text": "Pagar"})
                    },
                }
            },
            "button",
            "Pagar",
            {"payload": "p1"},
        ),
        (
            {
                "interactiveResponseMessage": {
                    "body": {"text": "Escolhido"},
                    "nativeFlowResponseMessage": {"paramsJson": "{"},
                }
            },
            "button",
            "Escolhido",
            {},
        ),
        (
            {"interactiveResponseMessage": {}},
            "unknown",
            "",
            {"type": "interactiveresponsemessage"},
        ),
        ({"buttonsMessage": {"contentText": "Confirma?"}}, "text", "Confirma?", {}),
        (
            {"templateMessage": {"hydratedTemplate": {"hydratedContentText": "Seu pedido"}}},
            "text",
            "Seu pedido",
            {},
        ),
        (
            {
                "contactMessage": {
                    "displayName": "Rui",
                    "vcard": "FN:Rui\nitem1.TEL;waid=5511988880002:+55 11 98888-0002\n",
                }
            },
            "contacts",
            "Rui +55 11 98888-0002",
            {"contacts": [{"name": "Rui", "phones": ["+55 11 98888-0002"]}]},
        ),
        (
            {"contactsArrayMessage": {"contacts": [{"displayName": "Rui"}, {}]}},
            "contacts",
            "Rui",
            {"contacts": [{"name": "Rui"}]},
        ),
        (
            {"lottieStickerMessage": {"message": {"stickerMessage": {}}}},
            "sticker",
            "",
            {},
        ),
    ],
    ids=[
        "empty text before the text",
        "answer with a picture",
        "voice that was heard",
        "poll",
        "button",
        "button of another writing",
        "button without a title",
        "native flow",
        "broken native flow",
        "empty native flow",
        "buttons offered",
        "template",
        "card",
        "cards",
        "moving sticker",
    ],
)
def test_what_a_message_says_in_its_rarer_shapes(
    body: dict[str, Any],
    kind: str,
    content: str,
    attributes: dict[str, Any],
    received_at: datetime,
) -> None:
    [event] = evolution.split(post("messages.upsert", message=body), received_at)

    found = evolution.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.kind, found.content, found.attributes) == (kind, content, attributes)


@pytest.mark.parametrize(
    "body", [{"conversation": " "}, {"albumMessage": {"expectedImageCount": 2}}]
)
def test_what_nobody_said_is_no_message(body: dict[str, Any], received_at: datetime) -> None:
    [event] = evolution.split(post("messages.upsert", message=body), received_at)

    assert evolution.normalise(event.payload, received_at) is None


def test_what_a_message_answers_to_may_stand_beside_it(received_at: datetime) -> None:
    told: dict[str, Any] = {"message": {"conversation": "sim"}, "contextInfo": {"stanzaId": "3EB0"}}
    [event] = evolution.split(post("messages.upsert", **told), received_at)

    found = evolution.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert found.attributes == {"reply_to": "3EB0"}


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"update": {"status": 0}}, "failed"),
        ({"update": {"status": 3}}, "delivered"),
        ({"update": {"status": 5}}, "played"),
        ({"status": "delivered"}, "delivered"),
        ({"status": "SENT"}, "sent"),
    ],
)
def test_a_state_is_told_by_name_or_number(
    told: dict[str, Any], state: str, received_at: datetime
) -> None:
    [event] = evolution.split(post("messages.update", **told), received_at)

    change = evolution.normalise(event.payload, received_at)

    assert isinstance(change, MessageChange)
    assert (change.kind, change.value) == (ChangeKind.STATUS, {"status": state})


def test_a_message_that_waits_to_be_sent_has_no_state(received_at: datetime) -> None:
    [event] = evolution.split(post("messages.update", update={"status": 1}), received_at)

    assert evolution.normalise(event.payload, received_at) is None


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (
            {"editedMessage": {"conversation": "às 16h"}, "timestampMs": "1795302000000"},
            datetime.fromtimestamp(1795302000, UTC),
        ),
        ({"message": {"conversation": "às 16h"}}, None),
    ],
)
def test_an_edit_may_have_an_event_of_its_own(
    told: dict[str, Any], at: datetime | None, received_at: datetime
) -> None:
    [event] = evolution.split(post("MESSAGES_EDITED", **told), received_at)

    assert evolution.normalise(event.payload, received_at) == MessageChange(
        "clinica:3EB0",
        ChangeKind.EDIT,
        at or received_at,
        value={"content": "às 16h", "attributes": {}},
    )


def test_an_edit_that_brings_no_text_changes_nothing(received_at: datetime) -> None:
    [event] = evolution.split(post("messages.edited"), received_at)

    assert evolution.normalise(event.payload, received_at) is None


def post(event: str, **told: Any) -> bytes:
    key = {"id": "3EB0", "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": False}
    data = {"key": key, **told}
    return json.dumps({"event": event, "instance": "clinica", "data": data}).encode()
