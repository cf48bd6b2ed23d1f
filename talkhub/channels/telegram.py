"""Telegram's bot webhook (Bot API 10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from talkhub.channels import signatures
from talkhub.channels.base import Headers, JSONObject, NormalisedMessage, ProviderEvent, Sender
from talkhub.channels.fields import event_kind, fingerprint, member, sent_at, text
from talkhub.names import MessageRole, Platform
from talkhub.strict_json import read_event

platform: Platform = Platform.TELEGRAM

_CAPTIONED = {"photo": "image", "video": "video", "document": "document"}


def verify(
    raw: bytes,  # noqa: ARG001 -- the token is in a header, the protocol is common
    headers: Headers,
    secrets: Sequence[str],
) -> bool:
    """Tell whether the request carries the bot's `secret_token`."""
    given = signatures.by_lower_name(headers).get("x-telegram-bot-api-secret-token", "")
    return signatures.is_shared_secret(given, secrets)


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return the one update that Telegram sends in a POST."""
    document = read_event(raw)
    payload = document if isinstance(document, dict) else {}
    update_id = text(payload.get("update_id"))
    return [ProviderEvent(update_id or fingerprint(raw), _kind(payload), raw, payload)]


def normalise(payload: JSONObject, received_at: datetime) -> NormalisedMessage | None:
    """Return what a person wrote to the bot, or None for every other update."""
    message = payload.get("message")
    kind, content = _content(message)
    sender = _sender(member(message, "from"))
    external_id = _message_id(message)
    if sender is None or not content or not external_id:
        return None
    return NormalisedMessage(
        platform=platform,
        sender=sender,
        role=MessageRole.USER,
        kind=kind,
        content=content,
        sent_at=sent_at(member(message, "date"), received_at),
        external_id=external_id,
    )


def _kind(payload: JSONObject) -> str:
    """Return the kind of an update, which is its one key beside `update_id`."""
    if "message" in payload:
        return "message"
    return next((event_kind(key) for key in payload if key != "update_id"), "unknown")


def _content(message: object) -> tuple[str, str]:
    for media, kind in _CAPTIONED.items():
        if member(message, media) is not None:
            return kind, text(member(message, "caption"))
    return "text", text(member(message, "text"))


def _sender(author: object) -> Sender | None:
    user_id = text(member(author, "id"))
    # Bots write in groups too, among them the one that stands for anonymous admins.
    if not user_id or member(author, "is_bot") is True:
        return None
    names = (text(member(author, part)) for part in ("first_name", "last_name"))
    return Sender(
        user_id=user_id,
        name=" ".join(filter(None, names)) or None,
        locale=text(member(author, "language_code")) or None,
    )


def _message_id(message: object) -> str:
    """Return chat, message id and date, which are the same in edits and replies.

    Each bot numbers the messages of its private chats anew, and a bot may be replaced, or
    share a webhook with another: only the date then tells their messages apart.
    """
    parts = [text(member(message, *path)) for path in (("chat", "id"), ("message_id",), ("date",))]
    return ":".join(filter(None, parts)) if all(parts[:2]) else ""
