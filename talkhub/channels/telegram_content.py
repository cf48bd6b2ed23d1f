"""What a Telegram message of any kind says: its kind, its text, and what else is worth keeping."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from talkhub.channels.base import Content, JSONObject
from talkhub.channels.fields import event_kind, filled, joined, member, objects, text

_MEDIA = {
    "photo": "image",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "voice": "voice",
    "audio": "audio",
    "document": "document",
    "sticker": "sticker",
    "live_photo": "image",
}
"""In this order: an animation comes with a copy of itself as a document."""
_FORWARDED = ("forward_origin", "forward_date")
"""What a forwarded message has, since 2023 and before."""
_DEEPEST_BLOCK = 12

_ABOUT_A_MESSAGE = frozenset(
    {
        "message_id",
        "message_thread_id",
        "direct_messages_topic",
        "from",
        "sender_chat",
        "sender_boost_count",
        "sender_business_bot",
        "sender_tag",
        "date",
        "business_connection_id",
        "chat",
        "forward_origin",
        "forward_from",
        "forward_from_chat",
        "forward_from_message_id",
        "forward_sender_name",
        "forward_date",
        "is_topic_message",
        "is_automatic_forward",
        "reply_to_message",
        "external_reply",
        "quote",
        "reply_to_story",
        "reply_to_checklist_task_id",
        "via_bot",
        "edit_date",
        "has_protected_content",
        "is_from_offline",
        "is_paid_post",
        "media_group_id",
        "author_signature",
        "paid_star_count",
        "entities",
        "link_preview_options",
        "suggested_post_info",
        "effect_id",
        "caption",
        "caption_entities",
        "show_caption_above_media",
        "has_media_spoiler",
        "reply_markup",
        "guest_query_id",
    }
)
"""The members that go with a message and are not what it says."""

_OF_THE_CHAT_ITSELF = (
    "new_chat_",
    "left_chat_",
    "delete_chat_",
    "group_chat_",
    "supergroup_chat_",
    "channel_chat_",
    "chat_",
    "migrate_",
    "pinned_",
    "message_auto_",
    "video_chat_",
    "forum_topic_",
    "general_forum_",
    "giveaway",
    "boost_",
    "proximity_",
    "users_shared",
    "chat_shared",
    "connected_website",
    "write_access_",
    "passport_",
    "direct_message_price",
    "managed_bot_",
    "refunded_payment",
)
"""How the members of service messages begin: that somebody joined, that a title changed."""


def content_of(message: object) -> Content | None:
    """Return what a message says, or None for one that only tells of the chat.

    A kind of next year is `unknown`, with its caption if it has one.
    """
    found = _own_content(message)
    if found is None:
        return None
    attributes = found.attributes | filled(
        reply_to=text(member(message, "reply_to_message", "message_id")),
        story=text(member(message, "reply_to_story", "id")),
        forwarded=any(member(message, name) is not None for name in _FORWARDED),
        album=text(member(message, "media_group_id")),
    )
    return found._replace(attributes=attributes)


def _own_content(message: object) -> Content | None:
    if not isinstance(message, dict):
        return None
    for name, kind in _MEDIA.items():
        if name in message:
            return _media(message, name, kind)
    for name, read in _READERS.items():
        if name in message:
            return read(message)
    return _unknown(message)


def _text(message: JSONObject) -> Content | None:
    said = text(message["text"])
    return Content("text", said, {}) if said else None


def _media(message: JSONObject, name: str, kind: str) -> Content:
    media = message[name]
    # A photo comes in several sizes, the largest last.
    file = media[-1] if isinstance(media, list) and media else media
    attributes = filled(
        media_id=text(member(file, "file_id")),
        mime_type=text(member(file, "mime_type")),
        filename=text(member(file, "file_name")),
        duration=member(file, "duration"),
    )
    said = text(message.get("caption")) or text(member(file, "emoji"))
    return Content(kind, said, attributes)


def _location(message: JSONObject) -> Content:
    venue = message.get("venue")
    place = message.get("location") or member(venue, "location")
    coordinates = joined(member(place, "latitude"), member(place, "longitude"), by=", ")
    said = joined(member(venue, "title"), member(venue, "address"), by=", ") or coordinates
    more = filled(latitude=member(place, "latitude"), longitude=member(place, "longitude"))
    return Content("location", said, more)


def _contact(message: JSONObject) -> Content:
    card = message["contact"]
    name = joined(member(card, "first_name"), member(card, "last_name"))
    phone = text(member(card, "phone_number"))
    contacts = [filled(name=name, phones=[phone] if phone else [])]
    return Content("contacts", joined(name, phone), {"contacts": contacts})


def _poll(message: JSONObject) -> Content:
    poll = message["poll"]
    options = [text(option.get("text")) for option in objects(poll, "options")]
    return Content("poll", text(member(poll, "question")), filled(options=options))


def _dice(message: JSONObject) -> Content:
    dice = message["dice"]
    return Content("sticker", text(member(dice, "emoji")), filled(value=member(dice, "value")))


def _story(message: JSONObject) -> Content:
    return Content("share", text(message.get("caption")), {"type": "story"})


def _form(message: JSONObject) -> Content:
    form = message["web_app_data"]
    more = filled(button=text(member(form, "button_text")))
    return Content("form", text(member(form, "data")), more)


def _rich(message: JSONObject) -> Content:
    lines = _lines(message["rich_message"], _DEEPEST_BLOCK)
    said = "\n".join(filter(None, map(text, lines)))
    return Content("text", said, {}) if said else Content("unknown", "", {"type": "rich_message"})


def _lines(block: object, deepest: int) -> list[str]:
    """Return the texts of a block and of those in it; the parts of one text are one line."""
    if deepest == 0:
        return []
    if isinstance(block, str):
        return [block]
    if isinstance(block, list):
        lines = [_lines(one, deepest - 1) for one in block]
        is_one_text = any(isinstance(one, str) for one in block)
        flat = [line for several in lines for line in several]
        return ["".join(flat)] if is_one_text else flat
    inner = (member(block, name) for name in ("text", "blocks", "items"))
    return [line for one in inner if one is not None for line in _lines(one, deepest - 1)]


def _checklist(message: JSONObject) -> Content:
    checklist = message["checklist"]
    tasks = (text(task.get("text")) for task in objects(checklist, "tasks"))
    return Content("text", "\n".join(filter(None, [text(member(checklist, "title")), *tasks])), {})


def _paid_media(message: JSONObject) -> Content:
    first = member(message["paid_media"], "paid_media", 0)
    media = next((name for name in ("video", "live_photo", "photo") if member(first, name)), "")
    if isinstance(first, dict) and media:
        return _media({**first, "caption": message.get("caption")}, media, _MEDIA[media])
    # What is not paid for shows a preview only.
    return Content("unsupported", text(message.get("caption")), {"type": "paid_media"})


def _invoice(message: JSONObject) -> Content:
    invoice = message["invoice"]
    said = joined(member(invoice, "title"), member(invoice, "description"), by="\n")
    return Content("order", said, _price(invoice))


def _payment(message: JSONObject) -> Content:
    payment = message["successful_payment"]
    more = filled(payload=text(member(payment, "invoice_payload")))
    return Content("order", "", _price(payment) | more)


def _price(of: object) -> JSONObject:
    """Return a price in the smallest units of its currency, as Telegram tells it."""
    return filled(total_amount=member(of, "total_amount"), currency=text(member(of, "currency")))


def _unknown(message: JSONObject) -> Content | None:
    own = [name for name in message if name not in _ABOUT_A_MESSAGE]
    if any(name.startswith(_OF_THE_CHAT_ITSELF) for name in own):
        return None
    caption = text(message.get("caption"))
    if not own:
        return Content("text", caption, {}) if caption else None
    body = message[own[0]]
    said = caption or text(member(body, "title")) or text(member(body, "text"))
    return Content("unknown", said, {"type": event_kind(own[0])})


_READERS: Mapping[str, Callable[[JSONObject], Content | None]] = {
    "text": _text,
    "venue": _location,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "dice": _dice,
    "web_app_data": _form,
    "story": _story,
    "rich_message": _rich,
    "checklist": _checklist,
    "paid_media": _paid_media,
    "invoice": _invoice,
    "successful_payment": _payment,
}
"""Who reads a message that has the member of this name."""
