"""Meta's webhook for the WhatsApp Cloud API (Graph API v26.0)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from talkhub.channels import meta
from talkhub.channels.base import (
    Happening,
    JSONObject,
    MessageChange,
    NormalisedMessage,
    ProviderEvent,
    Sender,
)
from talkhub.channels.fields import (
    event_kind,
    filled,
    fingerprint,
    is_phone_digits,
    known_ids,
    member,
    objects,
    sent_at,
    text,
)
from talkhub.channels.phones import international
from talkhub.channels.whatsapp_content import content_of
from talkhub.names import ChangeKind, DeliveryState, MessageRole, Platform

platform: Platform = Platform.WHATSAPP
verify = meta.verify

_ONLY_CHANGE = ("entry", 0, "changes", 0)
_EVENT_LISTS = {"messages": "message", "statuses": "status", "errors": "error"}
_CHANGES = {
    "edit": "original_message_id",
    "revoke": "original_message_id",
    "reaction": "message_id",
}
"""The types of messages that speak of an earlier one, and the member that names it."""
_PEOPLE_OF_AN_ITEM = ("from", "from_user_id", "recipient_id", "recipient_user_id")


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return one event for each message, status and error in all entries and changes."""
    return meta.split(raw, _parts, _external_id)


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an event that `split` made means, or None for what is about nobody."""
    change = member(payload, *_ONLY_CHANGE)
    if not _is_about_messages(change):
        return None
    status = member(change, "value", "statuses", 0)
    if status is not None:
        return _delivery(status, received_at)
    message = member(change, "value", "messages", 0)
    sender = _sender(message, member(change, "value", "contacts", 0))
    if sender is None:
        return None
    if text(member(message, "type")) in _CHANGES:
        return _change(message, sender, received_at)
    kind, content, attributes = content_of(message)
    if not text(member(message, "type")):
        return None
    return NormalisedMessage(
        platform=platform,
        sender=sender,
        role=MessageRole.SYSTEM if kind == "system" else MessageRole.USER,
        kind=kind,
        content=content,
        sent_at=sent_at(member(message, "timestamp"), received_at),
        external_id=text(member(message, "id")) or _external_id("message", payload),
        attributes=attributes,
    )


def answer_address(payload: JSONObject) -> dict[str, str]:
    """Return which of our numbers the person wrote to: one account may have several."""
    number_id = text(member(payload, *_ONLY_CHANGE, "value", "metadata", "phone_number_id"))
    return {"number_id": number_id} if number_id else {}


def _change(message: object, sender: Sender, received_at: datetime) -> MessageChange | None:
    """Return what a message of the types in `_CHANGES` does to an earlier one."""
    kind = text(member(message, "type"))
    target = text(member(message, kind, _CHANGES[kind]))
    if not target:
        return None
    value: JSONObject = {}
    if kind == "edit":
        _, content, attributes = content_of(member(message, "edit", "message"))
        value = {"content": content, "attributes": attributes}
    elif kind == "reaction":
        value = {"emoji": text(member(message, "reaction", "emoji"))}
    moment = sent_at(member(message, "timestamp"), received_at)
    actor = sender.user_id if kind == "reaction" else ""
    return MessageChange(target, ChangeKind(kind), moment, actor, value)


def _delivery(status: object, received_at: datetime) -> MessageChange | None:
    state, target = text(member(status, "status")), text(member(status, "id"))
    if state not in set(DeliveryState) or not target:
        return None
    error = member(status, "errors", 0)
    value: JSONObject = {
        "status": state,
        **filled(code=text(member(error, "code")), reason=text(member(error, "title"))),
    }
    moment = sent_at(member(status, "timestamp"), received_at)
    return MessageChange(target, ChangeKind.STATUS, moment, value=value)


def _parts(document: JSONObject) -> Iterator[tuple[str, JSONObject]]:
    """Yield each event's kind and the document reduced to it."""
    for entry in objects(document, "entry"):
        for change in objects(entry, "changes"):
            for kind, value in _values(change):
                only_change = {**change, "value": value}
                yield kind, {**document, "entry": [{**entry, "changes": [only_change]}]}


def _values(change: JSONObject) -> Iterator[tuple[str, object]]:
    value = change.get("value")
    if not _is_about_messages(change) or not isinstance(value, dict):
        yield event_kind(text(change.get("field"))), value
        return
    contacts = _contacts_by_id(value)
    shared = {
        key: part for key, part in value.items() if key not in _EVENT_LISTS and key != "contacts"
    }
    for list_name, kind in _EVENT_LISTS.items():
        for item in objects(value, list_name):
            # Each event keeps only its own people: a batch of a thousand messages would
            # otherwise be stored a thousand times over.
            yield kind, {**shared, "contacts": _contacts_of(item, contacts), list_name: [item]}


def _is_about_messages(change: object) -> bool:
    """Tell whether a change brings messages or statuses; some twenty other fields do not."""
    return text(member(change, "field")) in {"", "messages"}


def _contacts_by_id(value: JSONObject) -> dict[str, JSONObject]:
    return {
        text(contact.get(key)): contact
        for contact in objects(value, "contacts")
        for key in ("wa_id", "user_id")
        if text(contact.get(key))
    }


def _contacts_of(item: JSONObject, contacts: Mapping[str, JSONObject]) -> list[JSONObject]:
    for key in _PEOPLE_OF_AN_ITEM:
        contact = contacts.get(text(item.get(key)))
        if contact is not None:
            return [contact]
    return []


def _external_id(kind: str, payload: JSONObject) -> str:
    """Return an id that is the same at each redelivery and differs between our numbers."""
    value = member(payload, *_ONLY_CHANGE, "value")
    number_id = text(member(value, "metadata", "phone_number_id"))
    if kind == "message" and (message_id := text(member(value, "messages", 0, "id"))):
        return f"{number_id}:{message_id}"
    if kind == "status" and (message_id := text(member(value, "statuses", 0, "id"))):
        return f"{number_id}:{message_id}:{text(member(value, 'statuses', 0, 'status'))}"
    return fingerprint(orjson.dumps(payload))


def _sender(message: object, contact: object) -> Sender | None:
    """Return the writer under the phone number if Meta tells it, else under the BSUID.

    Meta's business-scoped user id (BSUID, `BR.1349…`) is always there since 2026, but it
    changes with the person's number and differs between a company's portfolios, and
    UChat, CRMs and callers of our API know people by phone. People with a username hide
    their number. Both ids are handed on as identities, so that a person whose number
    becomes known later is still the same person; so is the new id of someone who changed
    their number.
    """
    written_from = text(member(message, "from"))
    wa_ids = (written_from, text(member(contact, "wa_id")))
    wa_id = next((candidate for candidate in wa_ids if is_phone_digits(candidate)), "")
    bsuid = text(member(message, "from_user_id")) or text(member(contact, "user_id"))
    if not bsuid and not is_phone_digits(written_from):
        bsuid = written_from
    if not wa_id and not bsuid:
        return None
    renamed = member(message, "system")
    new_ids = known_ids(
        bsuid=text(member(renamed, "user_id")),
        wa_id=text(member(renamed, "wa_id")) or text(member(renamed, "new_wa_id")),
    )
    return Sender(
        user_id=wa_id or bsuid,
        name=text(member(contact, "profile", "name")) or None,
        phone=international(f"+{wa_id}") if wa_id else None,
        identities=(*known_ids(bsuid=bsuid, wa_id=wa_id), *new_ids),
    )
