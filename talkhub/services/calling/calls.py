"""A call's way: it rings, somebody answers, both browsers find each other, it ends.

Every step is taken under the row's lock, so two agents never answer the same call, and whoever
sees first that a side is gone ends it. What it leaves in the conversation is for `records`.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound, RateLimited
from talkhub.names.calls import CALL_PLATFORM, CallEnd, CallOutcome, CallSide, CallState
from talkhub.services.calling.call import LOST_AFTER, Call, find_call, lock_call
from talkhub.services.calling.call_tokens import Ticket
from talkhub.services.calling.media import LONGEST_CALL
from talkhub.services.calling.records import tell_of
from talkhub.services.people.consents import ConsentWish, Purpose, note_consent, texts
from talkhub.services.talking.conversations import PersonDetails, open_session
from talkhub.store.statements import calls as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

RINGS_FOR = timedelta(seconds=45)
MOST_RINGING = 20
"""Of one workspace at a time: nobody answers more, and a flood must not fill its pages."""

LOST_AT_ONCE = 200

TOLD_FOR = timedelta(minutes=1)
"""Both sides learn within seconds that a call ended; who asks later is told nothing."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a caller said to being recorded, and which wording they were shown."""

    is_given: bool
    version: int


def begin_call(
    uow: UnitOfWork, *, ticket: Ticket | None, name: str | None, recording: Consent | None
) -> Call:
    """Let a call ring, of the person whom a ticket names or of somebody new.

    Raises RateLimited where as many ring as anybody could answer, and Invalid where a wording
    asks about recording and they did not say.
    """
    if recording is None and any(it["purpose"] == Purpose.RECORDING for it in texts(uow)):
        detail = "Say whether the call may be recorded."
        raise Invalid.at("recording", detail=detail, code="recording_missing")
    key = {"workspace_id": uow.workspace_id}
    uow.run(LOCK, {"key": f"calls of workspace {uow.workspace_id}"})  # who counts is alone
    if uow.run(statements.COUNT_RINGING, key).scalar_one() >= MOST_RINGING:
        raise RateLimited("Too many people are calling right now.", retry_after=30)
    user_id = ticket.user_id if ticket else f"call_{secrets.token_urlsafe(12)}"
    said = (ticket.name if ticket else None) or name
    session = open_session(
        uow,
        user_id=user_id,
        platform=CALL_PLATFORM,
        user_data={"name": said} if said else {},
        details=PersonDetails(name=said),
    )
    if recording is not None:
        wish = ConsentWish(
            Purpose.RECORDING, recording.is_given, recording.version, channel=CALL_PLATFORM
        )
        note_consent(uow, user_id, wish)
    call_id = f"call_{secrets.token_urlsafe(18)}"
    params = {
        **key,
        "call_id": call_id,
        "session_id": session["session_id"],
        "agrees_to_recording": recording.is_given if recording else None,
        "now": clock.now(),
        "rings_for": RINGS_FOR,
    }
    uow.run(statements.BEGIN_CALL, params)
    uow.touch(session["session_id"])
    return find_call(uow, call_id)


def answer(uow: UnitOfWork, call_id: str) -> Call:
    """Answer a call as who is signed in; raises Conflict where somebody was faster."""
    call = _refreshed(uow, lock_call(uow, call_id))
    if call.state != CallState.RINGING:
        raise Conflict("This call does not ring any more.")
    params = {**_key(uow, call), "agent": uow.scope.actor, "now": clock.now()}
    uow.run(statements.ANSWER_CALL, params)
    answered = find_call(uow, call_id)
    tell_of(uow, answered)
    return answered


def decline(uow: UnitOfWork, call_id: str) -> Call:
    """Refuse a call for the whole team; one that rings no more is left as it is."""
    call = _refreshed(uow, lock_call(uow, call_id))
    if call.state != CallState.RINGING:
        return call
    return _end(uow, call, CallOutcome.DECLINED, CallEnd.AGENT, agent=uow.scope.actor)


def attend(uow: UnitOfWork, call_id: str, side: CallSide, *, is_connected: bool) -> Call:
    """Note that a side is there, and end the call if the other is gone or its time is over.

    Raises NotFound for a call that is long over.
    """
    found = lock_call(uow, call_id)
    if found.ended_at is not None and clock.now() - found.ended_at > TOLD_FOR:
        raise NotFound("This call is over.")
    call = _refreshed(uow, found, but=side)
    if call.state == CallState.ENDED:
        return call
    connected_at = clock.now() if is_connected and call.state == CallState.ACTIVE else None
    params = {**_key(uow, call), "side": side.value, "connected_at": connected_at}
    uow.run(statements.SEE_SIDE, params)
    return call


def hang_up(uow: UnitOfWork, call_id: str, side: CallSide) -> Call:
    """End a call as one side wants; one that ended already is left as it is.

    It failed where both were there and the browsers never found each other.
    """
    call = _refreshed(uow, lock_call(uow, call_id), but=side)
    if call.state == CallState.ENDED:
        return call
    return _end(uow, call, _outcome(call), CallEnd(side.value))


def end_lost_calls(database: Database) -> None:
    """End the calls that both sides left without a word. The schedule calls it."""
    params = {"lost_after": LOST_AFTER, "limit": LOST_AT_ONCE}
    with database.read_only(system_scope("calls that nobody is in")) as uow:
        found = uow.run(statements.LOST_CALLS, params).all()
    for workspace_id, call_id in found:
        unit = database.unit_of_work(workspace_scope(workspace_id, "schedule"))
        with suppress(NotFound), unit as uow:  # there is none whose person was erased meanwhile
            _refreshed(uow, lock_call(uow, call_id))


def _refreshed(uow: UnitOfWork, call: Call, *, but: CallSide | None = None) -> Call:
    """Return a call, ended if it is over without anybody's word; who asks (`but`) is there."""
    lost = [
        seen_at
        for side, is_lost, seen_at in (
            (CallSide.CALLER, call.is_caller_lost, call.caller_seen_at),
            (CallSide.AGENT, call.is_agent_lost, call.agent_seen_at),
        )
        if is_lost and side != but and seen_at is not None
    ]
    if call.state == CallState.ENDED:
        return call
    if lost:
        return _end(uow, call, _outcome(call), CallEnd.SILENCE, at=max(lost))
    if call.state == CallState.RINGING and call.has_rung_out:
        return _end(uow, call, CallOutcome.MISSED, CallEnd.TIME)
    if call.answered_at is not None and clock.now() - call.answered_at > LONGEST_CALL:
        return _end(uow, call, _outcome(call), CallEnd.TIME)
    return call


def _outcome(call: Call) -> CallOutcome:
    if call.state == CallState.RINGING:
        return CallOutcome.MISSED
    return CallOutcome.FAILED if call.connected_at is None else CallOutcome.ANSWERED


def _end(
    uow: UnitOfWork,
    call: Call,
    outcome: CallOutcome,
    ended_by: CallEnd,
    *,
    at: datetime | None = None,
    agent: str | None = None,
) -> Call:
    # Seen by another clock than the call began by, it may seem to end before that.
    ended_at = max(at or clock.now(), call.connected_at or call.answered_at or call.started_at)
    params = {
        **_key(uow, call),
        "outcome": outcome.value,
        "ended_by": ended_by.value,
        "ended_at": ended_at,
        "agent": agent,
    }
    uow.run(statements.END_CALL, params)
    ended = find_call(uow, call.call_id)
    tell_of(uow, ended)
    return ended


def _key(uow: UnitOfWork, call: Call) -> dict[str, Any]:
    return {"workspace_id": uow.workspace_id, "id": call.id}
