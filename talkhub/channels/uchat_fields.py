"""How authors of UChat flows name what they tell of a person, and where they put it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from talkhub.channels.base import JSONObject, Sender
from talkhub.channels.fields import is_phone_digits, member, text
from talkhub.channels.phones import international

_USER = ("user_ns", "user_id", "subscriber_id")
_USER_NS = re.compile(r"f[0-9]+u[0-9]+")
_NAME = (
    "name",
    "nome",
    "nombre",
    "full_name",
    "nome_completo",
    "nombre_completo",
    "subscriber_name",
)
_PHONE = ("phone", "telefone", "telefono", "phone_number", "celular", "whatsapp", "mobile")
_EMAIL = ("email", "e-mail", "correo", "email_address", "subscriber_email")
_LOCALE = ("locale", "language")
_CHANNEL = ("channel", "platform", "canal", "channel_type")

_PLACES = (
    "contact",
    "contato",
    "customer",
    "cliente",
    "lead",
    "user",
    "usuario",
    "payload",
    "body",
)
"""Further names under which authors of flows put what they send of a person or message."""
KINDS = {
    "image": "image",
    "audio": "audio",
    "voice": "voice",
    "video": "video",
    "file": "document",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "contact": "contacts",
}
"""What UChat and authors of flows call the kinds of messages, and what we do."""
_DIRECTIONS = {"agent_message": "agent", "bot_message": "out"}
_PLACEHOLDERS = re.compile(r"(\{\{[^{}]*\}\}\s*)+")


def told(payload: JSONObject) -> dict[str, str]:
    """Return the filled fields of all places they may stand in, the most telling last."""
    data = payload.get("data")
    places = (
        *(member(around, name) for around in (data, payload) for name in _PLACES),
        payload.get("meta"),
        payload.get("subscriber"),
        member(data, "subscriber"),
        payload,
        data,
        payload.get("message"),
    )
    said: dict[str, str] = {}
    for place in places:
        if isinstance(place, dict):
            known = ((name, without_placeholder(value)) for name, value in place.items())
            said.update((name, value) for name, value in known if value)
    return said


def without_placeholder(value: object) -> str:
    """Return a value's text, unless it still reads `{{…}}`."""
    found = text(value)
    return "" if _PLACEHOLDERS.fullmatch(found) else found


def kind_told(payload: JSONObject) -> str:
    """Return what a message is called: `msg_type` tells it, and in some white labels `type`."""
    message = payload.get("message")
    named = without_placeholder(member(message, "msg_type"))
    other = without_placeholder(member(message, "type"))
    return named or (other if other in KINDS else "")


def direction(payload: JSONObject) -> str:
    """Return who wrote: `in`, `out`, `agent`, what we do not know, or "" where nobody says."""
    told_of = text(member(payload, "message", "type"))
    if told_of and told_of != "text" and told_of not in KINDS:
        return told_of
    return _DIRECTIONS.get(text(payload.get("type")), "")


def first(said: Mapping[str, str], names: Sequence[str]) -> str:
    """Return what is told under the first of some names that tells anything."""
    return next((said[name] for name in names if name in said), "")


def sender_of(said: Mapping[str, str]) -> Sender:
    """Return the person that the fields name."""
    names = [said[part] for part in ("first_name", "last_name") if part in said]
    return Sender(
        user_id=user_id_of(said),
        name=first(said, _NAME) or " ".join(names) or None,
        phone=_phone(said) or None,
        email=first(said, _EMAIL) or None,
        locale=first(said, _LOCALE) or None,
    )


def user_id_of(said: Mapping[str, str]) -> str:
    """Return the `user_ns`, which names a person on a bot, or what stands in its place."""
    user_id = first(said, _USER)
    if user_id:
        return user_id
    # A bare `id` may as well be a ticket's: it counts only when it is built like a user_ns.
    bare_id = said.get("id", "")
    return bare_id if _USER_NS.fullmatch(bare_id) else ""


def _phone(said: Mapping[str, str]) -> str:
    """Return the phone that is told, or the one that a person has as id on WhatsApp."""
    written = first(said, _PHONE)
    if not written and "whatsapp" in first(said, _CHANNEL).lower():
        channel_id = said.get("user_id", "")
        written = f"+{channel_id}" if is_phone_digits(channel_id) else ""
    return international(written)
