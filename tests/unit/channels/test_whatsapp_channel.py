"""What the WhatsApp channel makes of Meta's POSTs."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from talkhub.channels import whatsapp
from talkhub.channels.base import MessageChange, NormalisedMessage, PersonSeen, Sender
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


@pytest.mark.parametrize(
    ("message", "kind", "content", "attributes"),
    [
        (
            {"type": "location", "location": {"latitude": 0.0, "longitude": -51.066}},
            "location",
            "0.0, -51.066",
            {"latitude": 0.0, "longitude": -51.066},
        ),
        (
            {
                "type": "location",
                "location": {"name": "Marco Zero", "address": "Marco Zero, Macapá"},
            },
            "location",
            "Marco Zero, Macapá",
            {},
        ),
        (
            {
                "type": "order",
                "order": {
                    "product_items": [
                        {"product_retailer_id": "brinde", "quantity": 1, "item_price": 0}
                    ]
                },
            },
            "order",
            "1 x brinde 0",
            {"items": [{"product": "brinde", "quantity": 1, "price": 0}]},
        ),
        (
            {"type": "voice", "voice": {"id": "m9", "mime_type": "audio/ogg"}},
            "voice",
            "",
            {"media_id": "m9", "mime_type": "audio/ogg"},
        ),
        (
            {"type": "unknown", "errors": [{"code": 131051, "title": "Not supported"}]},
            "unsupported",
            "",
            {"code": "131051", "reason": "Not supported"},
        ),
        ({"type": "unknown"}, "unknown", "", {"type": "unknown"}),
        ({"type": "interactive", "errors": []}, "unknown", "", {"type": "interactive"}),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {
                        "response_json": json.dumps(
                            {
                                "aceita": True,
                                "visita": {"dia": "sexta", "turnos": ["manhã", "tarde"]},
                                "fundo": [[[[["escondido"]]]]],
                            }
                        )
                    },
                },
            },
            "form",
            "aceita: true\nvisita: dia: sexta, turnos: manhã, tarde",
            {"answers": {"aceita": "true", "visita": "dia: sexta, turnos: manhã, tarde"}},
        ),
    ],
    ids=[
        "latitude 0",
        "name within the address",
        "free item",
        "voice",
        "without a name of Meta's",
        "unknown",
        "interactive without a body",
        "form within a form",
    ],
)
def test_what_a_message_says_in_its_rarer_shapes(
    message: dict[str, Any],
    kind: str,
    content: str,
    attributes: dict[str, Any],
    received_at: datetime,
) -> None:
    said = {"from": "5511999990001", "id": "wamid.1", **message}
    [event] = whatsapp.split(post(messages=[said]), received_at)

    found = whatsapp.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.kind, found.content, found.attributes) == (kind, content, attributes)


@pytest.mark.parametrize(
    ("system", "user_id", "identities"),
    [
        (
            {"type": "user_changed_user_id", "previous_user_id": "BR.1", "user_id": "BR.2"},
            "BR.1",
            (("bsuid", "BR.1"), ("bsuid", "BR.2")),
        ),
        (
            {"type": "user_changed_number", "user_id": "BR.2", "wa_id": "5511977770003"},
            "BR.2",
            (("bsuid", "BR.2"), ("wa_id", "5511977770003")),
        ),
    ],
)
def test_a_change_of_ids_that_names_no_writer_is_of_the_person_changed(
    system: dict[str, str],
    user_id: str,
    identities: Sequence[tuple[str, str]],
    received_at: datetime,
) -> None:
    message = {"id": "wamid.1", "type": "system", "system": system}
    [event] = whatsapp.split(post(messages=[message]), received_at)

    found = whatsapp.normalise(event.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.role, found.sender.user_id) == (MessageRole.SYSTEM, user_id)
    assert found.sender.identities == identities


def test_a_new_id_of_a_person_is_tied_to_the_old_one(received_at: datetime) -> None:
    update = {
        "wa_id": "5511999990001",
        "user_id": {"previous": "BR.1", "current": "BR.2"},
        "timestamp": "1795302000",
    }
    people = [{"wa_id": "5511999990001", "profile": {"name": "João"}}]
    raw = post(field="user_id_update", contacts=people, user_id_update=[update, {}])
    [event, of_nobody] = whatsapp.split(raw, received_at)

    assert whatsapp.normalise(event.payload, received_at) == PersonSeen(
        Sender(
            user_id="5511999990001",
            name="João",
            phone="+5511999990001",
            identities=(("bsuid", "BR.2"), ("wa_id", "5511999990001"), ("bsuid", "BR.1")),
        ),
        datetime.fromtimestamp(1795302000, UTC),
    )
    assert whatsapp.normalise(of_nobody.payload, received_at) is None


def test_what_the_business_writes_on_its_phone_is_an_agents(received_at: datetime) -> None:
    business = {"from": "551133330000", "to": "5511999990001", "to_user_id": "BR.1"}
    echoes = [
        {**business, "id": "wamid.A", "type": "text", "text": {"body": "Já saiu para entrega"}},
        {
            **business,
            "id": "wamid.B",
            "type": "reaction",
            "reaction": {"message_id": "wamid.IN", "emoji": "👍"},
        },
        {
            **business,
            "id": "wamid.C",
            "type": "revoke",
            "revoke": {"original_message_id": "wamid.A"},
        },
    ]
    people = [
        {"wa_id": "551133330000", "profile": {"name": "A loja"}},
        {"wa_id": "5511999990001", "profile": {"name": "João"}},
    ]
    raw = post(field="smb_message_echoes", contacts=people, message_echoes=echoes)
    events = whatsapp.split(raw, received_at)

    said, reaction, revoke = (whatsapp.normalise(one.payload, received_at) for one in events)

    assert [(one.kind, one.external_id) for one in events] == [
        ("message", "106540352242922:wamid.A"),
        ("message", "106540352242922:wamid.B"),
        ("message", "106540352242922:wamid.C"),
    ]
    assert isinstance(said, NormalisedMessage)
    assert (said.role, said.content) == (MessageRole.AGENT, "Já saiu para entrega")
    assert (said.sender.user_id, said.sender.name) == ("5511999990001", "João")
    assert said.sender.identities == (("bsuid", "BR.1"), ("wa_id", "5511999990001"))
    assert isinstance(reaction, MessageChange)
    assert (reaction.target, reaction.actor) == ("wamid.IN", "551133330000")
    assert isinstance(revoke, MessageChange)
    assert (revoke.target, revoke.kind) == ("wamid.A", ChangeKind.REVOKE)


def test_somebody_who_opened_the_chat_was_seen_and_said_nothing(received_at: datetime) -> None:
    opened = {"from": "5511999990001", "id": "wamid.1", "type": "request_welcome"}
    [event] = whatsapp.split(post(messages=[opened]), received_at)

    found = whatsapp.normalise(event.payload, received_at)

    assert isinstance(found, PersonSeen)
    assert found.sender.user_id == "5511999990001"


def test_a_message_that_names_nobody_is_of_the_only_person_told(received_at: datetime) -> None:
    message = {"id": "wamid.1", "type": "text", "text": {"body": "oi"}}
    people = [{"user_id": "BR.1", "profile": {"name": "Ana"}}, {"user_id": "BR.2"}]
    [of_one] = whatsapp.split(post(contacts=people[:1], messages=[message]), received_at)
    [of_two] = whatsapp.split(post(contacts=people, messages=[message]), received_at)

    found = whatsapp.normalise(of_one.payload, received_at)

    assert isinstance(found, NormalisedMessage)
    assert (found.sender.user_id, found.sender.name) == ("BR.1", "Ana")
    assert whatsapp.normalise(of_two.payload, received_at) is None


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
