"""What the WhatsApp channel makes of Meta's POSTs."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import whatsapp
from talkhub.channels.base import MessageChange, NormalisedMessage, Sender
from talkhub.names import ChangeKind, MessageRole, Platform

LoadPayload = Callable[[str], bytes]

JOAO = Sender(
    user_id="5511999990001",
    name="João da Silva",
    phone="+5511999990001",
    identities=(("bsuid", "BR.13491208655302741918"), ("wa_id", "5511999990001")),
)


def test_a_text_becomes_a_message(load_payload: LoadPayload, received_at: datetime) -> None:
    raw = load_payload("whatsapp/text")

    [event] = whatsapp.split(raw, received_at)

    wamid = "wamid.HBgNNTUxMTk5OTk5MDAwMRUCABIYFDNB000001AA=="
    assert (event.kind, event.raw, event.payload) == ("message", raw, json.loads(raw))
    assert event.external_id == f"106540352242922:{wamid}"
    assert whatsapp.normalise(event.payload, received_at) == NormalisedMessage(
        platform=Platform.WHATSAPP,
        sender=JOAO,
        role=MessageRole.USER,
        kind="text",
        content="Olá! Meu pedido nº 4571 ainda não chegou, podem verificar? 😡",
        sent_at=datetime(2026, 11, 21, 23, 0, 1, tzinfo=UTC),
        external_id=wamid,
    )


@pytest.mark.parametrize(
    ("name", "kind", "content", "attributes"),
    [
        (
            "button_reply",
            "button_reply",
            "Falar com atendente",
            {"id": "falar_atendente", "reply_to": "wamid.OUT1=="},
        ),
        (
            "list_reply",
            "list_reply",
            "2ª via do boleto",
            {"id": "menu_2via", "details": "Receber a segunda via"},
        ),
        ("template_button", "button", "Confirmar", {"payload": "CONFIRMAR_CONSULTA"}),
        ("image_with_caption", "image", "Veio quebrado", {"mime_type": "image/jpeg"}),
        ("video", "video", "", {"media_id": "11", "mime_type": "video/mp4"}),
        ("voice", "voice", "", {"mime_type": "audio/ogg; codecs=opus"}),
        ("audio_file", "audio", "", {"media_id": "12", "mime_type": "audio/mpeg"}),
        ("document", "document", "", {"filename": "contrato.pdf"}),
        ("sticker", "sticker", "", {"animated": True}),
        (
            "location",
            "location",
            "MASP, Av. Paulista, 1578 - São Paulo",
            {"latitude": -23.561414, "longitude": -46.655881},
        ),
        (
            "contacts",
            "contacts",
            "Ana Lima +55 11 98888-0002",
            {"contacts": [{"name": "Ana Lima", "phones": ["+55 11 98888-0002"]}]},
        ),
        (
            "form",
            "form",
            "nome: Ana\ndias: seg, ter",
            {"form": "flow", "answers": {"nome": "Ana", "dias": "seg, ter"}},
        ),
        (
            "order",
            "order",
            "Quero esses\n2 x COXINHA-50 45.9 BRL",
            {"catalog_id": "194836987003835"},
        ),
        ("unsupported", "unsupported", "", {"type": "poll", "code": "131051"}),
        ("future_type", "unknown", "", {"type": "hologram"}),
        (
            "advertisement",
            "text",
            "Vi o anúncio",
            {
                "referral": {
                    "source": "ad",
                    "id": "120",
                    "url": "https://fb.me/x",
                    "headline": "Promoção",
                    "click_id": "ARA",
                }
            },
        ),
        ("reply", "text", "esse aqui", {"reply_to": "wamid.OUT2=="}),
    ],
)
def test_every_type_of_message_says_what_it_is(
    *,
    name: str,
    kind: str,
    content: str,
    attributes: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = whatsapp.split(load_payload(f"whatsapp/{name}"), received_at)

    message = whatsapp.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (event.kind, message.kind, message.content) == ("message", kind, content)
    assert message.attributes.items() >= attributes.items()
    assert message.sender == JOAO


def test_someone_who_changed_their_number_is_known_by_both(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = whatsapp.split(load_payload("whatsapp/number_change"), received_at)

    message = whatsapp.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert (message.role, message.kind) == (MessageRole.SYSTEM, "system")
    assert message.attributes == {"change": "user_changed_number"}
    assert message.sender.identities == (("wa_id", "5511999990001"), ("wa_id", "5511977770003"))


ORIGINAL = "wamid.HBgNNTUxMTk5OTk5MDAwMRUCABIYFDNB000001AA=="


@pytest.mark.parametrize(
    ("name", "target", "kind", "actor", "value"),
    [
        (
            "edit",
            ORIGINAL,
            ChangeKind.EDIT,
            "",
            {"content": "Olá! Meu pedido nº 4517 ainda não chegou", "attributes": {}},
        ),
        ("revoke", ORIGINAL, ChangeKind.REVOKE, "", {}),
        ("reaction", "wamid.OUT2==", ChangeKind.REACTION, "5511999990001", {"emoji": "👍"}),
        ("status_sent", "wamid.OUT2==", ChangeKind.STATUS, "", {"status": "sent"}),
        ("status_delivered", "wamid.OUT2==", ChangeKind.STATUS, "", {"status": "delivered"}),
        ("status_read", "wamid.OUT2==", ChangeKind.STATUS, "", {"status": "read"}),
        (
            "status_failed",
            "wamid.OUT2==",
            ChangeKind.STATUS,
            "",
            {"status": "failed", "code": "131047", "reason": "Re-engagement message"},
        ),
    ],
)
def test_what_speaks_of_an_earlier_message_changes_it(
    *,
    name: str,
    target: str,
    kind: ChangeKind,
    actor: str,
    value: dict[str, Any],
    load_payload: LoadPayload,
    received_at: datetime,
) -> None:
    [event] = whatsapp.split(load_payload(f"whatsapp/{name}"), received_at)

    change = whatsapp.normalise(event.payload, received_at)

    assert isinstance(change, MessageChange)
    assert (change.target, change.kind, change.actor, change.value) == (target, kind, actor, value)
    assert change.at < received_at


def test_an_error_is_an_event_without_a_meaning_to_us(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = whatsapp.split(load_payload("whatsapp/errors"), received_at)

    assert event.kind == "error"
    assert whatsapp.normalise(event.payload, received_at) is None


def test_a_batch_is_split_into_all_its_events(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    events = whatsapp.split(load_payload("whatsapp/batch"), received_at)

    long = "wamid.HBgNNTUxMTk5OTk5MDAwMRUCABIYFDNB0000"
    assert [(event.kind, event.external_id) for event in events[:-1]] == [
        ("message", f"106540352242922:{long}32AA=="),
        ("message", f"106540352242922:{long}31AA=="),
        ("message", "106540352242922:wamid.MARIA1=="),
        ("status", "106540352242922:wamid.OUT2==:read"),
        ("status", "106540352242922:wamid.OUT2==:delivered"),
        ("message", f"222222222222222:{long}32AA=="),
    ]
    assert events[-1].kind == "message_template_status_update"
    messages = [whatsapp.normalise(event.payload, received_at) for event in events]
    assert [
        (found.sender.name, found.content)
        if isinstance(found, NormalisedMessage)
        else found and found.value["status"]
        for found in messages
    ] == [
        ("João da Silva", "segunda mensagem"),
        ("João da Silva", "primeira mensagem"),
        ("Maria Souza", "bom dia"),
        "read",
        "delivered",
        ("João da Silva", "segunda mensagem"),
        None,
    ]


def test_an_event_of_a_batch_holds_its_own_part_only(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [first, *_] = whatsapp.split(load_payload("whatsapp/batch"), received_at)

    assert b"primeira mensagem" not in first.raw
    assert b"Maria" not in first.raw
    assert json.loads(first.raw) == first.payload
    [again] = whatsapp.split(first.raw, received_at)
    assert again == first


def test_a_batch_does_not_grow_with_the_square_of_its_length(received_at: datetime) -> None:
    people = range(1, 301)
    raw = post(
        contacts=[{"wa_id": f"5511{n:09}", "profile": {"name": f"P{n}"}} for n in people],
        messages=[text_from(f"5511{n:09}", message_id=f"wamid.{n}") for n in people],
    )

    events = whatsapp.split(raw, received_at)

    assert len(events) == 300
    assert sum(len(event.raw) for event in events) < 10 * len(raw)


def test_a_person_without_a_phone_is_known_by_the_bsuid(
    load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = whatsapp.split(load_payload("whatsapp/text_without_phone"), received_at)

    message = whatsapp.normalise(event.payload, received_at)

    assert isinstance(message, NormalisedMessage)
    assert message.sender == Sender(
        user_id="BR.20011208655302749999",
        name="Maria Souza",
        identities=(("bsuid", "BR.20011208655302749999"),),
    )


@pytest.mark.parametrize(
    ("message", "contacts", "expected"),
    [
        (
            {"from": "US.1234"},
            [],
            Sender(user_id="US.1234", identities=(("bsuid", "US.1234"),)),
        ),
        (
            {"from": "5511999990001"},
            [],
            Sender(
                user_id="5511999990001",
                phone="+5511999990001",
                identities=(("wa_id", "5511999990001"),),
            ),
        ),
        (
            {"from": "5511999990001"},
            [{"wa_id": "5521988880002", "profile": {"name": "Outra pessoa"}}],
            Sender(
                user_id="5511999990001",
                phone="+5511999990001",
                identities=(("wa_id", "5511999990001"),),
            ),
        ),
        (
            {"from_user_id": "BR.77"},
            [{"wa_id": "5511999990001", "user_id": "BR.77", "profile": {"name": "João"}}],
            Sender(
                user_id="5511999990001",
                name="João",
                phone="+5511999990001",
                identities=(("bsuid", "BR.77"), ("wa_id", "5511999990001")),
            ),
        ),
    ],
    ids=["bsuid in from", "no contact", "another's contact", "phone in the contact only"],
)
def test_the_sender_is_put_together_from_what_meta_tells(
    message: dict[str, Any],
    contacts: Sequence[dict[str, Any]],
    expected: Sender,
    received_at: datetime,
) -> None:
    text = {"id": "wamid.1", "type": "text", "text": {"body": "oi"}, **message}
    [event] = whatsapp.split(post(contacts=contacts, messages=[text]), received_at)

    normalised = whatsapp.normalise(event.payload, received_at)

    assert isinstance(normalised, NormalisedMessage)
    assert normalised.sender == expected


def test_a_message_of_nobody_is_none(received_at: datetime) -> None:
    nobodys = {"id": "wamid.1", "type": "text", "text": {"body": "oi"}}
    [event] = whatsapp.split(post(messages=[nobodys]), received_at)

    assert event.kind == "message"
    assert whatsapp.normalise(event.payload, received_at) is None


def test_messages_of_another_field_are_not_ours_to_read(received_at: datetime) -> None:
    message = text_from("5511999990001", message_id="wamid.1")
    [event] = whatsapp.split(post(field="standby", messages=[message]), received_at)

    assert event.kind == "standby"
    assert whatsapp.normalise(event.payload, received_at) is None


@pytest.mark.parametrize(
    "raw", [b"{}", b"[]", b"null", b'{"entry":[]}', b'{"entry":[1,{"changes":[null]}]}']
)
def test_a_post_without_changes_is_kept_as_unknown(raw: bytes, received_at: datetime) -> None:
    [event] = whatsapp.split(raw, received_at)

    assert (event.kind, event.raw) == ("unknown", raw)
    assert event.external_id.startswith("sha256:")


def text_from(wa_id: str, *, message_id: str) -> dict[str, Any]:
    return {"from": wa_id, "id": message_id, "type": "text", "text": {"body": "oi"}}


def post(*, field: str = "messages", **value: Any) -> bytes:
    value["metadata"] = {"phone_number_id": "106540352242922"}
    change = {"field": field, "value": value}
    document = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return json.dumps(document).encode()
