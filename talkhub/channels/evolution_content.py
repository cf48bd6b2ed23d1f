"""What a message of WhatsApp's own protocol says, as Evolution API hands it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from talkhub.channels.base import Content, JSONObject
from talkhub.channels.fields import event_kind, filled, joined, member, objects, text

REVOKES = frozenset({"0", "REVOKE"})
"""The type of a protocol message that takes another one back, as number and as name."""

_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
)
_MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}
_BESIDE_THE_CONTENT = frozenset({"messageContextInfo", "base64", "mediaUrl", "contextInfo"})
_OF_THE_PROTOCOL = frozenset(
    {
        "protocolMessage",
        "senderKeyDistributionMessage",
        "reactionMessage",
        "encReactionMessage",
        "pollUpdateMessage",
        "keepInChatMessage",
        "pinInChatMessage",
    }
)
_DEEPEST = 4


def unwrapped(body: object) -> object:
    """Return a message without what it may be wrapped in: that it vanishes, that it was edited."""
    for _ in range(_DEEPEST):
        inner = next(filter(None, (member(body, name, "message") for name in _WRAPPERS)), None)
        if inner is None:
            return body
        body = inner
    return body


def edited(protocol: object) -> JSONObject:
    """Return the new content and attributes that an edit brings, or nothing if it is none."""
    body = unwrapped(member(protocol, "editedMessage"))
    content = content_of(body)
    if content is None:
        return {}
    return {"content": content.content, "attributes": content.attributes}


def content_of(body: object) -> Content | None:
    """Return what a message says, or None for one of the protocol's own."""
    if not isinstance(body, dict):
        return None
    for name, kind in _MEDIA.items():
        if name in body:
            return _media(kind, body[name])
    for name, read in _READERS.items():
        if name in body:
            return read(body[name])
    return _unknown(body)


def _plain(said: object) -> Content | None:
    return Content("text", text(said), {}) if text(said) else None


def _extended(body: object) -> Content | None:
    said, reply_to = text(member(body, "text")), text(member(body, "contextInfo", "stanzaId"))
    return Content("text", said, filled(reply_to=reply_to)) if said else None


def _media(kind: str, media: object) -> Content:
    is_voice = kind == "audio" and member(media, "ptt") is True
    attributes = filled(
        mime_type=text(member(media, "mimetype")),
        filename=text(member(media, "fileName")),
        duration=member(media, "seconds"),
    )
    return Content("voice" if is_voice else kind, text(member(media, "caption")), attributes)


def _location(place: object) -> Content:
    latitude, longitude = member(place, "degreesLatitude"), member(place, "degreesLongitude")
    said = joined(member(place, "name"), member(place, "address"), by=", ")
    coordinates = joined(latitude, longitude, by=", ")
    return Content("location", said or coordinates, filled(latitude=latitude, longitude=longitude))


def _choice(reply: object) -> Content:
    """Return what was chosen among buttons or in a list; each kind names it otherwise."""
    ids = ("selectedButtonId", "selectedId")
    row = text(member(reply, "singleSelectReply", "selectedRowId"))
    payload = next(filter(None, (text(member(reply, name)) for name in ids)), row)
    said = text(member(reply, "selectedDisplayText")) or text(member(reply, "title"))
    return Content("button", said or payload, filled(payload=payload))


def _contact(card: object) -> Content:
    return _cards([card])


def _contacts(cards: object) -> Content:
    return _cards(list(objects(cards, "contacts")))


def _cards(cards: Sequence[object]) -> Content:
    names = [text(member(card, "displayName")) for card in cards]
    contacts = [{"name": name} for name in names if name]
    return Content("contacts", "\n".join(filter(None, names)), filled(contacts=contacts))


def _unknown(body: JSONObject) -> Content | None:
    own = [name for name in body if name not in _BESIDE_THE_CONTENT]
    if not own or set(own) <= _OF_THE_PROTOCOL:
        return None
    first = next(name for name in own if name not in _OF_THE_PROTOCOL)
    said = text(member(body, first, "caption")) or text(member(body, first, "text"))
    return Content("unknown", said, {"type": event_kind(first.lower())})


_READERS: Mapping[str, Callable[[object], Content | None]] = {
    "conversation": _plain,
    "extendedTextMessage": _extended,
    "buttonsResponseMessage": _choice,
    "templateButtonReplyMessage": _choice,
    "listResponseMessage": _choice,
    "locationMessage": _location,
    "liveLocationMessage": _location,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
}
"""Who reads a message that has the member of this name."""
