"""What the Telegram channel makes of updates."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from talkhub.channels import telegram
from talkhub.channels.base import NormalisedMessage, ProviderEvent, Sender
from talkhub.names import MessageRole, Platform

LoadPayload = Callable[[str], bytes]


def test_a_text_becomes_a_message(load_payload: LoadPayload, received_at: datetime) -> None:
    raw = load_payload("telegram/text")

    [event] = telegram.split(raw, received_at)

    assert event == ProviderEvent("900000001", "message", raw, json.loads(raw))
    assert telegram.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.TELEGRAM,
        sender=Sender(user_id="111222333", name="João Silva", locale="pt-br"),
        role=MessageRole.USER,
        kind="text",
        content="Boa tarde, quero cancelar minha assinatura",
        sent_at=datetime(2026, 11, 21, 23, 0, 51, tzinfo=UTC),
        external_id="111222333:51:1795302051",
    )


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("command", "text", "/start promo_verao"),
        ("group_text", "text", "@talkhub_bot qual o horário?"),
        ("reply", "text", "esse aqui"),
        ("photo_with_caption", "image", "olha o estado que chegou"),
    ],
)
def test_every_update_with_a_persons_text_becomes_a_message(
    name: str, kind: str, content: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = telegram.split(load_payload(f"telegram/{name}"), received_at)

    message = telegram.normalise(event.payload, received_at)

    assert message is not None
    assert (message.kind, message.content, message.sender.user_id) == (kind, content, "111222333")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("edited_message", "edited_message"),
        ("callback_query", "callback_query"),
        ("voice", "message"),
        ("contact", "message"),
        ("blocked", "my_chat_member"),
        ("reaction", "message_reaction"),
        ("business_message", "business_message"),
        ("future_update", "future_update"),
    ],
)
def test_every_other_update_is_an_event_without_a_message(
    name: str, kind: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = telegram.split(load_payload(f"telegram/{name}"), received_at)

    assert event.kind == kind
    assert telegram.normalise(event.payload, received_at) is None


def test_a_bots_own_text_is_not_taken_for_a_persons(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    update = json.loads(load_payload("telegram/group_text"))
    update["message"]["from"]["is_bot"] = True

    assert telegram.normalise(update, received_at) is None


def test_a_text_without_its_message_id_is_no_message(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    update = json.loads(load_payload("telegram/text"))
    del update["message"]["message_id"]

    assert telegram.normalise(update, received_at) is None


def test_a_redelivered_update_has_the_same_external_id(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    update = json.loads(load_payload("telegram/text"))
    otherwise_written = json.dumps(update, indent=8).encode()

    [first] = telegram.split(load_payload("telegram/text"), received_at)
    [second] = telegram.split(otherwise_written, received_at)

    assert first.external_id == second.external_id


def test_two_bots_may_number_a_persons_messages_alike(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    update = json.loads(load_payload("telegram/text"))
    messages = [
        telegram.normalise({"message": {**update["message"], "date": date}}, received_at)
        for date in (1795302051, 1795302052, 1795302051)
    ]

    first, of_another_bot, again = (message.external_id for message in messages if message)
    assert first == again != of_another_bot


def test_what_is_no_update_is_kept_as_unknown(received_at: datetime) -> None:
    [event] = telegram.split(b"[1]", received_at)

    assert (event.kind, event.raw, event.payload) == ("unknown", b"[1]", {})
    assert event.external_id.startswith("sha256:")
