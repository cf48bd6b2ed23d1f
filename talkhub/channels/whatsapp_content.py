"""What a WhatsApp message of any type says: its kind, its text, and what else is worth keeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from talkhub.channels.base import Content, JSONObject
from talkhub.channels.fields import event_kind, filled, joined, member, objects, text
from talkhub.errors import TalkHubError
from talkhub.strict_json import read_event

_MEDIA = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
_ANSWERS_SHOWN = 50
_DEEPEST_ANSWER = 4
_OF_THE_FORM_ITSELF = frozenset({"flow_token"})


def content_of(message: object) -> Content:
    """Return what a message says. A type of next year is `unknown`, with whatever text it has."""
    kind, said, attributes = _own_content(message)
    context = member(message, "context")
    attributes |= filled(
        reply_to=text(member(context, "id")),
        forwarded=member(context, "forwarded") is True
        or member(context, "frequently_forwarded") is True,
        group_id=text(member(message, "group_id")),
        referral=_referral(member(message, "referral")),
    )
    return Content(kind, said, attributes)


def _own_content(message: object) -> Content:
    kind = text(member(message, "type"))
    body = member(message, kind)
    if kind in _MEDIA:
        return _media(kind, body)
    read = _READERS.get(kind)
    return read(message, body) if read is not None else _unknown(kind, body)


def _text(_message: object, body: object) -> Content:
    return Content("text", text(member(body, "body")), {})


def _button(_message: object, body: object) -> Content:
    said, payload = text(member(body, "text")), text(member(body, "payload"))
    return Content("button", said, filled(payload=payload))


def _system(_message: object, body: object) -> Content:
    return Content("system", text(member(body, "body")), filled(change=text(member(body, "type"))))


def _media(kind: str, body: object) -> Content:
    is_voice = kind == "audio" and member(body, "voice") is True
    attributes = filled(
        media_id=text(member(body, "id")),
        mime_type=text(member(body, "mime_type")),
        filename=text(member(body, "filename")),
        animated=member(body, "animated") is True,
    )
    return Content("voice" if is_voice else kind, text(member(body, "caption")), attributes)


def _interactive(_message: object, body: object) -> Content:
    kind = text(member(body, "type"))
    reply = member(body, kind)
    match kind:
        case "button_reply" | "list_reply":
            more = filled(id=text(member(reply, "id")), details=text(member(reply, "description")))
            return Content(kind, text(member(reply, "title")), more)
        case "nfm_reply":
            answers = _answers(text(member(reply, "response_json")))
            lines = [f"{name}: {answer}" for name, answer in answers.items()]
            said = "\n".join(lines) or text(member(reply, "body"))
            return Content("form", said, filled(form=text(member(reply, "name")), answers=answers))
        case "call_permission_reply":
            return Content("call_permission", text(member(reply, "response")), {})
        case _:
            return _unknown(kind or "interactive", reply)


def _answers(written: str) -> dict[str, str]:
    """Return the fields of a filled form, which Meta writes as JSON within the JSON."""
    try:
        form = read_event(written.encode())
    except TalkHubError:
        return {}
    answers = {} if not isinstance(form, dict) else form
    told = (
        (name, _answer(answer, _DEEPEST_ANSWER))
        for name, answer in list(answers.items())[:_ANSWERS_SHOWN]
        if name not in _OF_THE_FORM_ITSELF
    )
    return {name: answer for name, answer in told if answer}


def _answer(value: object, deepest: int) -> str:
    """Return what a field holds, in a line: forms may have several choices, and forms in them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (dict, list)):
        return text(value)
    if deepest == 0:
        return ""
    if isinstance(value, list):
        return joined(*(_answer(one, deepest - 1) for one in value), by=", ")
    parts = ((name, _answer(one, deepest - 1)) for name, one in value.items())
    return joined(*(f"{name}: {part}" for name, part in parts if part), by=", ")


def _location(_message: object, body: object) -> Content:
    coordinates = joined(member(body, "latitude"), member(body, "longitude"), by=", ")
    name, address = text(member(body, "name")), text(member(body, "address"))
    said = address if address.startswith(name) else joined(name, address, by=", ")
    said = said or coordinates
    more = filled(
        latitude=member(body, "latitude"),
        longitude=member(body, "longitude"),
        url=text(member(body, "url")),
    )
    return Content("location", said, more)


def _contacts(message: object, _body: object) -> Content:
    cards = [
        filled(
            name=text(member(card, "name", "formatted_name")),
            phones=[text(phone.get("phone")) for phone in objects(card, "phones")],
        )
        for card in objects(message, "contacts")
    ]
    return Content("contacts", "\n".join(_card_lines(cards)), filled(contacts=cards))


def _card_lines(cards: list[JSONObject]) -> Iterator[str]:
    for card in cards:
        phones = card.get("phones")
        line = joined(card.get("name"), *(phones if isinstance(phones, list) else ()))
        if line:
            yield line


def _order(_message: object, body: object) -> Content:
    items = [
        filled(
            product=text(item.get("product_retailer_id")),
            quantity=item.get("quantity"),
            price=item.get("item_price"),
            currency=text(item.get("currency")),
        )
        for item in objects(body, "product_items")
    ]
    lines = [
        joined(
            item.get("quantity"), "x", item.get("product"), item.get("price"), item.get("currency")
        )
        for item in items
    ]
    said = "\n".join(filter(None, [text(member(body, "text")), *lines]))
    return Content("order", said, filled(catalog_id=text(member(body, "catalog_id")), items=items))


def _unsupported(message: object, _body: object) -> Content:
    reason = member(message, "errors", 0)
    attributes = filled(
        type=text(member(message, "unsupported", "type")),
        code=text(member(reason, "code")),
        reason=text(member(reason, "title")),
    )
    return Content("unsupported", "", attributes)


def _named_unknown(message: object, body: object) -> Content:
    """Return what Meta itself has no name for: it says why, as for the unsupported."""
    if member(message, "errors", 0) is not None:
        return _unsupported(message, body)
    return _unknown("unknown", body)


def _unknown(kind: str, body: object) -> Content:
    fields = ("text", "body", "caption", "title", "name")
    said = next(filter(None, (text(member(body, field)) for field in fields)), "")
    return Content("unknown", said, {"type": event_kind(kind)})


def _referral(referral: object) -> JSONObject:
    """Return which advertisement or post led the person here."""
    return filled(
        source=text(member(referral, "source_type")),
        id=text(member(referral, "source_id")),
        url=text(member(referral, "source_url")),
        headline=text(member(referral, "headline")),
        click_id=text(member(referral, "ctwa_clid")),
    )


_READERS: Mapping[str, Callable[[object, object], Content]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "system": _system,
    "unsupported": _unsupported,
    "unknown": _named_unknown,
}
"""Who reads a type of message: of the message and of its member of that name."""
