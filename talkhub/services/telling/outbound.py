"""Tell a workspace's endpoints what happened, in the transaction in which it happened.

A workspace without endpoints costs one small read for each batch, and nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub import clock, json_codec
from talkhub.names import CompletionStatus, MessageRole, Sentiment, WebhookEvent
from talkhub.services.talking.channel_sessions import ChannelSession
from talkhub.services.talking.transcripts import format_time
from talkhub.store.statements import outbox as statements
from talkhub.store.uow import UnitOfWork

MAX_BODY_BYTES = 20_000
"""What Standard Webhooks asks bodies to stay below. Longer texts are cut, and it is said."""

_STILL_OPEN = frozenset({None, CompletionStatus.OPEN})
_OF_CONVERSATION = (
    "conversation_id",
    "session_id",
    "user_id",
    "platform",
    "part",
    "status",
    "message_count",
    "started_at",
    "last_message_at",
)
_OF_ANALYSIS = (
    "language",
    "sentiment",
    "score",
    "intent",
    "confidence",
    "topics",
    "completion",
    "course",
)


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, as endpoints are told it."""

    event: WebhookEvent
    at: datetime
    data: Mapping[str, Any]
    profile_id: int | None = None
    conversation_id: int | None = None


def tell(uow: UnitOfWork, happened: Callable[[], Iterable[Told]]) -> None:
    """Write what happened into the outbox, for each active endpoint that wants to hear of it.

    `happened` is only asked where somebody listens.
    """
    key = {"workspace_id": uow.workspace_id}
    listening = [(row[0], set(row[1])) for row in uow.run(statements.ENDPOINTS_LISTENING, key)]
    if listening:
        rows = [
            message_row(endpoint_id, told, body)
            for told in happened()
            if (heard_by := [id_ for id_, events in listening if told.event in events])
            for body in (body_of(told),)
            for endpoint_id in heard_by
        ]
        add_messages(uow, rows)


def add_messages(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write messages into the outbox and return their ids."""
    if not rows:
        return []
    params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows)}
    return [row[0] for row in uow.run(statements.ADD_MESSAGES, params)]


def message_row(endpoint_id: int, told: Told, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message for one endpoint as the outbox takes it."""
    return {
        "endpoint_id": endpoint_id,
        "profile_id": told.profile_id,
        "conversation_id": told.conversation_id,
        "kind": told.event.value,
        "payload": body,
    }


def body_of(told: Told) -> dict[str, Any]:
    """Return the body that every endpoint is sent; its id is the same for all of them.

    The id is random: ids that count would begin anew with another database, and
    receivers would take new messages for repeated ones.
    """
    return {
        "id": f"msg_{secrets.token_hex(16)}",
        "type": told.event.value,
        "timestamp": format_time(told.at),
        "data": dict(told.data),
    }


def messages_received(sessions: Sequence[ChannelSession]) -> Iterable[Told]:
    """Tell of the messages that people sent on channels."""
    for session in sessions:
        for stored, _ in session.arrivals:
            if stored["role"] == MessageRole.USER:
                told = {name: stored.get(name) for name in ("id", "role", "kind", "external_id")}
                yield Told(
                    WebhookEvent.MESSAGE_RECEIVED,
                    clock.now(),
                    {
                        "session_id": session.session_id,
                        "user_id": session.user_id,
                        "platform": session.platform,
                        "message": {
                            **told,
                            "timestamp": stored["timestamp"],
                            **_within_cap(stored["content"]),
                        },
                    },
                    profile_id=session.profile_id,
                )


def analyses_stored(rows: Sequence[Mapping[str, Any]]) -> Iterable[Told]:
    """Tell of conversations that were analysed just now, and what that shows for the first time.

    Whatever begins, grows or ends makes a conversation due for analysis in its own
    transaction: so this is the one place that sees every beginning and every end once.
    """
    for row in rows:
        about = {name: row[name] for name in _OF_CONVERSATION}
        analysis = {name: row[name] for name in _OF_ANALYSIS}
        for event in events_shown(row):
            is_bare = event == WebhookEvent.CONVERSATION_STARTED
            yield Told(
                event,
                clock.now(),
                about if is_bare else {**about, "analysis": analysis},
                profile_id=row["profile_id"],
                conversation_id=row["id"],
            )


def events_shown(row: Mapping[str, Any]) -> Iterable[WebhookEvent]:
    """Return what an analysis that was just stored shows of its conversation."""
    if row["version_before"] is None:
        yield WebhookEvent.CONVERSATION_STARTED
    yield WebhookEvent.CONVERSATION_ANALYZED
    if row["outcome_before"] in _STILL_OPEN and row["completion"] not in _STILL_OPEN:
        yield WebhookEvent.CONVERSATION_CLOSED
    if row["sentiment"] == Sentiment.NEGATIVE and row["sentiment_before"] != Sentiment.NEGATIVE:
        yield WebhookEvent.NEGATIVE_SENTIMENT


def profile_updated(profile: Mapping[str, Any], changed: Iterable[str], source: str) -> Told:
    """Tell that a person's profile changed: which fields, not to what."""
    return Told(
        WebhookEvent.PROFILE_UPDATED,
        clock.now(),
        {
            "user_id": profile["user_id"],
            "revision": profile["revision"],
            "changed": sorted(changed),
            "source": source,
        },
        profile_id=profile["id"],
    )


def forget_texts(uow: UnitOfWork, message_ids: Sequence[str]) -> None:
    """Blank messages that their people took back, told already or not."""
    key = {"workspace_id": uow.workspace_id, "message_ids": list(message_ids)}
    uow.run(statements.FORGET_TEXTS, key)


def _within_cap(content: str) -> dict[str, Any]:
    """Return a text that leaves room for the rest of a body."""
    room = MAX_BODY_BYTES - 4_000
    cut = content[:room]
    while len(json_codec.dumps(cut)) > room:
        cut = cut[: len(cut) * 3 // 4]
    return {"content": cut} if cut == content else {"content": cut, "is_cut": True}
