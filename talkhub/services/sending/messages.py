"""Messages to people: queued with where they go, followed until they are read.

A message goes where its person last wrote, through the account that they wrote to
(`reaching`). What was sent comes into the transcript by the inbox, not from here
(docs/decisions/0022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from talkhub.errors import Invalid, NotFound
from talkhub.names import DeliveryState, MessageRole, OutboundKind, OutboundState, Platform
from talkhub.outbound.senders.base import ApprovedTemplate
from talkhub.services.audit import audit
from talkhub.services.masking import as_stored
from talkhub.services.sending import templates
from talkhub.services.sending.reaching import Chat, Route, refuse_closed_window, route_to
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import messages as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

LONGEST_TEXT = {Platform.MESSENGER: 2000, Platform.INSTAGRAM: 1000}
LONGEST_ELSEWHERE = 4096
QUEUED = "queued"
_SAID = ("text", "template", "attributes")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that somebody wants sent: one of a text, a template, an approved template.

    `channel_id` names the account; without it the one is taken on which the person wrote
    last. `is_pinned` as in a Chat. `attributes` stand in the transcript beside the message.
    """

    user_id: str
    role: MessageRole
    text: str | None = None
    template: str | None = None
    approved: ApprovedTemplate | None = None
    channel_id: int | None = None
    is_pinned: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


def queue_message(uow: UnitOfWork, wanted: Wanted) -> dict[str, Any]:
    """Write a message into the outbox and return how it stands.

    Raises NotFound for a person whom nobody knows, Unreachable, WindowClosed, and Invalid
    for what the channel does not take.
    """
    route = route_to(uow, Chat(wanted.user_id, wanted.channel_id, is_pinned=wanted.is_pinned))
    refuse_closed_window(route, is_free_text=wanted.approved is None)
    payload = {
        "user_id": route.user_id,
        "address": route.address,
        "role": wanted.role.value,
        **({"attributes": dict(wanted.attributes)} if wanted.attributes else {}),
        **_content(uow, wanted, route),
    }
    # Ids are given in the order in which messages to one person become visible.
    uow.run(LOCK, {"key": f"messages:{uow.workspace_id}:{route.channel_id}:{route.profile_id}"})
    message_id = uow.run(
        statements.ADD_MESSAGE,
        {
            "workspace_id": uow.workspace_id,
            "channel_id": route.channel_id,
            "profile_id": route.profile_id,
            "kind": OutboundKind.MESSAGE.value,
            "payload": uow.json(payload),
        },
    ).scalar_one()
    audit(uow, action="message.queued", subject=str(message_id), address=None)
    return find_message(uow, message_id)


def find_message(uow: UnitOfWork, message_id: int) -> dict[str, Any]:
    """Return how a message stands. Raises NotFound."""
    if not 0 < message_id <= LARGEST_ID:
        raise NotFound("There is no such message.")
    key = {"workspace_id": uow.workspace_id, "id": message_id}
    row = uow.run(statements.MESSAGE, key).mappings().first()
    if row is None:
        raise NotFound("There is no such message.")
    return _as_told(uow, row)


def latest_messages(uow: UnitOfWork, profile_id: int, *, limit: int) -> list[dict[str, Any]]:
    """Return the last messages to a person, the newest first."""
    key = {"workspace_id": uow.workspace_id, "profile_id": profile_id, "limit": limit}
    rows = uow.run(statements.LATEST_MESSAGES, key).mappings().all()
    return [_as_told(uow, row) for row in rows]


def payload_as_stored(uow: UnitOfWork, payload: dict[str, Any]) -> dict[str, Any]:
    """Return a message's payload as the workspace wants it stored once it was sent."""
    return {**payload, **as_stored(uow, said_of(payload))}


def said_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a message's payload is said; the rest is where it goes."""
    return {name: payload[name] for name in _SAID if name in payload}


def _content(uow: UnitOfWork, wanted: Wanted, route: Route) -> dict[str, Any]:
    if wanted.approved is not None:
        if route.kind != Platform.WHATSAPP:
            detail = f"Approved templates are WhatsApp's; this person wrote on {route.kind}."
            raise Invalid.at("approved_template", detail=detail, code="not_on_this_channel")
        return {"text": "", "template": asdict(_filled_in(uow, wanted.approved, route))}
    if wanted.template is None:
        return {"text": _fitting(wanted.text or "", route, "text")}
    values = templates.values_of(uow, route.profile_id, session_id=route.session_id)
    text = templates.fill(wanted.template, values, at=("template",))
    return {"text": _fitting(text, route, "template")}


def _filled_in(uow: UnitOfWork, approved: ApprovedTemplate, route: Route) -> ApprovedTemplate:
    """Return an approved template whose parameters may hold variables too."""
    if not any("{" in parameter for parameter in approved.parameters):
        return approved
    values = templates.values_of(uow, route.profile_id, session_id=route.session_id)
    parameters = (
        templates.fill(text, values, at=("approved_template", "parameters", number))
        for number, text in enumerate(approved.parameters)
    )
    return ApprovedTemplate(approved.name, approved.language, tuple(parameters))


def _fitting(text: str, route: Route, field: str) -> str:
    longest = LONGEST_TEXT.get(Platform(route.kind), LONGEST_ELSEWHERE)
    if not text.strip():
        raise Invalid.at(field, detail="There is nothing to say.", code="empty")
    is_counted_in_bytes = route.kind == Platform.INSTAGRAM
    if len(text.encode() if is_counted_in_bytes else text) > longest:
        unit = "bytes of UTF-8" if is_counted_in_bytes else "characters"
        detail = f"On {route.kind} a message has at most {longest} {unit}."
        raise Invalid.at(field, detail=detail, code="too_long")
    return text


def _as_told(uow: UnitOfWork, row: Mapping[Any, Any]) -> dict[str, Any]:
    # Answers are kept under idempotency keys, so they tell what stays and not what waits.
    payload = payload_as_stored(uow, row["payload"])
    state = _state(row)
    return {
        "id": row["id"],
        "state": state,
        "user_id": payload["user_id"],
        "channel_id": row["channel_id"],
        "channel": row["channel"],
        "role": payload["role"],
        "text": payload["text"],
        "approved_template": payload.get("template"),
        "attempts": row["attempts"],
        "failure": row["failure"],
        "error": row["reason"] or row["last_error"],
        "session_id": row["session_id"],
        "conversation_id": row["conversation_id"],
        "message_id": row["message_id"],
        "created_at": row["created_at"],
        "sent_at": row["sent_at"],
    }


def _state(row: Mapping[Any, Any]) -> str:
    """Return how far a message has come, by the provider's statuses once it was taken."""
    match row["state"]:
        case OutboundState.PENDING:
            return QUEUED
        case OutboundState.DEAD:
            return DeliveryState.FAILED.value
        case _:
            return str(row["delivery_state"] or DeliveryState.SENT.value)
