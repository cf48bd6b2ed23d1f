"""What a call leaves in its conversation: who called, who answered, how it ended, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.errors import Conflict
from talkhub.names import Job, MessageRole
from talkhub.names.calls import CALL_KIND, CallOutcome
from talkhub.names.labels import AnalysisStatus
from talkhub.services.calling.call import Call, lock_call
from talkhub.services.masking import messages_as_stored
from talkhub.services.talking.growth import Growth, grow
from talkhub.services.talking.transcripts import Message, make_message
from talkhub.store.uow import UnitOfWork

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said in a call; the same words at the same time are the same turn."""

    role: MessageRole
    content: str
    said_at: datetime
    name: str | None = None


def tell_of(uow: UnitOfWork, call: Call) -> None:
    """Have the call's conversation tell of it as it stands now; what it tells already stays.

    That somebody calls is a message of theirs and an answer one of the agent's, so waiting times
    and what stayed unanswered are counted as in any conversation.
    """
    said = [_line(call, MessageRole.USER, "", call.started_at)]
    if call.answered_at is not None:
        answered = _line(call, MessageRole.AGENT, "", call.answered_at)
        said.append({**answered, "name": call.agent})
    if call.ended_at is not None:
        said.append(_line(call, MessageRole.SYSTEM, _ending(call), call.ended_at))
    _write(uow, call, said)


def add_turns(uow: UnitOfWork, call_id: str, turns: Sequence[Turn]) -> dict[str, Any]:
    """Put what was said into the call's conversation, each turn where its time has it.

    Raises NotFound, and Conflict for a call that nobody answered: there nothing was said.
    """
    call = lock_call(uow, call_id)
    if call.answered_at is None:
        raise Conflict("Nobody answered this call.")
    return _write(uow, call, [_as_message(call, turn) for turn in turns])


def _as_message(call: Call, turn: Turn) -> Message:
    message = make_message(
        role=turn.role, content=turn.content, sent_at=turn.said_at, source=call.session_id
    )
    return {**message, "name": turn.name} if turn.name is not None else message


def _line(call: Call, role: MessageRole, content: str, at: datetime) -> Message:
    return make_message(
        role=role, content=content, sent_at=at, kind=CALL_KIND, source=call.session_id
    )


def _ending(call: Call) -> str:
    """Say in the language of conversations how a call ended."""
    match call.outcome:
        case CallOutcome.ANSWERED:
            minutes, seconds = divmod(call.talked_seconds, _MINUTE)
            return f"Chamada encerrada: {minutes} min {seconds} s."
        case CallOutcome.MISSED:
            return "Chamada perdida: ninguém atendeu."
        case CallOutcome.DECLINED:
            return "Chamada recusada."
        case _:
            return "Chamada sem ligação: os navegadores não se encontraram."


def _write(uow: UnitOfWork, call: Call, messages: list[Message]) -> dict[str, Any]:
    uow.ring(Job.DRAIN_ANALYSIS)
    uow.touch(call.session_id)
    uow.show(call.session_id, None)
    growth = Growth(
        session_id=call.session_id,
        user_id=call.user_id,
        messages=messages_as_stored(uow, messages),
        timed=set(range(len(messages))),
        intent_analysis={"status": AnalysisStatus.PENDING.value, "source": "talkhub"},
        has_own_analysis=False,
        metadata={"call": _facts(call)},
        are_turns=True,
    )
    return grow(uow, growth)


def _facts(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "outcome": call.outcome.value if call.outcome else None,
        "agent": call.agent,
        "talked_seconds": call.talked_seconds,
        "agrees_to_recording": call.agrees_to_recording,
    }
