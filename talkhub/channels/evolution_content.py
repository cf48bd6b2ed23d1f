"""What a message of WhatsApp's own protocol says, as Evolution API hands it on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from talkhub.channels.base import Content, JSONObject
from talkhub.channels.fields import event_kind, filled, joined, member, objects, text
from talkhub.errors import TalkHubError
from talkhub.strict_json import read_event

REVOKES = frozenset({"0", "REVOKE"})
"""The type of a protocol message that takes another one back, as number and as name."""

_WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "lottieStickerMessage",
    "associatedChildMessage",
)
_MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}
_PLAIN = ("conversation", "extendedTextMessage")
_BESIDE_THE_CONTENT = frozenset(
    {"messageContextInfo", "base64", "mediaUrl", "contextInfo", "speechToText", *_PLAIN}
)
_OF_THE_PROTOCOL = frozenset(
    {
        "protocolMessage",
        "senderKeyDistributionMessage",
        "reactionMessage",
        "encReactionMessage",
        "pollUpdateMessage",
        "keepInChatMessage",
        "pinInChatMessage",
        "albumMessage",
    }
)
_POLL = "pollCreationMessage"
"""How the members begin that hold a poll: there are versions of it."""
_OFFERED = {
    "buttonsMessage": (("contentText",),),
    "listMessage": (("description",), ("title",)),
    "templateMessage": (
        ("hydratedTemplate", "hydratedContentText"),
        ("hydratedFourRowTemplate", "hydratedContentText"),
        ("interactiveMessageTemplate", "body", "text"),
    ),
    "interactiveMessage": (("body", "text"),),
}
"""Where the words stand of what a bot sends with buttons or a list."""
_TRANSCRIPT = "[audio]"
"""What Evolution API writes before what it heard in a voice message."""
_DEEPEST = 4
_PHONE_OF_A_CARD = re.compile(r"^(?:item[0-9]+\.)?TEL[^:\r\n]*:([^\r\n]{1,40})", re.MULTILINE)
_CHOICE_IDS = ("selectedButtonId", "selectedButtonID", "selectedId", "selectedID")
_ROW = ("singleSelectReply", "selectedRowId")
_CHOICE_TITLES = ("selectedDisplayText", "selectedButtonText", "title")


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
    new = member(protocol, "editedMessage")
    body = unwrapped(member(protocol, "message") if new is None else new)
    content = content_of(body)
    if content is None:
        return {}
    return {"content": content.content, "attributes": content.attributes}


def content_of(body: object, context: object = None) -> Content | None:
    """Return what a message says, or None for one of the protocol's own.

    What it answers to stands within it, and in some versions beside it, in `context`.
    """
    if not isinstance(body, dict):
        return None
    found = _own_content(body)
    if found is None:
        return None
    contexts = [member(part, "contextInfo") for part in body.values()]
    replies = (text(member(one, "stanzaId")) for one in (*contexts, context))
    more = filled(
        reply_to=next(filter(None, replies), ""),
        forwarded=any(member(one, "isForwarded") is True for one in contexts),
    )
    return found._replace(attributes=found.attributes | more)


def _own_content(body: JSONObject) -> Content | None:
    for name, kind in _MEDIA.items():
        if name in body:
            return _media(kind, body[name], text(body.get("speechToText")))
    for name, read in _READERS.items():
        # An empty text may stand before what was really said.
        if name in body and (found := read(body[name])) is not None:
            return found
    for name, places in _OFFERED.items():
        words = (text(member(body, name, *place)) for place in places)
        if said := next(filter(None, words), ""):
            return Content("text", said, {})
    poll = next((name for name in body if name.startswith(_POLL)), "")
    return _poll(body[poll]) if poll else _unknown(body)


def _plain(said: object) -> Content | None:
    return Content("text", text(said), {}) if text(said) else None


def _extended(body: object) -> Content | None:
    said = text(member(body, "text"))
    return Content("text", said, {}) if said else None


def _media(kind: str, media: object, heard: str) -> Content:
    is_voice = kind == "audio" and member(media, "ptt") is True
    attributes = filled(
        mime_type=text(member(media, "mimetype")),
        filename=text(member(media, "fileName")),
        duration=member(media, "seconds"),
    )
    said = text(member(media, "caption")) or heard.removeprefix(_TRANSCRIPT).strip()
    return Content("voice" if is_voice else kind, said, attributes)


def _location(place: object) -> Content:
    latitude, longitude = member(place, "degreesLatitude"), member(place, "degreesLongitude")
    said = joined(member(place, "name"), member(place, "address"), by=", ")
    coordinates = joined(latitude, longitude, by=", ")
    return Content("location", said or coordinates, filled(latitude=latitude, longitude=longitude))


def _choice(reply: object) -> Content:
    """Return what was chosen among buttons or in a list; each kind names it otherwise."""
    ids = (*(text(member(reply, name)) for name in _CHOICE_IDS), text(member(reply, *_ROW)))
    titles = (
        *(text(member(reply, name)) for name in _CHOICE_TITLES),
        text(member(reply, "Response", "SelectedDisplayText")),
    )
    payload, said = next(filter(None, ids), ""), next(filter(None, titles), "")
    return Content("button", said or payload, filled(payload=payload))


def _interactive(reply: object) -> Content | None:
    """Return what was chosen in a message of native flows, which write it as JSON in JSON."""
    try:
        params = read_event(text(member(reply, "nativeFlowResponseMessage", "paramsJson")).encode())
    except TalkHubError:
        params = None
    payload = text(member(params, "id"))
    titles = (
        member(params, "display_text"),
        member(params, "title"),
        member(reply, "body", "text"),
    )
    said = next(filter(None, map(text, titles)), payload)
    return Content("button", said, filled(payload=payload)) if said else None


def _poll(poll: object) -> Content:
    options = [text(option.get("optionName")) for option in objects(poll, "options")]
    return Content("poll", text(member(poll, "name")), filled(options=options))


def _contact(card: object) -> Content:
    return _cards([card])


def _contacts(cards: object) -> Content:
    return _cards(list(objects(cards, "contacts")))


def _cards(cards: Sequence[object]) -> Content:
    names = [text(member(card, "displayName")) for card in cards]
    phones = [_PHONE_OF_A_CARD.findall(text(member(card, "vcard"))) for card in cards]
    told = zip(names, phones, strict=True)
    contacts = [filled(name=name, phones=numbers) for name, numbers in told]
    lines = (joined(name, *numbers) for name, numbers in zip(names, phones, strict=True))
    known = [card for card in contacts if card]
    return Content("contacts", "\n".join(filter(None, lines)), filled(contacts=known))


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
    "interactiveResponseMessage": _interactive,
    "locationMessage": _location,
    "liveLocationMessage": _location,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
}
"""Who reads a message that has the member of this name."""
