"""A message that we sent ourselves, as an event: what the provider's echo of it would say.

Most providers tell nobody what came through their interface, some do. So what was sent goes
through the inbox like everything else, under the name that an echo would have: whichever of
the two comes second is known by then (docs/decisions/0022).
"""

from __future__ import annotations

from datetime import datetime

from talkhub import json_codec
from talkhub.channels.base import JSONObject, NormalisedMessage, ProviderEvent, Sender
from talkhub.channels.fields import filled, member, sent_at, text
from talkhub.names import MessageRole, Platform

KIND = "sent:message"
"""No provider's event is called so: `event_kind` lets no colon through."""

_OWN = "sent:"


def own_id(number: int) -> str:
    """Name a message for which its provider has no name."""
    return f"{_OWN}{number}"


def is_own(external_id: str) -> bool:
    """Tell whether a message is one of ours whose provider has no name for it."""
    return external_id.startswith(_OWN)


def event(message: NormalisedMessage) -> ProviderEvent:
    """Return the event that tells of a message of ours."""
    payload: JSONObject = {
        "platform": message.platform.value,
        "user_id": message.sender.user_id,
        "role": message.role.value,
        "kind": message.kind,
        "content": message.content,
        "sent_at": message.sent_at.isoformat(),
        "external_id": message.external_id,
        "attributes": message.attributes,
        **filled(alias=message.alias),
    }
    raw = json_codec.dumps(payload)
    return ProviderEvent(f"{_OWN}{message.external_id}", KIND, raw, payload)


def normalise(payload: JSONObject, received_at: datetime) -> NormalisedMessage | None:
    """Return the message that such an event tells of, or None where it was forgotten."""
    if not payload:
        return None
    attributes = member(payload, "attributes")
    return NormalisedMessage(
        platform=Platform(text(payload.get("platform"))),
        sender=Sender(user_id=text(payload.get("user_id"))),
        role=MessageRole(text(payload.get("role"))),
        kind=text(payload.get("kind")),
        content=str(payload.get("content", "")),
        sent_at=sent_at(payload.get("sent_at"), received_at),
        external_id=text(payload.get("external_id")),
        alias=text(payload.get("alias")) or None,
        attributes=attributes if isinstance(attributes, dict) else {},
    )
