"""Append a channel's messages to the sessions and transcripts of their people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.names import ConversationStatus, SessionStatus
from talkhub.services.talking.channel_sessions import (
    ChannelSession,
    ClaimedEvent,
    Place,
    new_session,
    sessions_closed_around,
    sessions_open,
)
from talkhub.services.talking.growth import new_conversation_id
from talkhub.services.talking.transcripts import (
    active_state,
    add_up,
    fingerprint,
    format_time,
    in_order,
    make_message,
    split_parts,
)
from talkhub.services.telling import outbound
from talkhub.store.statements import conversations as statements
from talkhub.store.uow import UnitOfWork


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
    sessions = _assign(uow, events, people, session_idle=session_idle)
    _store(uow, sessions)
    outbound.tell(uow, lambda: outbound.messages_received(sessions))


def _assign(
    uow: UnitOfWork,
    events: Sequence[ClaimedEvent],
    people: dict[str, int],
    *,
    session_idle: timedelta,
) -> list[ChannelSession]:
    open_sessions = sessions_open(uow, sorted(set(people.values())))
    earlier = _earlier_sessions(uow, events, people, open_sessions, session_idle=session_idle)
    touched: dict[str, ChannelSession] = {}
    for event in events:
        message = event.carried
        profile_id = people[message.sender.user_id]
        place = (profile_id, message.platform.value)
        session = open_sessions.get(place)
        if session is not None and session.begins_after(message.sent_at, session_idle):
            session = _closed_session(earlier[place], event, profile_id, session_idle)
        elif session is not None and message.sent_at - session.last_message_at > session_idle:
            session.close_as_idle()
            touched[session.session_id] = session
            session = None
        if session is None:
            session = _session_of_its_time(earlier[place], message.sent_at, session_idle)
        if session is None:
            session = open_sessions[place] = new_session(event, profile_id)
        touched[session.session_id] = session
        session.channel_id = session.channel_id or event.channel_id
        session.reach(message.sent_at)
        stored = make_message(
            role=message.role,
            content=message.content,
            sent_at=message.sent_at,
            kind=message.kind,
            external_id=message.external_id,
            source=event.source,
        )
        if message.attributes:
            stored["attributes"] = message.attributes
        session.arrivals.append((stored, event))
    return list(touched.values())


def _earlier_sessions(
    uow: UnitOfWork,
    events: Sequence[ClaimedEvent],
    people: dict[str, int],
    open_sessions: dict[Place, ChannelSession],
    *,
    session_idle: timedelta,
) -> dict[Place, list[ChannelSession]]:
    """Return the closed sessions that messages from before the open ones may belong to."""
    earlier: dict[Place, list[ChannelSession]] = defaultdict(list)
    late: list[ClaimedEvent] = []
    for event in events:
        message = event.carried
        session = open_sessions.get((people[message.sender.user_id], message.platform.value))
        is_past = clock.now() - message.sent_at > session_idle
        if session.begins_after(message.sent_at, session_idle) if session else is_past:
            late.append(event)
    if late:
        found = sessions_closed_around(
            uow,
            sorted({people[event.carried.sender.user_id] for event in late}),
            since=late[0].carried.sent_at - session_idle,
            until=late[-1].carried.sent_at + session_idle,
        )
        for session in found:
            earlier[session.profile_id, session.platform].append(session)
    return earlier


def _session_of_its_time(
    earlier: list[ChannelSession], moment: datetime, session_idle: timedelta
) -> ChannelSession | None:
    """Return the closed session that a late message belongs to where none is open, if any.

    After the last message only into one that fell silent: one that was ended stays ended.
    """
    near = [
        session
        for session in earlier
        if session.distance(moment) <= session_idle
        and (session.close_reason == "idle" or moment <= session.last_message_at)
    ]
    return min(near, key=lambda session: session.distance(moment), default=None)


def _closed_session(
    earlier: list[ChannelSession], event: ClaimedEvent, profile_id: int, session_idle: timedelta
) -> ChannelSession:
    """Return the closed session of a late message's time, adding one if there is none.

    It is what the message would have found had it come in time: joined to the session that
    is open now, it would drag that one's beginning back to its own day.
    """
    moment = event.carried.sent_at
    near = [session for session in earlier if session.distance(moment) <= session_idle]
    if near:
        return min(near, key=lambda session: session.distance(moment))
    session = new_session(event, profile_id)
    session.close_as_idle()
    earlier.append(session)
    return session


def _store(uow: UnitOfWork, sessions: Sequence[ChannelSession]) -> None:
    now = clock.now()
    rewritten: list[dict[str, Any]] = []
    inserted: list[dict[str, Any]] = []
    for session in sessions:
        _grow(session, rewritten, inserted)
    common = {"workspace_id": uow.workspace_id, "now": now}
    rows = [_session_row(session) for session in sessions]
    uow.touch(*(session.session_id for session in sessions))
    for session in sessions:
        is_active = session.status == SessionStatus.ACTIVE
        state = active_state(session.platform, session.last_message_at) if is_active else None
        uow.show(session.session_id, state)
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
    session: ChannelSession, rewritten: list[dict[str, Any]], inserted: list[dict[str, Any]]
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
            **facts.as_columns(),
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


def _session_row(session: ChannelSession) -> dict[str, Any]:
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
    sessions: Sequence[ChannelSession],
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
            "alias": arrived[message["id"]][1].carried.alias,
            "event_id": arrived[message["id"]][1].id,
            "answer_address": arrived[message["id"]][1].answer_address or None,
        }
        for row in (*rewritten, *inserted)
        for position, message in enumerate(row["messages"])
        if message["id"] in arrived
    ]
    uow.run(statements.INDEX_MESSAGES, {"workspace_id": uow.workspace_id, "rows": uow.json(rows)})
    _move_in_index(uow, sessions, inserted, arrived=arrived.keys())


def _move_in_index(
    uow: UnitOfWork,
    sessions: Sequence[ChannelSession],
    inserted: Sequence[dict[str, Any]],
    *,
    arrived: Collection[str],
) -> None:
    """Follow the messages that late ones pushed out of a full part into the next."""
    full_parts = {session.session_id: session.row_id for session in sessions}
    moved = [
        {
            "conversation_id": row["id"],
            "moved_from": full_parts[row["session_id"]],
            "message_id": message["id"],
            "position": position,
        }
        for row in inserted
        for position, message in enumerate(row["messages"])
        if message["id"] not in arrived
    ]
    if moved:
        params = {"workspace_id": uow.workspace_id, "rows": uow.json(moved)}
        uow.run(statements.MOVE_IN_INDEX, params)
