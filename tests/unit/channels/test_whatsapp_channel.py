"""What the WhatsApp channel makes of Meta's POSTs."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import whatsapp
from talkhub.channels.base import NormalisedMessage, Sender
from talkhub.names import MessageRole, Platform

LoadPayload = Callable[[str], bytes]

JOAO = Sender(
    user_id="5511999990001",
    name="João da Silva",
    phone="+5511999990001",
    identities=(("wa_id", "5511999990001"), ("bsuid", "BR.13491208655302741918")),
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
    ("name", "kind", "content"),
    [
        ("button_reply", "button_reply", "Falar com atendente"),
        ("list_reply", "list_reply", "2ª via do boleto"),
        ("template_button", "button", "Confirmar"),
        ("image_with_caption", "image", "Veio quebrado"),
    ],
)
def test_what_a_person_chose_or_wrote_beside_a_picture_is_text(
    name: str, kind: str, content: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = whatsapp.split(load_payload(f"whatsapp/{name}"), received_at)

    message = whatsapp.normalise(event.payload, received_at)

    assert message is not None
    assert (message.kind, message.content, message.sender) == (kind, content, JOAO)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("voice", "message"),
        ("location", "message"),
        ("reaction", "message"),
        ("order", "message"),
        ("unsupported", "message"),
        ("number_change", "message"),
        ("edit", "message"),
        ("revoke", "message"),
        ("future_type", "message"),
        ("status_sent", "status"),
        ("status_delivered", "status"),
        ("status_read", "status"),
        ("status_failed", "status"),
        ("errors", "error"),
    ],
)
def test_every_other_post_is_an_event_without_a_message(
    name: str, kind: str, load_payload: LoadPayload, received_at: datetime
) -> None:
    [event] = whatsapp.split(load_payload(f"whatsapp/{name}"), received_at)

    assert event.kind == kind
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
    assert [message and (message.sender.name, message.content) for message in messages] == [
        ("João da Silva", "segunda mensagem"),
        ("João da Silva", "primeira mensagem"),
        ("Maria Souza", "bom dia"),
        None,
        None,
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

    assert message is not None
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
                identities=(("wa_id", "5511999990001"), ("bsuid", "BR.77")),
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

    assert normalised is not None
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
