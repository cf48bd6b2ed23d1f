"""Asks again before an automatic message goes out: minutes may lie between decision and sending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from talkhub import clock, metrics
from talkhub.errors import NotFound, OptedOut
from talkhub.names import OutboundKind, SendFailure
from talkhub.replies.deciding import Reason, ReplyMode, ReplyState
from talkhub.services.answering.reply_settings import settings_of
from talkhub.services.audit import audit
from talkhub.services.sending.reaching import Chat, what_hinders
from talkhub.services.sending.replying import QueuedMessage
from talkhub.store.statements import replies as statements
from talkhub.store.statements.messages import WITHDRAW_MESSAGE
from talkhub.store.uow import UnitOfWork

HELD = timedelta(hours=12)
"""So long a person of the team has a conversation in which they say nothing more."""


def held_since() -> dict[str, Any]:
    """Return the parameter by which statements know who still has a conversation."""
    return {"held_since": clock.now() - HELD}


def can_send(uow: UnitOfWork, chat: Chat) -> bool:
    """Tell whether a chat takes free text now: it is open, and nobody blocked or opted out."""
    if chat.channel_id is None:
        return False
    try:
        return what_hinders(uow, chat) is None
    except (OptedOut, NotFound):
        return False


def is_automatic(message: QueuedMessage) -> bool:
    """Tell whether a message was decided about by nobody, and is to be asked about again."""
    return message.kind == OutboundKind.MESSAGE and _reply_id(message) is not None


def what_hinders_now(uow: UnitOfWork, message: QueuedMessage) -> Reason | None:
    """Return why an automatic message must not go out any more; None if it may."""
    key = {"workspace_id": uow.workspace_id, "id": _reply_id(message)}
    row = uow.run(statements.BEFORE_SENDING, {**key, **held_since()}).first()
    if row is None or row.is_erased:
        return Reason.OUTDATED
    if row.state == ReplyState.SUGGESTED:
        return None  # it was taken back, and then somebody sent it round again by hand
    settings = settings_of(uow)
    hindrances = {
        Reason.OUTDATED: settings.mode is not ReplyMode.ANSWER,
        Reason.OPTED_OUT: row.has_refused,
        Reason.WITH_A_PERSON: row.is_with_person,
        Reason.QUIET_HOURS: settings.is_quiet(row.local_time),
        Reason.CANNOT_SEND: not can_send(uow, Chat(row.user_id, row.channel_id, is_pinned=True)),
    }
    return next((reason for reason, holds in hindrances.items() if holds), None)


def withdraw(uow: UnitOfWork, message: QueuedMessage, reason: Reason) -> None:
    """Have a claimed automatic message not go out; its reply is laid before agents instead."""
    key = {"workspace_id": uow.workspace_id, "id": message.id, "fence": message.fence}
    why = {"failure": SendFailure.WITHDRAWN.value, "error": f"withdrawn: {reason.value}"}
    if uow.run(WITHDRAW_MESSAGE, {**key, **why}).first() is None:
        return
    reply_id = _reply_id(message)
    reply = {"workspace_id": uow.workspace_id, "id": reply_id, "outbound_message_id": message.id}
    uow.run(statements.TAKE_ANSWER_BACK, {**reply, "reason": reason.value})
    detail = {"message": message.id, "reason": reason.value}
    audit(uow, action="reply.withdrawn", subject=str(reply_id), address=None, detail=detail)
    metrics.outgoing.labels(message.account_kind, SendFailure.WITHDRAWN.value).inc()


def _reply_id(message: QueuedMessage) -> int | None:
    mark = (message.payload.get("attributes") or {}).get("automatic") or {}
    return mark.get("reply_id")
