"""What became of automatic replies, and whether people found them good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.errors import NotFound
from talkhub.replies.deciding import ReplyState
from talkhub.services.audit import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import replies as statements
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reply:
    """What was decided about a message. `message_id` is the person's, in the transcript.

    `model` is the one that wrote the answer, and `trouble` why one that was to write it did not.
    """

    id: int
    conversation_id: str
    message_id: str
    state: str
    reason: str | None
    answer: str | None
    source: str | None
    question: str | None
    score: float | None
    threshold: float | None
    outbound_message_id: int | None
    is_good: bool | None
    judged_by: str | None
    judged_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    model: str | None
    trouble: str | None


def list_replies(
    uow: UnitOfWork,
    *,
    limit: int,
    before: int = LARGEST_ID,
    state: ReplyState | None = None,
    conversation_id: str | None = None,
) -> list[Reply]:
    """Return what was decided, the newest first; `before` is the last id of the page before."""
    params = {
        "workspace_id": uow.workspace_id,
        "limit": limit,
        "before": before,
        "state": state.value if state else None,
        "conversation_id": conversation_id,
    }
    return [Reply(**row) for row in uow.run(statements.REPLIES, params).mappings()]


def judge_reply(
    uow: UnitOfWork, reply_id: int, *, is_good: bool, address: str | None = None
) -> Reply:
    """Say whether an answer was good, and return it; the last word counts. Raises NotFound."""
    params: dict[str, Any] = {"workspace_id": uow.workspace_id, "id": reply_id}
    said = {"is_good": is_good, "actor": uow.scope.actor}
    is_known = 0 < reply_id <= LARGEST_ID
    if not is_known or uow.run(statements.JUDGE_REPLY, {**params, **said}).first() is None:
        raise NotFound("There is no such reply with an answer.")
    action = "reply.judged_good" if is_good else "reply.judged_bad"
    audit(uow, action=action, subject=str(reply_id), address=address)
    return Reply(**uow.run(statements.REPLY, params).mappings().one())
