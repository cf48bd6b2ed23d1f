"""Telegram's bot webhook (Bot API 10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from talkhub.channels import signatures
from talkhub.channels.base import (
    Happening,
    Headers,
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
    joined,
    known_ids,
    member,
    objects,
    sent_at,
    text,
)
from talkhub.channels.telegram_content import content_of
from talkhub.names import ChangeKind, MessageRole, Platform
from talkhub.strict_json import read_event

platform: Platform = Platform.TELEGRAM

_MESSAGES = ("message", "business_message", "channel_post", "guest_message")
_EDITS = ("edited_message", "edited_business_message", "edited_channel_post")


def verify(
    raw: bytes,  # noqa: ARG001 -- the token is in a header, the protocol is common
    headers: Headers,
    secrets: Sequence[str],
) -> bool:
    """Tell whether the request carries the bot's `secret_token`."""
    given = signatures.by_lower_name(headers).get("x-telegram-bot-api-secret-token", "")
    return signatures.is_shared_secret(given, secrets)


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:  # noqa: ARG001 -- the protocol
    """Return the one update that Telegram sends in a POST; of a deletion, one for each message."""
    document = read_event(raw)
    payload = document if isinstance(document, dict) else {}
    kind = _kind(payload)
    external_id = text(payload.get("update_id")) or fingerprint(raw)
    deleted = _deleted(payload)
    if len(deleted) < 2:
        return [ProviderEvent(external_id, kind, raw, payload)]
    parts = [
        (number, {**payload, kind: {**_object(payload, kind), "message_ids": [number]}})
        for number in deleted
    ]
    return [
        ProviderEvent(f"{external_id}:{number}", kind, orjson.dumps(part), part)
        for number, part in parts
    ]


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an update means, or None for what is not about anybody's message."""
    kind = _kind(payload)
    update = payload.get(kind)
    if kind in _MESSAGES:
        return _message(update, received_at)
    if kind in _EDITS:
        return _edit(update, received_at)
    match kind:
        case "callback_query":
            return _pressed_button(update, received_at)
        case "message_reaction":
            return _reaction(update, received_at)
        case "deleted_business_messages":
            alias = _alias(update, member(update, "message_ids", 0))
            return MessageChange(alias, ChangeKind.REVOKE, received_at) if alias else None
        case _:
            return None


def answer_address(payload: JSONObject) -> dict[str, str]:
    """Return the chat that somebody wrote in, which may be a group, or a business account's."""
    update = payload.get(_kind(payload))
    message = member(update, "message") if "callback_query" in payload else update
    told = filled(
        chat_id=text(member(message, "chat", "id")),
        business_connection_id=text(member(message, "business_connection_id")),
    )
    return {name: str(value) for name, value in told.items()}


def _kind(payload: JSONObject) -> str:
    """Return the kind of an update, which is its one key beside `update_id`."""
    if "message" in payload:
        return "message"
    return next((event_kind(key) for key in payload if key != "update_id"), "unknown")


def _object(payload: JSONObject, key: str) -> JSONObject:
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def _deleted(payload: JSONObject) -> list[str]:
    ids = member(payload, "deleted_business_messages", "message_ids")
    told = map(text, ids) if isinstance(ids, list) else ()
    return list(dict.fromkeys(filter(None, told)))


def _message(message: object, received_at: datetime) -> NormalisedMessage | None:
    content = content_of(message)
    sender, role = _writer(message)
    external_id = _message_id(message)
    if content is None or sender is None or not external_id:
        return None
    return NormalisedMessage(
        platform=platform,
        sender=sender,
        role=role,
        kind=content.kind,
        content=content.content,
        sent_at=sent_at(member(message, "date"), received_at),
        external_id=external_id,
        alias=_alias(message, member(message, "message_id")),
        attributes=content.attributes,
    )


def _edit(message: object, received_at: datetime) -> MessageChange | None:
    content = content_of(message)
    target = _message_id(message)
    if content is None or not target:
        return None
    moment = sent_at(member(message, "edit_date"), received_at)
    value: JSONObject = {"content": content.content, "attributes": content.attributes}
    return MessageChange(target, ChangeKind.EDIT, moment, value=value)


def _pressed_button(query: object, received_at: datetime) -> NormalisedMessage | None:
    """Return the choice of an inline button: what it reads, and the data that bots know it by."""
    sender, query_id = _sender(member(query, "from")), text(member(query, "id"))
    data = text(member(query, "data"))
    content = _title_of_button(member(query, "message"), data) or data
    if sender is None or not query_id or not content:
        return None
    return NormalisedMessage(
        platform=platform,
        sender=sender,
        role=MessageRole.USER,
        kind="button",
        content=content,
        sent_at=received_at,  # Telegram does not tell when it was pressed
        external_id=f"callback:{query_id}",
        attributes=filled(payload=data, reply_to=text(member(query, "message", "message_id"))),
    )


def _title_of_button(message: object, data: str) -> str:
    rows = member(message, "reply_markup", "inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in objects({"row": row}, "row"):
            if text(button.get("callback_data")) == data:
                return text(button.get("text"))
    return ""


def _reaction(update: object, received_at: datetime) -> MessageChange | None:
    alias = _alias(update, member(update, "message_id"))
    actor = text(member(update, "user", "id")) or text(member(update, "actor_chat", "id"))
    if not alias or not actor:
        return None
    emoji = joined(
        *(
            text(one.get("emoji")) or text(one.get("custom_emoji_id")) or text(one.get("type"))
            for one in objects(update, "new_reaction")
        )
    )
    moment = sent_at(member(update, "date"), received_at)
    return MessageChange(alias, ChangeKind.REACTION, moment, actor, {"emoji": emoji})


def _writer(message: object) -> tuple[Sender | None, MessageRole]:
    """Return whose conversation a message belongs to, and who wrote it.

    A business account hands on both sides of its private chats: what the chat's person did
    not write is the account's answer. A channel writes in its own name.
    """
    chat, author = member(message, "chat"), member(message, "from")
    if member(message, "business_connection_id") is not None and author is not None:
        is_answer = text(member(author, "id")) != text(member(chat, "id"))
        if is_answer:
            return _sender(chat), MessageRole.AGENT
    return _sender(author if author is not None else chat), MessageRole.USER


def _sender(author: object) -> Sender | None:
    user_id = text(member(author, "id"))
    # Bots write in groups too, among them the one that stands for anonymous admins.
    if not user_id or member(author, "is_bot") is True:
        return None
    name = joined(member(author, "first_name"), member(author, "last_name"))
    return Sender(
        user_id=user_id,
        name=name or text(member(author, "title")) or None,
        locale=text(member(author, "language_code")) or None,
        identities=known_ids(telegram=user_id),
    )


def _message_id(message: object) -> str:
    """Return chat, message id and date, which are the same in edits and replies.

    Each bot numbers the messages of its private chats anew, and a bot may be replaced, or
    share a webhook with another: only the date then tells their messages apart.
    """
    alias, date = _alias(message, member(message, "message_id")), text(member(message, "date"))
    return joined(alias, date, by=":") if alias else ""


def _alias(update: object, message_id: object) -> str:
    """Return chat and message id, by which reactions and deletions speak of a message."""
    parts = [text(member(update, "chat", "id")), text(message_id)]
    return ":".join(parts) if all(parts) else ""
