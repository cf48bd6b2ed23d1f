"""UChat (and TalkHub, its white label): External Requests, the live-chat webhook, events.

Whoever builds a flow types the body of an External Request by hand, so names of fields
are taken in all the usual spellings, and a value that still reads `{{…}}` counts as
absent: the flow had nothing to put there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from talkhub import json_codec
from talkhub.channels import shared_secret, uchat_feedback
from talkhub.channels.base import (
    Happening,
    JSONObject,
    NormalisedMessage,
    PersonSeen,
    ProviderEvent,
    SessionEnd,
)
from talkhub.channels.fields import (
    event_kind,
    filled,
    fingerprint,
    member,
    sent_at,
    text,
)
from talkhub.channels.uchat_fields import (
    KINDS,
    direction,
    first,
    kind_told,
    sender_of,
    told,
    user_id_of,
    without_placeholder,
)
from talkhub.errors import BadRequest
from talkhub.names import MessageRole, Platform
from talkhub.strict_json import read_event

platform: Platform = Platform.UCHAT
verify = shared_secret.verify

_HINT = (
    "In UChat this happens when a person's text has quotes or line breaks and the External "
    "Request puts it into the body unescaped."
)

_TEXT = (
    "message",
    "text",
    "last_input_text",
    "last_text_input",
    "last_user_input",
    "mensagem",
    "mensaje",
    "texto",
)
_TIME = ("timestamp", "ts", "sent_at")
_MESSAGE_ID = ("mid", "_id", "message_id")
_KIND = ("msg_type", "message_type", "type")
_MEDIA_URL = ("media_url", "file_url", "attachment_url")

_MESSAGE_EVENTS = frozenset({"message.received", "message"})
_PERSON_EVENTS = frozenset({"subscriber.created", "subscriber.updated"})
_CLOSING_EVENTS = frozenset(
    {
        "conversation.closed",
        "conversation.done",
        "conversation.resolved",
        "chat.closed",
        "session.closed",
    }
)
_ROLES = {
    "": MessageRole.USER,
    "in": MessageRole.USER,
    "out": MessageRole.BOT,
    "agent": MessageRole.AGENT,
}

_PULLED = "pulled"
_PULLED_FIELDS = ("id", "type", "msg_type", "content", "payload", "ts")
_LONGEST_PULLED_ID = 200

_FORM = re.compile(rb"[\w.%+\[\]-]{1,64}=")
_LONGEST_PING = 64
_RETRIES_WITHIN_SECONDS = 30
_TYPED_TIME_WITHIN = timedelta(days=1)


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
    payload = _document(raw)
    said = told(payload)
    kind = _kind_of_event(payload, said)
    moment = _moment(payload, said, received_at)
    external_id = _message_id(payload, said, received_at) if kind == "message" else ""
    if not external_id:
        external_id = fingerprint(raw + _occasion(moment, received_at).encode())
    return [ProviderEvent(external_id, kind, raw, payload)]


def pulled(user_id: str, told: JSONObject) -> ProviderEvent:
    """Return a message that UChat's interface told of a person's chat, as an event.

    It is shaped like the live chat's. The interface numbers messages by ids of its own, so
    these are kept apart from those of pushed events.
    """
    message: JSONObject = {name: told[name] for name in _PULLED_FIELDS if name in told}
    payload: JSONObject = {"meta": {"user_ns": user_id}, "message": message, _PULLED: True}
    return ProviderEvent(_pulled_id(payload), "pulled_message", json_codec.dumps(payload), payload)


def is_pulled(external_id: str) -> bool:
    """Tell whether a message was pulled: its pushed event, if there was one, has another id."""
    return external_id.startswith(f"{_PULLED}:")


def normalise(payload: JSONObject, received_at: datetime) -> Happening | None:
    """Return what an event means, or None if it names nobody or tells what we do not follow."""
    said = told(payload)
    kind = _kind_of_event(payload, said)
    if not user_id_of(said):
        return None
    if kind == "message":
        return _message(payload, said, received_at)
    moment = _moment(payload, said, received_at)
    if kind in _PERSON_EVENTS:
        return PersonSeen(sender_of(said), moment)
    if kind in _CLOSING_EVENTS:
        return SessionEnd(platform, sender_of(said), moment)
    if kind in uchat_feedback.EVENTS:
        return uchat_feedback.feedback(kind, said, sender_of(said), moment)
    return None


def answer_address(payload: JSONObject) -> dict[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: the person's id belongs to one bot."""
    return {}


def _message(
    payload: JSONObject, said: Mapping[str, str], received_at: datetime
) -> NormalisedMessage | None:
    role = _ROLES.get(direction(payload))
    if role is None:
        return None
    content, named = _content(payload, said), first(said, _KIND)
    kind = KINDS.get(named, "text" if content else "unknown")
    attributes = filled(url=_media_url(payload, said), type=event_kind(named))
    return NormalisedMessage(
        platform=platform,
        sender=sender_of(said),
        role=role,
        kind=kind,
        content=content,
        sent_at=_moment(payload, said, received_at),
        external_id=_message_id(payload, said, received_at),
        attributes={} if kind == "text" else attributes,
    )


def _document(raw: bytes) -> JSONObject:
    """Return the body's object: JSON, or the fields of a form."""
    try:
        document = read_event(raw)
    except BadRequest as error:
        if _FORM.match(raw):
            return _form_fields(raw)
        raise BadRequest(f"{error.detail} {_HINT}") from error
    return document if isinstance(document, dict) else {}


def _form_fields(raw: bytes) -> JSONObject:
    fields = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    return {name.replace("\0", "\ufffd"): value.replace("\0", "\ufffd") for name, value in fields}


def _kind_of_event(payload: JSONObject, said: Mapping[str, str]) -> str:
    if _is_ping(payload):
        return "ping"
    if payload.get("action") and isinstance(payload.get("parameters"), dict):
        # A tool's call, as the flow's action block writes it, sent to the wrong address.
        return "tool_call"
    event = without_placeholder(payload.get("event"))
    if event and event not in _MESSAGE_EVENTS:
        return event_kind(event)
    if _content(payload, said) or _is_media(payload, said):
        return "message"
    return event_kind(without_placeholder(member(payload, "message", "msg_type")) or event)


def _is_ping(document: object) -> bool:
    return isinstance(document, dict) and len(document) == 1 and document.get("test") is True


def _content(payload: JSONObject, said: Mapping[str, str]) -> str:
    message = payload.get("message")
    if not isinstance(message, dict):
        return first(said, _TEXT)
    # What UChat heard in a voice message is what it says.
    words = (member(message, "payload", name) for name in ("text", "transcribed_text"))
    written = next(filter(None, map(without_placeholder, words)), "")
    # Beside a picture or a file, `content` may hold its address.
    if not written and without_placeholder(message.get("msg_type")) not in KINDS:
        written = without_placeholder(message.get("content"))
    return written or first(said, _TEXT)


def _is_media(payload: JSONObject, said: Mapping[str, str]) -> bool:
    """Tell whether something without words was sent: the live chat names its kind."""
    return bool(_media_url(payload, said)) or kind_told(payload) not in {"", "text"}


def _media_url(payload: JSONObject, said: Mapping[str, str]) -> str:
    return without_placeholder(member(payload, "message", "payload", "url")) or first(
        said, _MEDIA_URL
    )


def _message_id(payload: JSONObject, said: Mapping[str, str], received_at: datetime) -> str:
    """Return the message's own id, or one made of what it says; "" if it says nothing.

    The person is part of it: a channel's message ids may be unique only in its chat.
    Most External Requests have no id. Then the same text of the same person at the same
    time is the same message, be it a retry or a flow that posts it from two steps.
    """
    if payload.get(_PULLED) is True:
        return _pulled_id(payload)
    user_id = user_id_of(said)
    content = _content(payload, said) or _media_url(payload, said) or first(said, _KIND)
    if not user_id or not content:
        return ""
    own_id = first(said, _MESSAGE_ID)
    if own_id:
        return f"{user_id}:{own_id}"
    occasion = _occasion(_moment(payload, said, received_at), received_at)
    parts = (user_id, direction(payload), content, occasion)
    return fingerprint("\n".join(parts).encode())


def _pulled_id(payload: JSONObject) -> str:
    own_id = text(member(payload, "message", "id")) or fingerprint(json_codec.dumps(payload))
    name = f"{text(member(payload, 'meta', 'user_ns'))}:{own_id}"
    kept = name if len(name) <= _LONGEST_PULLED_ID else fingerprint(name.encode())
    return f"{_PULLED}:{kept}"


def _moment(payload: JSONObject, said: Mapping[str, str], received_at: datetime) -> datetime:
    """Return when something was said, or `received_at` where nobody tells it truly.

    The live chat's `ts` is UChat's own: it holds however late the event is delivered. Any
    other time is typed into a flow by hand. One that is far from ours is a constant left
    there, and would put all messages at one moment, long ago and in no order.
    """
    own = without_placeholder(member(payload, "message", "ts"))
    if own:
        return sent_at(own, received_at)
    typed = sent_at(first(said, _TIME), received_at)
    return typed if received_at - typed < _TYPED_TIME_WITHIN else received_at


def _occasion(moment: datetime, received_at: datetime) -> str:
    """Return what tells a repetition from a retry: the event's own time, else ours.

    Without a time of its own, what arrives within the same half minute is one event.
    """
    if moment != received_at:
        return moment.isoformat()
    return str(int(received_at.timestamp()) // _RETRIES_WITHIN_SECONDS)
