"""UChat (and TalkHub, its white label): External Requests, the live-chat webhook, events.

Whoever builds a flow types the body of an External Request by hand, so names of fields
are taken in all the usual spellings, and a value that still reads `{{…}}` counts as
absent: the flow had nothing to put there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from talkhub.channels import signatures
from talkhub.channels.base import Headers, JSONObject, NormalisedMessage, ProviderEvent, Sender
from talkhub.channels.fields import event_kind, fingerprint, is_phone_digits, member, sent_at, text
from talkhub.errors import BadRequest
from talkhub.names import MessageRole, Platform
from talkhub.strict_json import read_event

platform: Platform = Platform.UCHAT

_SECRET_HEADERS = ("x-webhook-secret", "x-talkhub-secret")
_SIGNATURE_HEADERS = ("x-signature-256", "x-hub-signature-256")
_HINT = (
    "No UChat isto acontece quando o texto da pessoa traz aspas ou quebra de linha e entra "
    "sem tratamento no corpo da requisição externa."
)

_USER = ("user_ns", "user_id", "subscriber_id")
_USER_NS = re.compile(r"f[0-9]+u[0-9]+")
_TEXT = (
    "message",
    "text",
    "last_input_text",
    "last_text_input",
    "last_user_input",
    "mensagem",
    "texto",
)
_NAME = ("name", "nome", "full_name", "nome_completo", "subscriber_name")
_PHONE = ("phone", "telefone", "phone_number", "celular", "whatsapp", "mobile")
_EMAIL = ("email", "e-mail", "email_address", "subscriber_email")
_LOCALE = ("locale", "language")
_TIME = ("timestamp", "ts", "sent_at")
_MESSAGE_ID = ("mid", "_id", "message_id")
_KIND = ("msg_type", "message_type", "type")

_MESSAGE_EVENTS = frozenset({"message.received", "message"})
_KINDS = {"image": "image", "audio": "audio", "video": "video", "file": "document"}
_ROLES = {
    "": MessageRole.USER,
    "in": MessageRole.USER,
    "out": MessageRole.BOT,
    "agent": MessageRole.AGENT,
}

_PLACEHOLDERS = re.compile(r"(\{\{[^{}]*\}\}\s*)+")
_PHONE_PUNCTUATION = re.compile(r"[\s().-]")
_LONGEST_PING = 64
_RETRIES_WITHIN_SECONDS = 30
_TYPED_TIME_WITHIN = timedelta(days=1)


def verify(raw: bytes, headers: Headers, secrets: Sequence[str]) -> bool:
    """Tell whether a bearer token, a secret header or a signature fits.

    UChat signs nothing; a flow can only add headers of its own. Callers who can sign
    may do so in Meta's manner.
    """
    given = signatures.by_lower_name(headers)
    scheme, _, token = given.get("authorization", "").partition(" ")
    shown = [given.get(name, "") for name in _SECRET_HEADERS]
    if scheme.lower() == "bearer":
        shown.append(token.strip())
    if any(signatures.is_shared_secret(secret, secrets) for secret in shown):
        return True
    signed = (given.get(name, "") for name in _SIGNATURE_HEADERS)
    return any(signatures.is_hmac_sha256(raw, signature, secrets) for signature in signed)


def is_ping(raw: bytes) -> bool:
    """Tell whether a body is exactly `{"test": true}`, which needs no secret.

    Anything longer is not read at all: at this point anybody may have sent it.
    """
    if len(raw) > _LONGEST_PING:
        return False
    try:
        return _is_ping(read_event(raw))
    except BadRequest:
        return False


def split(raw: bytes, received_at: datetime) -> list[ProviderEvent]:
    """Return the one event that a POST of UChat holds."""
    try:
        document = read_event(raw)
    except BadRequest as error:
        raise BadRequest(f"{error.detail} {_HINT}") from error
    payload = document if isinstance(document, dict) else {}
    said = _said(payload)
    kind = _kind_of_event(payload, said)
    moment = _moment(payload, said, received_at)
    external_id = _message_id(payload, said, received_at) if kind == "message" else ""
    if not external_id:
        external_id = fingerprint(raw + _occasion(moment, received_at).encode())
    return [ProviderEvent(external_id, kind, raw, payload)]


def normalise(payload: JSONObject, received_at: datetime) -> NormalisedMessage | None:
    """Return the message in an event, or None if it holds no text or names nobody."""
    said = _said(payload)
    role = _ROLES.get(_direction(payload))
    external_id = _message_id(payload, said, received_at)
    if role is None or not external_id or _kind_of_event(payload, said) != "message":
        return None
    return NormalisedMessage(
        platform=platform,
        sender=_sender(said),
        role=role,
        kind=_KINDS.get(_first(said, _KIND), "text"),
        content=_content(payload, said),
        sent_at=_moment(payload, said, received_at),
        external_id=external_id,
    )


def _said(payload: JSONObject) -> dict[str, str]:
    """Return the filled fields of all places they may stand in, the most telling last."""
    data = payload.get("data")
    places = (
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
            filled = ((name, _filled(value)) for name, value in place.items())
            said.update((name, value) for name, value in filled if value)
    return said


def _filled(value: object) -> str:
    found = text(value)
    return "" if _PLACEHOLDERS.fullmatch(found) else found


def _first(said: Mapping[str, str], names: Sequence[str]) -> str:
    return next((said[name] for name in names if name in said), "")


def _kind_of_event(payload: JSONObject, said: Mapping[str, str]) -> str:
    if _is_ping(payload):
        return "ping"
    if payload.get("action") and isinstance(payload.get("parameters"), dict):
        # A tool's call, as the flow's action block writes it, sent to the wrong address.
        return "tool_call"
    event = _filled(payload.get("event"))
    if event and event not in _MESSAGE_EVENTS:
        return event_kind(event)
    if _content(payload, said):
        return "message"
    return event_kind(_filled(member(payload, "message", "msg_type")) or event)


def _is_ping(document: object) -> bool:
    return isinstance(document, dict) and len(document) == 1 and document.get("test") is True


def _content(payload: JSONObject, said: Mapping[str, str]) -> str:
    message = payload.get("message")
    if not isinstance(message, dict):
        return _first(said, _TEXT)
    written = _filled(member(message, "payload", "text"))
    # Beside a picture or a file, `content` may hold its address.
    if not written and _filled(message.get("msg_type")) not in _KINDS:
        written = _filled(message.get("content"))
    return written or _first(said, _TEXT)


def _direction(payload: JSONObject) -> str:
    return text(member(payload, "message", "type"))


def _message_id(payload: JSONObject, said: Mapping[str, str], received_at: datetime) -> str:
    """Return the message's own id, or one made of what it says; "" if it says nothing.

    The person is part of it: a channel's message ids may be unique only in its chat.
    Most External Requests have no id. Then the same text of the same person at the same
    time is the same message, be it a retry or a flow that posts it from two steps.
    """
    user_id, content = _user_id(said), _content(payload, said)
    if not user_id or not content:
        return ""
    own_id = _first(said, _MESSAGE_ID)
    if own_id:
        return f"{user_id}:{own_id}"
    occasion = _occasion(_moment(payload, said, received_at), received_at)
    parts = (user_id, _direction(payload), content, occasion)
    return fingerprint("\n".join(parts).encode())


def _moment(payload: JSONObject, said: Mapping[str, str], received_at: datetime) -> datetime:
    """Return when something was said, or `received_at` where nobody tells it truly.

    The live chat's `ts` is UChat's own: it holds however late the event is delivered. Any
    other time is typed into a flow by hand. One that is far from ours is a constant left
    there, and would put all messages at one moment, long ago and in no order.
    """
    own = _filled(member(payload, "message", "ts"))
    if own:
        return sent_at(own, received_at)
    typed = sent_at(_first(said, _TIME), received_at)
    return typed if received_at - typed < _TYPED_TIME_WITHIN else received_at


def _occasion(moment: datetime, received_at: datetime) -> str:
    """Return what tells a repetition from a retry: the event's own time, else ours.

    Without a time of its own, what arrives within the same half minute is one event.
    """
    if moment != received_at:
        return moment.isoformat()
    return str(int(received_at.timestamp()) // _RETRIES_WITHIN_SECONDS)


def _sender(said: Mapping[str, str]) -> Sender:
    names = [said[part] for part in ("first_name", "last_name") if part in said]
    return Sender(
        user_id=_user_id(said),
        name=_first(said, _NAME) or " ".join(names) or None,
        phone=_phone(_first(said, _PHONE)) or None,
        email=_first(said, _EMAIL) or None,
        locale=_first(said, _LOCALE) or None,
    )


def _user_id(said: Mapping[str, str]) -> str:
    """Return the `user_ns`, which names a person on a bot, or what stands in its place."""
    user_id = _first(said, _USER)
    if user_id:
        return user_id
    # A bare `id` may as well be a ticket's: it counts only when it is built like a user_ns.
    bare_id = said.get("id", "")
    return bare_id if _USER_NS.fullmatch(bare_id) else ""


def _phone(written: str) -> str:
    """Return an international number as E.164, any other as it was written."""
    bare = _PHONE_PUNCTUATION.sub("", written)
    return bare if bare.startswith("+") and is_phone_digits(bare[1:]) else written
