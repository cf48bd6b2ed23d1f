"""Evolution API's webhook: WhatsApp through a phone that a browser session is linked to.

It signs nothing. An instance can send headers of its own, so it proves itself as UChat
does, or by an address that nobody else knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import orjson

from talkhub.channels import shared_secret
from talkhub.channels.base import (
    Happening,
    JSONObject,
    MessageChange,
    NormalisedMessage,
    ProviderEvent,
    Sender,
)
from talkhub.channels.evolution_content import REVOKES, content_of, edited, unwrapped
from talkhub.channels.fields import (
    event_kind,
    fingerprint,
    is_phone_digits,
    known_ids,
    member,
    sent_at,
    text,
)
from talkhub.channels.phones import international
from talkhub.names import ChangeKind, DeliveryState, MessageRole, Platform
from talkhub.strict_json import read_event

platform: Platform = Platform.EVOLUTION
verify = shared_secret.verify

_MESSAGES = frozenset({"messages.upsert", "send.message"})
_UPDATES = frozenset({"messages.update", "send.message.update"})
_STATES = {
    "ERROR": DeliveryState.FAILED,
    "0": DeliveryState.FAILED,
    "FAILED": DeliveryState.FAILED,
    "SERVER_ACK": DeliveryState.SENT,
    "2": DeliveryState.SENT,
    "SENT": DeliveryState.SENT,
    "DELIVERY_ACK": DeliveryState.DELIVERED,
    "3": DeliveryState.DELIVERED,
    "DELIVERED": DeliveryState.DELIVERED,
    "READ": DeliveryState.READ,
    "4": DeliveryState.READ,
    "PLAYED": DeliveryState.PLAYED,
    "5": DeliveryState.PLAYED,
}
"""By the name and the number that WhatsApp's protocol has for it, and by a plain word."""
_OF_NOBODY = ("@broadcast", "@newsletter")


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return one event for each message or update in a POST."""
    document = read_event(raw)
    payload = document if isinstance(document, dict) else {}
    kind = _kind(payload)
    # It carries the key of the instance, which opens all of it, in every event.
    kept = {name: value for name, value in payload.items() if name != "apikey"}
    events = []
    for item in _items(payload):
        part = {**kept, "data": item}
        events.append(ProviderEvent(_external_id(kind, part), kind, orjson.dumps(part), part))
    return events


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an event that `split` made means, or None for what is no message's matter."""
    kind, item = _kind(payload), payload.get("data")
    if kind in _MESSAGES:
        return _message(payload, item, received_at)
    if kind in _UPDATES:
        return _update(payload, item, received_at)
    if kind == "messages.edited":
        return _edited(payload, item, received_at)
    if kind == "messages.delete":
        key_id = text(member(item, "id")) or text(member(item, "key", "id"))
        target = _of_instance(payload, key_id)
        return MessageChange(target, ChangeKind.REVOKE, received_at) if target else None
    return None


def answer_address(payload: JSONObject) -> dict[str, str]:
    """Return the chat that the message stands in, which may be a group."""
    chat = _key(payload.get("data"), "remoteJid")
    return {"chat": chat} if chat else {}


def _kind(payload: JSONObject) -> str:
    """Return the event's name; some versions write it in capitals."""
    return event_kind(text(payload.get("event")).lower().replace("_", "."))


def _items(payload: JSONObject) -> Iterator[object]:
    """Yield the messages of an event, which come alone, in a list, or in a list with a name."""
    data = payload.get("data")
    listed = data if isinstance(data, list) else member(data, "messages")
    if isinstance(listed, list) and listed:
        yield from listed
    else:
        yield data


def _external_id(kind: str, part: JSONObject) -> str:
    """Return an id that is the same at each redelivery and differs between instances."""
    key_id = _key(part.get("data"), "id")
    if not key_id or kind not in _MESSAGES:
        return fingerprint(orjson.dumps({**part, "date_time": None}))
    return _of_instance(part, key_id)


def _of_instance(payload: JSONObject, key_id: str) -> str:
    return f"{text(payload.get('instance'))}:{key_id}" if key_id else ""


def _key(item: object, name: str) -> str:
    return text(member(item, "key", name))


def _message(payload: JSONObject, item: object, received_at: datetime) -> Happening | None:
    sender = _sender(item)
    external_id = _of_instance(payload, _key(item, "id"))
    if sender is None or not external_id:
        return None
    moment = sent_at(member(item, "messageTimestamp"), received_at)
    body = unwrapped(member(item, "message"))
    change = _change(payload, body, sender, moment)
    if change is not None:
        return change
    content = content_of(body, member(item, "contextInfo"))
    if content is None:
        return None
    # What the account itself sent: by hand on the phone, or through the API by whoever.
    is_own = member(item, "key", "fromMe") is True
    return NormalisedMessage(
        platform=Platform.WHATSAPP,
        sender=sender,
        role=MessageRole.AGENT if is_own else MessageRole.USER,
        kind=content.kind,
        content=content.content,
        sent_at=moment,
        external_id=external_id,
        attributes=content.attributes,
    )


def _change(
    payload: JSONObject, body: object, sender: Sender, moment: datetime
) -> MessageChange | None:
    """Return what a message does to an earlier one; None for one that says something itself."""
    reaction = member(body, "reactionMessage")
    if reaction is not None:
        target = _of_instance(payload, _key(reaction, "id"))
        value: JSONObject = {"emoji": text(member(reaction, "text"))}
        change = MessageChange(target, ChangeKind.REACTION, moment, sender.user_id, value)
        return change if target else None
    protocol = member(body, "protocolMessage")
    target = _of_instance(payload, _key(protocol, "id"))
    if not target:
        return None
    if text(member(protocol, "type")) in REVOKES:
        return MessageChange(target, ChangeKind.REVOKE, moment)
    new = edited(protocol)
    return MessageChange(target, ChangeKind.EDIT, moment, value=new) if new else None


def _edited(payload: JSONObject, item: object, received_at: datetime) -> MessageChange | None:
    """Return an edit that has an event of its own, which names the message by the key."""
    target, new = _of_instance(payload, _key(item, "id")), edited(item)
    if not target or not new:
        return None
    moment = sent_at(member(item, "timestampMs"), received_at)
    return MessageChange(target, ChangeKind.EDIT, moment, value=new)


def _update(payload: JSONObject, item: object, received_at: datetime) -> MessageChange | None:
    key_id = text(member(item, "keyId")) or _key(item, "id")
    target = _of_instance(payload, key_id)
    told = text(member(item, "status")) or text(member(item, "update", "status"))
    status = told.upper()
    if not target:
        return None
    if status == "DELETED":
        return MessageChange(target, ChangeKind.REVOKE, received_at)
    if status not in _STATES:
        return None
    value: JSONObject = {"status": _STATES[status].value}
    return MessageChange(target, ChangeKind.STATUS, received_at, value=value)


def _sender(item: object) -> Sender | None:
    """Return whose conversation it is: in a chat of two the other one, in a group the writer.

    WhatsApp names people by phone (`@s.whatsapp.net`) or by an id that hides it (`@lid`).
    """
    chat = _key(item, "remoteJid")
    if not chat or chat.endswith(_OF_NOBODY):
        return None
    is_group = chat.endswith("@g.us")
    names = ("participant", "participantAlt") if is_group else ("remoteJid", "remoteJidAlt")
    people = [
        _key(item, name) for name in (*names, "senderPn" if not is_group else "participantPn")
    ]
    numbers = [_digits(jid) for jid in people if jid.endswith(("@s.whatsapp.net", "@c.us"))]
    wa_id = next((number for number in numbers if is_phone_digits(number)), "")
    lid = next((_digits(jid) for jid in people if jid.endswith("@lid")), "")
    if not wa_id and not lid:
        return None
    is_own = member(item, "key", "fromMe") is True
    return Sender(
        user_id=wa_id or lid,
        # What the account itself writes carries the account's own name.
        name=None if is_own else text(member(item, "pushName")) or None,
        phone=international(f"+{wa_id}") if wa_id else None,
        identities=known_ids(lid=lid, wa_id=wa_id),
    )


def _digits(jid: str) -> str:
    """Return the user of an address, without the number of the device."""
    return jid.partition("@")[0].partition(":")[0]
