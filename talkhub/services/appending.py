"""Append a channel's messages to the sessions and transcripts of their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.channels.base import NormalisedMessage
from talkhub.names import ConversationStatus, SessionStatus
from talkhub.services.growth import fact_columns, new_conversation_id, new_session_id
from talkhub.services.transcripts import (
    Message,
    add_up,
    fingerprint,
    format_time,
    in_order,
    make_message,
    split_parts,
)
from talkhub.store.statements import conversations as statements
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that this drain holds, with its message; None where it holds none."""

    id: int
    fence: int
    channel_id: int | None
    source: str
    message: NormalisedMessage | None

    @property
    def carried(self) -> NormalisedMessage:
        """The message of an event that carries one."""
        if self.message is None:
            raise ValueError("the event carries no message")
        return self.message


@dataclass(slots=True)
class OpenSession:
    """A session that messages are appended to, and its transcript's last part."""

    session_id: str
    user_id: str
    profile_id: int
    platform: str
    channel_id: int | None
    conversation_count: int
    last_message_at: datetime
    status: SessionStatus = SessionStatus.ACTIVE
    close_reason: str | None = None
    row_id: int | None = None
    part: int = 1
    messages: list[Message] = field(default_factory=list)
    arrivals: list[tuple[Message, ClaimedEvent]] = field(default_factory=list)


def append(
    uow: UnitOfWork,
    events: Sequence[ClaimedEvent],
    people: dict[str, int],
    *,
    session_idle: timedelta,
) -> None:
    """Put each message into its person's open session, opening one after a long silence.

    The caller holds the locks of the people; `events` come in the order they were sent.
    """
    _store(uow, _assign(uow, events, people, session_idle=session_idle))


def _assign(
    uow: UnitOfWork,
    events: Sequence[ClaimedEvent],
    people: dict[str, int],
    *,
    session_idle: timedelta,
) -> list[OpenSession]:
    open_sessions = _open_sessions(uow, sorted(set(people.values())))
    touched: dict[str, OpenSession] = {}
    for event in events:
        message = event.carried
        profile_id = people[message.sender.user_id]
        place = (profile_id, message.platform.value)
        session = open_sessions.get(place)
        if session is not None and message.sent_at - session.last_message_at > session_idle:
            session.status, session.close_reason = SessionStatus.COMPLETED, "idle"
            touched[session.session_id] = session
            session = None
        if session is None:
            session = open_sessions[place] = _new_session(event, profile_id)
        touched[session.session_id] = session
        session.channel_id = session.channel_id or event.channel_id
        session.last_message_at = max(session.last_message_at, message.sent_at)
        stored = make_message(
            role=message.role,
            content=message.content,
            sent_at=message.sent_at,
            kind=message.kind,
            external_id=message.external_id,
            source=event.source,
        )
        session.arrivals.append((stored, event))
    return list(touched.values())


def _new_session(event: ClaimedEvent, profile_id: int) -> OpenSession:
    message = event.carried
    return OpenSession(
        session_id=new_session_id(),
        user_id=message.sender.user_id,
        profile_id=profile_id,
        platform=message.platform.value,
        channel_id=event.channel_id,
        conversation_count=0,
        last_message_at=message.sent_at,
    )


def _open_sessions(uow: UnitOfWork, profile_ids: list[int]) -> dict[tuple[int, str], OpenSession]:
    """Return each person's latest active session on each platform, with its transcript."""
    key = {"workspace_id": uow.workspace_id, "profile_ids": profile_ids}
    found = {
        (row[0], row[1]): OpenSession(
            profile_id=row[0],
            platform=row[1],
            session_id=row[2],
            user_id=row[3],
            channel_id=row[4],
            conversation_count=row[5],
            last_message_at=row[6],
        )
        for row in uow.run(statements.OPEN_SESSIONS_OF_PEOPLE, key)
    }
    by_id = {session.session_id: session for session in found.values()}
    if by_id:
        params = {"workspace_id": uow.workspace_id, "session_ids": sorted(by_id)}
        for row in uow.run(statements.LAST_CONVERSATIONS, params).mappings():
            session = by_id[row["session_id"]]
            session.row_id, session.part = row["id"], row["part"]
            session.messages = row["messages"]
    return found


def _store(uow: UnitOfWork, sessions: Sequence[OpenSession]) -> None:
    now = clock.now()
    rewritten: list[dict[str, Any]] = []
    inserted: list[dict[str, Any]] = []
    for session in sessions:
        _grow(session, rewritten, inserted)
    common = {"workspace_id": uow.workspace_id, "now": now}
    rows = [_session_row(session) for session in sessions]
    uow.run(statements.UPDATE_SESSIONS, {**common, "rows": uow.json(rows)})
    if rewritten:
        uow.run(statements.REWRITE_CONVERSATIONS, {**common, "rows": uow.json(rewritten)})
    ids: dict[str, int] = {}
    if inserted:
        result = uow.run(statements.INSERT_CONVERSATIONS, {**common, "rows": uow.json(inserted)})
        ids = {row[1]: row[0] for row in result}
    _index(
        uow, sessions, rewritten, [{**row, "id": ids[row["conversation_id"]]} for row in inserted]
    )


def _grow(
    session: OpenSession, rewritten: list[dict[str, Any]], inserted: list[dict[str, Any]]
) -> None:
    """Cut a session's grown transcript into the row that is rewritten and those that are new."""
    if not session.arrivals and session.row_id is None:
        return
    is_open = session.status == SessionStatus.ACTIVE
    parts = split_parts(in_order([*session.messages, *(m for m, _ in session.arrivals)]))
    number = session.part if session.row_id is not None else 1
    for offset, part in enumerate(parts):
        facts = add_up(part, is_open=is_open)
        status = ConversationStatus.OPEN if is_open else ConversationStatus.CLOSED
        row = {
            "messages": part,
            "metadata": facts.as_metadata(),
            "intent_analysis": None,
            "fingerprint": fingerprint(session.session_id, part).hex(),
            "status": status.value,
            **fact_columns(facts),
        }
        if offset == 0 and session.row_id is not None:
            rewritten.append({**row, "id": session.row_id})
        else:
            session.conversation_count += 1
            inserted.append(
                {
                    **row,
                    "conversation_id": new_conversation_id(),
                    "session_id": session.session_id,
                    "user_id": session.user_id,
                    "intent_analysis": {"status": "pending", "source": "talkhub"},
                    "profile_id": session.profile_id,
                    "channel_id": session.channel_id,
                    "platform": session.platform,
                    "source": "webhook",
                    "part": number + offset,
                }
            )


def _session_row(session: OpenSession) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "user_id": session.user_id,
        "platform": session.platform,
        "status": session.status.value,
        "profile_id": session.profile_id,
        "channel_id": session.channel_id,
        "conversation_count": session.conversation_count,
        "last_message_at": format_time(session.last_message_at),
        "close_reason": session.close_reason,
    }


def _index(
    uow: UnitOfWork,
    sessions: Sequence[OpenSession],
    rewritten: Sequence[dict[str, Any]],
    inserted: Sequence[dict[str, Any]],
) -> None:
    """Write the index rows whose uniqueness keeps redelivered messages out."""
    arrived = {
        stored["id"]: (session, event) for session in sessions for stored, event in session.arrivals
    }
    rows = [
        {
            "conversation_id": row["id"],
            "message_id": message["id"],
            "profile_id": arrived[message["id"]][0].profile_id,
            "position": position,
            "role": message["role"],
            "sent_at": message["timestamp"],
            "channel_id": arrived[message["id"]][1].channel_id,
            "source": arrived[message["id"]][1].source,
            "external_message_id": message["external_id"],
        }
        for row in (*rewritten, *inserted)
        for position, message in enumerate(row["messages"])
        if message["id"] in arrived
    ]
    uow.run(statements.INDEX_MESSAGES, {"workspace_id": uow.workspace_id, "rows": uow.json(rows)})
