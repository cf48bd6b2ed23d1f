"""Meta's webhook for Facebook Messenger and Instagram, which differ in little but the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    known_ids,
    member,
    objects,
    sent_at,
    text,
)
from talkhub.channels.messenger_content import content_of, referral
from talkhub.names import ChangeKind, DeliveryState, MessageRole, Platform

platform: Platform = Platform.MESSENGER
verify = meta.verify

_KINDS = ("message", "postback", "reaction", "delivery", "read", "message_edit")
_LISTS = ("messaging", "standby")
"""Where events stand; those on standby are of chats that another app is answering just now."""
_FIELDS = frozenset(
    {
        "messages",
        "message_echoes",
        "message_edit",
        "message_edits",
        "message_reactions",
        "messaging_postbacks",
        "messaging_seen",
    }
)
"""The changes of which some apps are told in place of an entry's list: each holds one event."""


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return one event for each message, reaction and delivery in all entries, and each change."""
    return meta.split(raw, _parts, _external_id)


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an event that `split` made means, or None for what is no message's matter."""
    item = _item(payload)
    moment = sent_at(member(item, "timestamp"), received_at)
    match _kind(item):
        case "message":
            return _message(payload, item, moment)
        case "postback":
            return _postback(payload, item, moment)
        case kind:
            read = _CHANGES.get(kind)
            return read(item, moment) if read is not None else None


def answer_address(payload: JSONObject) -> dict[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: the person's id belongs to one page."""
    return {}


def _parts(document: JSONObject) -> Iterator[tuple[str, JSONObject]]:
    """Yield each event's kind and the document reduced to it."""
    for entry in objects(document, "entry"):
        rest = {key: value for key, value in entry.items() if key not in (*_LISTS, "changes")}
        for name in _LISTS:
            for item in objects(entry, name):
                for one in _one_by_one(item):
                    yield _kind(one), {**document, "entry": [{**rest, name: [one]}]}
        for change in objects(entry, "changes"):
            held = _event_of(change)
            kind = event_kind(text(change.get("field"))) if held is None else _kind(held)
            yield kind, {**document, "entry": [{**rest, "changes": [change]}]}


def _one_by_one(item: JSONObject) -> Iterator[JSONObject]:
    """Yield a delivery for each of the messages that it names; anything else as it is."""
    mids = member(item, "delivery", "mids")
    if not isinstance(mids, list) or not mids:
        yield item
        return
    for mid in mids:
        yield {**item, "delivery": {"mids": [mid]}}


def _item(payload: JSONObject) -> object:
    entry = member(payload, "entry", 0)
    listed = (member(entry, name, 0) for name in _LISTS)
    found = next((item for item in listed if item is not None), None)
    return _event_of(member(entry, "changes", 0)) if found is None else found


def _event_of(change: object) -> object:
    """Return the event that a change holds, or None if it is of the page itself."""
    is_one = text(member(change, "field")) in _FIELDS
    value = member(change, "value")
    return value if is_one and member(value, "sender") is not None else None


def _kind(item: object) -> str:
    if not isinstance(item, dict):
        return "unknown"
    known = next((kind for kind in _KINDS if kind in item), "")
    others = (key for key in item if key not in {"sender", "recipient", "timestamp"})
    return known or event_kind(next(others, ""))


def _external_id(kind: str, payload: JSONObject) -> str:
    """Return an id that is the same at each redelivery and differs between our pages."""
    page, item = text(member(payload, "entry", 0, "id")), _item(payload)
    mid = text(member(item, kind, "mid"))
    if kind == "delivery":
        mid = text(member(item, kind, "mids", 0))
    if not mid or kind == "reaction" or _is_deleted(item):
        return fingerprint(orjson.dumps(payload))
    return f"{page}:{mid}" if kind == "message" else f"{page}:{mid}:{kind}"


def _is_deleted(item: object) -> bool:
    return member(item, "message", "is_deleted") is True


def _platform(payload: JSONObject) -> Platform:
    """Return which of the two it is: one address may serve both."""
    is_instagram = text(payload.get("object")) == "instagram"
    return Platform.INSTAGRAM if is_instagram else Platform.MESSENGER


def _message(payload: JSONObject, item: object, moment: datetime) -> Happening | None:
    message = member(item, "message")
    mid = text(member(message, "mid"))
    if _is_deleted(item):
        return MessageChange(mid, ChangeKind.REVOKE, moment) if mid else None
    # An echo is what the page itself sent: from its inbox by hand, or by an app.
    is_echo = member(message, "is_echo") is True
    side = "recipient" if is_echo else "sender"
    sender = _sender(payload, member(item, side))
    content = content_of(message)
    if sender is None or not mid or content is None:
        return None
    by_hand = MessageRole.AGENT if member(message, "app_id") is None else MessageRole.BOT
    return NormalisedMessage(
        platform=_platform(payload),
        sender=sender,
        role=by_hand if is_echo else MessageRole.USER,
        kind=content.kind,
        content=content.content,
        sent_at=moment,
        external_id=mid,
        attributes=content.attributes,
    )


def _postback(payload: JSONObject, item: object, moment: datetime) -> NormalisedMessage | None:
    postback = member(item, "postback")
    sender = _sender(payload, member(item, "sender"))
    data = text(member(postback, "payload"))
    content = text(member(postback, "title")) or data
    if sender is None or not content:
        return None
    return NormalisedMessage(
        platform=_platform(payload),
        sender=sender,
        role=MessageRole.USER,
        kind="button",
        content=content,
        sent_at=moment,
        external_id=text(member(postback, "mid")) or _external_id("postback", payload),
        attributes=filled(payload=data, referral=referral(member(postback, "referral"))),
    )


def _edit(item: object, moment: datetime) -> MessageChange | None:
    edit = member(item, "message_edit")
    target = text(member(edit, "mid"))
    value: JSONObject = {"content": text(member(edit, "text")), "attributes": {}}
    return MessageChange(target, ChangeKind.EDIT, moment, value=value) if target else None


def _reaction(item: object, moment: datetime) -> MessageChange | None:
    reaction = member(item, "reaction")
    target, actor = text(member(reaction, "mid")), text(member(item, "sender", "id"))
    if not target or not actor:
        return None
    is_taken_back = text(member(reaction, "action")) == "unreact"
    emoji = text(member(reaction, "emoji")) or text(member(reaction, "reaction"))
    value: JSONObject = {"emoji": "" if is_taken_back else emoji}
    return MessageChange(target, ChangeKind.REACTION, moment, actor, value)


def _delivered(item: object, moment: datetime) -> MessageChange | None:
    return _status(member(item, "delivery", "mids", 0), DeliveryState.DELIVERED, moment)


def _seen(item: object, moment: datetime) -> MessageChange | None:
    """Return what Instagram says of one message; Messenger only tells until when all are read."""
    return _status(member(item, "read", "mid"), DeliveryState.READ, moment)


def _status(mid: object, state: DeliveryState, moment: datetime) -> MessageChange | None:
    target, value = text(mid), {"status": state.value}
    return MessageChange(target, ChangeKind.STATUS, moment, value={**value}) if target else None


def _sender(payload: JSONObject, person: object) -> Sender | None:
    """Return the person, whom Meta names by an id that is another for each page."""
    user_id = text(member(person, "id"))
    if not user_id:
        return None
    return Sender(user_id=user_id, identities=known_ids(**{_platform(payload).value: user_id}))


_CHANGES: Mapping[str, Callable[[object, datetime], MessageChange | None]] = {
    "message_edit": _edit,
    "reaction": _reaction,
    "delivery": _delivered,
    "read": _seen,
}
"""Who reads an event that speaks of an earlier message."""
