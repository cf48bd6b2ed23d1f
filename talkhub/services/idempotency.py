"""Answer a retried request with what was answered the first time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from talkhub import clock, json_codec
from talkhub.errors import IdempotencyMismatch
from talkhub.store.statements import idempotency as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

KEPT_FOR = timedelta(hours=24)


def once_per_key(
    uow: UnitOfWork, *, tool: str, key: str, request: object, produce: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Return what `produce` answers, or what it answered when the key was first used.

    The key belongs to the caller and the tool. The answer is stored in the transaction
    that did the work; the same key with another request raises IdempotencyMismatch.
    """
    identity = {
        "workspace_id": uow.workspace_id,
        "principal": uow.scope.actor,
        "tool": tool,
        "key": key,
    }
    lock = ":".join(str(part) for part in identity.values())
    # Two requests with one key come one after the other; the second finds the first's answer.
    uow.run(LOCK, {"key": f"idempotency:{lock}"})
    fingerprint = hashlib.sha256(json_codec.dumps(request)).digest()
    prior = uow.run(statements.FIND_KEY, identity).first()
    if prior is not None:
        if bytes(prior[0]) != fingerprint:
            raise IdempotencyMismatch(
                "This idempotency key was used within a day with another request."
            )
        answer: dict[str, Any] = prior[1]
        return answer
    answer = produce()
    uow.run(
        statements.STORE_KEY,
        {
            **identity,
            "fingerprint": fingerprint,
            "answer": uow.json(answer),
            "expires_at": clock.now() + KEPT_FOR,
        },
    )
    return answer
