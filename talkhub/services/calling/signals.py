"""What the two browsers of a call tell each other to find a way, kept until the call ends."""

from __future__ import annotations

from typing import Any

from talkhub.errors import Conflict, RateLimited
from talkhub.names.calls import CallSide, CallState, SignalKind
from talkhub.services.calling.call import Call, lock_call
from talkhub.store.statements import calls as statements
from talkhub.store.uow import UnitOfWork

LONGEST_SIGNAL = 12_000
MOST_SIGNALS = 200
"""Of one side: a browser has a dozen addresses, and tells them again when its network changes."""


def send_signal(
    uow: UnitOfWork, call_id: str, side: CallSide, *, kind: SignalKind, body: str
) -> None:
    """Tell the other side's browser something; raises Conflict before the answer and after."""
    call = lock_call(uow, call_id)
    if call.state != CallState.ACTIVE:
        raise Conflict("This call does not go on.")
    params = {
        "workspace_id": uow.workspace_id,
        "id": call.id,
        "side": side.value,
        "kind": kind.value,
        "body": body,
        "at_most": MOST_SIGNALS,
    }
    if not uow.run(statements.ADD_SIGNAL, params).rowcount:
        raise RateLimited("This side told all that a call needs.", retry_after=60)
    uow.touch(call.session_id)


def signals_since(
    uow: UnitOfWork, call: Call, side: CallSide, *, after: int
) -> list[dict[str, Any]]:
    """Return what the other side told since then, in its order."""
    params = {
        "workspace_id": uow.workspace_id,
        "id": call.id,
        "side": side.value,
        "after": after,
    }
    return [dict(row) for row in uow.run(statements.SIGNALS_SINCE, params).mappings()]
