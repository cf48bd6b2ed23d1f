"""Messages as the platforms' webhooks tell of them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from talkhub.names import MessageRole, Platform

JSONObject = dict[str, object]

_BUSINESS_PHONE = "+55 11 90000-0000"
_PHONE_NUMBER_ID = "900000000000001"
_FLOW = "f900001"
_AGENT_ID = 41
_DIRECTIONS = {MessageRole.USER: "in", MessageRole.BOT: "out", MessageRole.AGENT: "agent"}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who writes, as the platforms know them. `phone` is E.164."""

    number: int
    name: str
    phone: str
    email: str

    @property
    def telegram_id(self) -> int:
        """Telegram's number of this person, of the private chat too."""
        return 7_000_000_000 + self.number

    @property
    def user_ns(self) -> str:
        """UChat's name of this person on the bot."""
        return f"{_FLOW}u{self.number}"


@dataclass(frozen=True, slots=True)
class Line:
    """A message on its way: who has the conversation, who wrote what in it, and when."""

    id: str
    person: Person
    role: MessageRole
    text: str
    sent_at: datetime

    @property
    def timestamp(self) -> int:
        """When it was written, in unix seconds, as all three platforms tell it."""
        return int(self.sent_at.timestamp())


def whatsapp_event(lines: Sequence[Line]) -> JSONObject:
    """Return the Cloud API's event of messages that people wrote; Meta sends several at once."""
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "900000000000002",
                "changes": [{"field": "messages", "value": _whatsapp_value(line)}],
            }
            for line in lines
        ],
    }


def _whatsapp_value(line: Line) -> JSONObject:
    digits = line.person.phone.removeprefix("+")
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": _BUSINESS_PHONE,
            "phone_number_id": _PHONE_NUMBER_ID,
        },
        "contacts": [{"profile": {"name": line.person.name}, "wa_id": digits}],
        "messages": [
            {
                "from": digits,
                "id": line.id,
                "timestamp": str(line.timestamp),
                "type": "text",
                "text": {"body": line.text},
            }
        ],
    }


def telegram_event(line: Line, *, update_id: int, message_id: int) -> JSONObject:
    """Return the Bot API's update of a message that a person wrote in a private chat.

    Telegram numbers updates for each bot and messages for each chat; `line.id` is unused.
    """
    first_name, _, last_name = line.person.name.partition(" ")
    names = {"id": line.person.telegram_id, "first_name": first_name, "last_name": last_name}
    return {
        "update_id": update_id,
        "message": {
            "message_id": message_id,
            "from": {**names, "is_bot": False, "language_code": "pt-br"},
            "chat": {**names, "type": "private"},
            "date": line.timestamp,
            "text": line.text,
        },
    }


def uchat_event(line: Line) -> JSONObject:
    """Return the live-chat webhook's event of a person's, the bot's or an agent's message."""
    agent_id = _AGENT_ID if line.role == MessageRole.AGENT else 0
    return {
        "meta": {"user_ns": line.person.user_ns, "agent_id": agent_id, "flow_ns": _FLOW},
        "subscriber": {
            "name": line.person.name,
            "phone": line.person.phone,
            "email": line.person.email,
        },
        "message": {
            "mid": line.id,
            "type": _DIRECTIONS[line.role],
            "msg_type": "text",
            "agent_id": agent_id,
            "content": line.text,
            "payload": {"text": line.text},
            "ts": line.timestamp,
        },
    }


def proof(platform: Platform, raw: bytes, secret: str) -> dict[str, str]:
    """Return the header by which a platform proves that an event is its own."""
    match platform:
        case Platform.WHATSAPP | Platform.MESSENGER | Platform.INSTAGRAM:
            return {"X-Hub-Signature-256": sign_like_meta(raw, secret)}
        case Platform.TELEGRAM:
            return {"X-Telegram-Bot-Api-Secret-Token": secret}
        case _:
            return {"X-Webhook-Secret": secret}


def sign_like_meta(raw: bytes, secret: str) -> str:
    """Return the value of the header `X-Hub-Signature-256`."""
    return "sha256=" + hmac.digest(secret.encode(), raw, "sha256").hex()
