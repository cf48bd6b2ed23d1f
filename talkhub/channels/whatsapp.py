"""Meta's webhook for the WhatsApp Cloud API (Graph API v26.0)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson

from talkhub.channels import meta
from talkhub.channels.base import (
    Happening,
    JSONObject,
    MessageChange,
    NormalisedMessage,
    PersonSeen,
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
_FIELDS = frozenset({"", "messages", "smb_message_echoes", "user_id_update"})
"""What changes may be about so that we read them; some twenty other fields are not of people."""
_EVENT_LISTS = {
    "messages": "message",
    "message_echoes": "message",
    "statuses": "status",
    "errors": "error",
    "user_id_update": "user_id_update",
}
_CHANGES = {
    "edit": "original_message_id",
    "revoke": "original_message_id",
    "reaction": "message_id",
}
"""The types of messages that speak of an earlier one, and the member that names it."""
_WRITERS = ("from", "from_user_id")
_PEOPLE_OF_AN_ITEM = {
    "messages": _WRITERS,
    "message_echoes": ("to", "to_user_id"),
    "statuses": ("recipient_id", "recipient_user_id"),
    "user_id_update": ("wa_id",),
}
_CHAT_OPENED = "request_welcome"


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return one event for each message, status, error and new id in all entries and changes."""
    return meta.split(raw, _parts, _external_id)


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an event that `split` made means, or None for what is about nobody."""
    change = member(payload, *_ONLY_CHANGE)
    if not _is_of_people(change):
        return None
    status = member(change, "value", "statuses", 0)
    if status is not None:
        return _delivery(status, received_at)
    contact = member(change, "value", "contacts", 0)
    update = member(change, "value", "user_id_update", 0)
    if update is not None:
        return _new_id(update, contact, received_at)
    # An echo is what the business wrote on its phone, in the app that shares the number.
    echo = member(change, "value", "message_echoes", 0)
    message = member(change, "value", "messages", 0) if echo is None else echo
    sender = _sender(message, contact, is_echo=echo is not None)
    if sender is None:
        return None
    return _said(payload, message, sender, received_at)


def _said(
    payload: JSONObject, message: object, sender: Sender, received_at: datetime
) -> Happening | None:
    """Return what a message of either side means, whose person is known."""
    is_echo = member(payload, *_ONLY_CHANGE, "value", "message_echoes", 0) is not None
    named = text(member(message, "type"))
    if named in _CHANGES:
        actor = text(member(message, "from")) if is_echo else sender.user_id
        return _change(message, actor, received_at)
    if named == _CHAT_OPENED:
        return PersonSeen(sender, sent_at(member(message, "timestamp"), received_at))
    if not named:
        return None
    kind, content, attributes = content_of(message)
    written_by = MessageRole.AGENT if is_echo else MessageRole.USER
    return NormalisedMessage(
        platform=platform,
        sender=sender,
        role=MessageRole.SYSTEM if kind == "system" else written_by,
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


def _change(message: object, actor: str, received_at: datetime) -> MessageChange | None:
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
    return MessageChange(
        target, ChangeKind(kind), moment, actor if kind == "reaction" else "", value
    )


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
    if not _is_of_people(change) or not isinstance(value, dict):
        yield event_kind(text(change.get("field"))), value
        return
    people = list(objects(value, "contacts"))
    contacts = _contacts_by_id(people)
    shared = {
        key: part for key, part in value.items() if key not in _EVENT_LISTS and key != "contacts"
    }
    for list_name, kind in _EVENT_LISTS.items():
        named_by = _PEOPLE_OF_AN_ITEM.get(list_name, ())
        for item in objects(value, list_name):
            # Each event keeps only its own people: a batch of a thousand messages would
            # otherwise be stored a thousand times over.
            ids = [found for key in named_by if (found := text(item.get(key)))]
            own = [contacts[found] for found in ids if found in contacts][:1]
            # A message that names nobody is of the one person that is told of.
            is_told_beside = list_name == "messages" and not ids and len(people) == 1
            yield kind, {**shared, "contacts": people if is_told_beside else own, list_name: [item]}


def _is_of_people(change: object) -> bool:
    return text(member(change, "field")) in _FIELDS


def _contacts_by_id(people: Sequence[JSONObject]) -> dict[str, JSONObject]:
    return {
        text(contact.get(key)): contact
        for contact in people
        for key in ("wa_id", "user_id")
        if text(contact.get(key))
    }


def _external_id(kind: str, payload: JSONObject) -> str:
    """Return an id that is the same at each redelivery and differs between our numbers."""
    value = member(payload, *_ONLY_CHANGE, "value")
    number_id = text(member(value, "metadata", "phone_number_id"))
    lists = ("messages", "message_echoes")
    message_id = next(filter(None, (text(member(value, name, 0, "id")) for name in lists)), "")
    if kind == "message" and message_id:
        return f"{number_id}:{message_id}"
    if kind == "status" and (message_id := text(member(value, "statuses", 0, "id"))):
        return f"{number_id}:{message_id}:{text(member(value, 'statuses', 0, 'status'))}"
    return fingerprint(orjson.dumps(payload))


def _new_id(update: object, contact: object, received_at: datetime) -> PersonSeen | None:
    """Return a person whom Meta has given another id, under the old and the new one."""
    wa_id = text(member(update, "wa_id"))
    new, old = (text(member(update, "user_id", which)) for which in ("current", "previous"))
    if not is_phone_digits(wa_id) and not new:
        return None
    phone = wa_id if is_phone_digits(wa_id) else ""
    sender = Sender(
        user_id=phone or new,
        name=text(member(contact, "profile", "name")) or None,
        phone=international(f"+{phone}") if phone else None,
        identities=(*known_ids(bsuid=new, wa_id=phone), *known_ids(bsuid=old)),
    )
    return PersonSeen(sender, sent_at(member(update, "timestamp"), received_at))


def _sender(message: object, contact: object, *, is_echo: bool) -> Sender | None:
    """Return the writer under the phone number if Meta tells it, else under the BSUID.

    Meta's business-scoped user id (BSUID, `BR.1349…`) is always there since 2026, but it
    changes with the person's number and differs between a company's portfolios, and
    UChat, CRMs and callers of our API know people by phone. People with a username hide
    their number. Both ids are handed on as identities, so that a person whose number
    becomes known later is still the same person; so is the new id of someone who changed
    their number, or whose id changed with nothing else said.
    """
    phone_key, id_key = _PEOPLE_OF_AN_ITEM["message_echoes" if is_echo else "messages"]
    named = text(member(message, phone_key))
    wa_ids = (named, text(member(contact, "wa_id")))
    wa_id = next((candidate for candidate in wa_ids if is_phone_digits(candidate)), "")
    renamed = member(message, "system")
    bsuids = (
        text(member(message, id_key)),
        text(member(contact, "user_id")),
        "" if is_phone_digits(named) else named,
        text(member(renamed, "previous_user_id")),
        "" if wa_id else text(member(renamed, "user_id")),
    )
    bsuid = next(filter(None, bsuids), "")
    if not wa_id and not bsuid:
        return None
    identities = (
        *known_ids(bsuid=bsuid, wa_id=wa_id),
        *known_ids(bsuid=text(member(renamed, "previous_user_id"))),
        *known_ids(
            bsuid=text(member(renamed, "user_id")),
            wa_id=text(member(renamed, "wa_id")) or text(member(renamed, "new_wa_id")),
        ),
    )
    return Sender(
        user_id=wa_id or bsuid,
        name=text(member(contact, "profile", "name")) or None,
        phone=international(f"+{wa_id}") if wa_id else None,
        identities=tuple(dict.fromkeys(identities)),
    )
