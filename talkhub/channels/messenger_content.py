"""What a message on Messenger or Instagram says: its kind, its text, and what else is kept."""

from __future__ import annotations

from talkhub.channels.base import Content, JSONObject
from talkhub.channels.fields import event_kind, filled, joined, member, objects, text

_KINDS = {
    "image": "image",
    "video": "video",
    "audio": "voice",
    "file": "document",
    "location": "location",
    "ig_reel": "video",
    "reel": "video",
    "share": "share",
    "ig_post": "share",
    "post": "share",
    "story_mention": "story_mention",
    "like_heart": "sticker",
    "unsupported_type": "unsupported",
}
_LINKS = frozenset({"fallback", "template"})
"""What people share: it says what its title says, as if they had written that."""
_HEART = "❤️"
_THUMB = "👍"
_THUMBS = frozenset({"369239263222822", "369239343222814", "369239383222810"})
"""Messenger's own thumb, in its three sizes. It is the one sticker that everybody means alike."""


def content_of(message: object) -> Content | None:
    """Return what a message says, or None for one that says nothing."""
    said = text(member(message, "text"))
    attachments = list(objects(message, "attachments"))
    choice = text(member(message, "quick_reply", "payload"))
    reply = member(message, "reply_to")
    attributes = filled(
        payload=choice,
        reply_to=text(member(reply, "mid")),
        story=text(member(reply, "story", "id")),
        attachments=[text(attachment.get("type")) for attachment in attachments][1:],
        referral=referral(member(message, "referral")),
    )
    if attachments:
        return _attached(attachments[0], said, attributes)
    if not said and member(message, "is_unsupported") is True:
        return Content("unsupported", "", attributes)
    # A quick reply may show a picture only.
    written = said or choice
    return Content("button" if choice else "text", written, attributes) if written else None


def referral(told: object) -> JSONObject:
    """Return which advertisement, link or product led the person here."""
    return filled(
        source=text(member(told, "source")),
        id=text(member(told, "ad_id")) or text(member(told, "product", "id")),
        ref=text(member(told, "ref")),
        headline=text(member(told, "ads_context_data", "ad_title")),
    )


def _attached(attachment: JSONObject, said: str, attributes: JSONObject) -> Content:
    named, payload = text(attachment.get("type")), attachment.get("payload")
    attributes = attributes | filled(url=text(member(payload, "url")))
    sticker = text(member(payload, "sticker_id"))
    if sticker:
        return Content("sticker", said or (_THUMB if sticker in _THUMBS else ""), attributes)
    if named == "like_heart":
        return Content("sticker", said or _HEART, attributes)
    title = text(member(payload, "title")) or text(attachment.get("title")) or _products(payload)
    place = member(payload, "coordinates")
    where = joined(member(place, "lat"), member(place, "long"), by=", ")
    content = said or title or where
    kind = _KINDS.get(named, "text" if named in _LINKS and content else "unknown")
    if named not in _KINDS:
        attributes["type"] = event_kind(named)
    return Content(kind, content, attributes)


def _products(payload: object) -> str:
    """Return the names of products that somebody asks about, one a line."""
    elements = objects(member(payload, "product"), "elements")
    return "\n".join(filter(None, (text(element.get("title")) for element in elements)))
