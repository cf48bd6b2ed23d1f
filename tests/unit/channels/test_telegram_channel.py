"""What the Telegram channel makes of updates."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import telegram
from talkhub.channels.base import MessageChange, NormalisedMessage, ProviderEvent, Sender
from talkhub.names import ChangeKind, MessageRole, Platform

LoadPayload = Callable[[str], bytes]


def test_a_text_becomes_a_message(load_payload: LoadPayload, received_at: datetime) -> None:
    raw = load_payload("telegram/text")

    [event] = telegram.split(raw, received_at)

    assert event == ProviderEvent("900000001", "message", raw, json.loads(raw))
    assert telegram.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.TELEGRAM,
        sender=Sender(
            user_id="111222333",
            name="João Silva",
            locale="pt-br",
            identities=(("telegram", "111222333"),),
        ),
        role=MessageRole.USER,
        kind="text",
        content="Boa tarde, quero cancelar minha assinatura",
        sent_at=datetime(2026, 11, 21, 23, 0, 51, tzinfo=UTC),
        external_id="111222333:51:1795302051",
        alias="111222333:51",
    )


@pytest.mark.parametrize(
    ("name", "kind", "content", "attributes"),
    [
        ("command", "text", "/start promo_verao", {}),
        ("group_text", "text", "@talkhub_bot qual o horário?", {}),
        ("reply", "text", "esse aqui", {"reply_to": "53"}),
        ("photo_with_caption", "image", "olha o estado que chegou", {}),
        ("voice", "voice", "", {"media_id": "AwACvoice", "duration": 7}),
        ("document", "document", "segue a nota", {"filename": "nota.pdf"}),
        ("sticker", "sticker", "😀", {}),
        ("contact", "contacts", "João Silva +5511999990001", {}),
        ("location", "location", "-23.561414, -46.655881", {"latitude": -23.561414}),
        ("venue", "location", "MASP, Av. Paulista, 1578", {"longitude": -46.6}),
        ("poll", "poll", "Qual dia?", {"options": ["Sábado", "Domingo"]}),
        ("future_content", "unknown", "", {"type": "hologram"}),
        ("business_message", "text", "mensagem via conta business", {}),
        ("callback_query", "button", "Sim", {"payload": "agenda:sim", "reply_to": "53"}),
    ],
)
def test_every_update_with_a_persons_message_says_what_it_is(
    *,
    name: str,
    kind: str,
    content: str,
    attributes: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = telegram.split(load_payload(f"telegram/{name}"), received_at)

    message = telegram.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.kind, message.content, message.sender.user_id) == (kind, content, "111222333")
    assert message.attributes.items() >= attributes.items()
    assert message.role is MessageRole.USER


def test_what_a_business_account_answers_is_the_agents_in_the_persons_chat(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = telegram.split(load_payload("telegram/business_answer"), received_at)

    message = telegram.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.content) == (MessageRole.AGENT, "Já vou ver")
    assert (message.sender.user_id, message.sender.name) == ("111222333", "João Silva")


def test_a_channel_writes_in_its_own_name(load_payload: LoadPayload, received_at: datetime) -> None:
    [event] = telegram.split(load_payload("telegram/channel_post"), received_at)

    message = telegram.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.sender.user_id, message.sender.name) == ("-1009", "Novidades")


def test_an_edit_names_the_message_as_it_was_sent(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    update = json.loads(load_payload("telegram/edited_message"))
    sent = {key: value for key, value in update["edited_message"].items() if key != "edit_date"}

    original = telegram.normalise({"message": sent}, received_at)
    change = telegram.normalise(update, received_at)

    assert isinstance(original, NormalisedMessage)
    assert isinstance(change, MessageChange)
    assert (change.kind, change.target) == (ChangeKind.EDIT, original.external_id)
    assert change.value["content"] == original.content


def test_a_reaction_names_the_message_by_its_alias(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = telegram.split(load_payload("telegram/reaction"), received_at)

    assert telegram.normalise(event.payload, received_at) == MessageChange(
        target="111222333:53",
        kind=ChangeKind.REACTION,
        at=datetime(2026, 11, 21, 23, 3, 30, tzinfo=UTC),
        actor="111222333",
        value={"emoji": "👍"},
    )


def test_a_deletion_of_several_messages_revokes_each(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    events = telegram.split(load_payload("telegram/deleted_business_messages"), received_at)

    changes = [telegram.normalise(event.payload, received_at) for event in events]

    assert [event.external_id for event in events] == ["900000109:58", "900000109:59"]
    assert changes == [
        MessageChange(f"111222333:{number}", ChangeKind.REVOKE, received_at) for number in (58, 59)
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("blocked", "my_chat_member"),
        ("future_update", "future_update"),
        ("new_member", "message"),
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

    ids = [found.external_id for found in messages if isinstance(found, NormalisedMessage)]
    first, of_another_bot, again = ids
    assert first == again != of_another_bot


def test_what_is_no_update_is_kept_as_unknown(received_at: datetime) -> None:
    [event] = telegram.split(b"[1]", received_at)

    assert (event.kind, event.raw, event.payload) == ("unknown", b"[1]", {})
    assert event.external_id.startswith("sha256:")


@pytest.mark.parametrize(
    ("said", "kind", "content", "attributes"),
    [
        ({"text": "oi", "forward_date": 1795302000}, "text", "oi", {"forwarded": True}),
        ({"text": "oi", "forward_origin": {"type": "user"}}, "text", "oi", {"forwarded": True}),
        ({"text": "amei", "reply_to_story": {"id": 4}}, "text", "amei", {"story": "4"}),
        ({"caption": "sem a foto"}, "text", "sem a foto", {}),
        (
            {"checklist": {"title": "Mudança", "tasks": [{"text": "caixas"}, {"text": "fita"}]}},
            "text",
            "Mudança\ncaixas\nfita",
            {},
        ),
        (
            {
                "paid_media": {"paid_media": [{"type": "photo", "photo": [{"file_id": "p1"}]}]},
                "caption": "o catálogo",
            },
            "image",
            "o catálogo",
            {"media_id": "p1"},
        ),
        (
            {"paid_media": {"paid_media": [{"type": "preview", "width": 9}]}},
            "unsupported",
            "",
            {"type": "paid_media"},
        ),
        (
            {"invoice": {"title": "Plano", "description": "Um mês", "total_amount": 2990}},
            "order",
            "Plano\nUm mês",
            {"total_amount": 2990},
        ),
        (
            {
                "successful_payment": {
                    "currency": "BRL",
                    "total_amount": 2990,
                    "invoice_payload": "plano-1",
                }
            },
            "order",
            "",
            {"total_amount": 2990, "currency": "BRL", "payload": "plano-1"},
        ),
        (
            {
                "rich_message": {
                    "blocks": [
                        {"type": "heading", "text": "Aviso"},
                        {"type": "paragraph", "text": ["a ", {"type": "bold", "text": "loja"}]},
                        {"type": "list", "items": [{"blocks": [{"text": "fecha"}]}]},
                    ]
                }
            },
            "text",
            "Aviso\na loja\nfecha",
            {},
        ),
        ({"rich_message": {"blocks": [{"type": "map"}]}}, "unknown", "", {"type": "rich_message"}),
        ({"story": {"id": 2, "chat": {"id": -1009}}}, "share", "", {"type": "story"}),
        ({"game": {"title": "Forca"}}, "unknown", "Forca", {"type": "game"}),
    ],
    ids=[
        "forwarded before 2023",
        "forwarded",
        "answer to a story",
        "caption alone",
        "checklist",
        "paid picture",
        "preview",
        "invoice",
        "payment",
        "rich text",
        "rich without text",
        "story",
        "game",
    ],
)
def test_what_a_message_says_in_its_rarer_shapes(
    *,
    said: dict[str, Any],
    kind: str,
    content: str,
    attributes: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    found = telegram.normalise({"message": message_with(said, load_payload)}, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.kind, found.content, found.attributes) == (kind, content, attributes)


@pytest.mark.parametrize(
    "said",
    [
        {"refunded_payment": {"total_amount": 5}},
        {"managed_bot_created": {"bot": {"id": 1}}},
    ],
)
def test_what_nobody_said_is_no_message(
    said: dict[str, Any], load_payload: LoadPayload, received_at: datetime
) -> None:
    assert telegram.normalise({"message": message_with(said, load_payload)}, received_at) is None


def test_who_asks_the_bot_as_a_guest_is_heard(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    message = message_with({"text": "qual o preço?", "guest_query_id": "g1"}, load_payload)

    found = telegram.normalise({"update_id": 1, "guest_message": message}, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.content, found.sender.user_id) == ("qual o preço?", "111222333")


def message_with(said: dict[str, Any], load_payload: LoadPayload) -> dict[str, Any]:
    message = json.loads(load_payload("telegram/text"))["message"]
    return {**{key: value for key, value in message.items() if key != "text"}, **said}
