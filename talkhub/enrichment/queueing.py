"""Puts conversations in line for a language model, and takes them out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub import clock
from talkhub.enrichment.consent import Consent, consent_of
from talkhub.enrichment.model import Trouble
from talkhub.store.statements import enrichment as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

MAX_ATTEMPTS = 2
"""One call, and one more where that failed."""

RETRY_AFTER = timedelta(minutes=1)
DOUBTFUL = 0.6
"""Below this confidence of our own analysis a conversation counts as doubtful."""

PATIENCE = timedelta(days=3)
"""So long a conversation waits for a day whose budget bears it."""

_TRIED_AGAIN = frozenset(Trouble) - {Trouble.REFUSED, Trouble.REJECTED, Trouble.OVER_BUDGET}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation that this process holds, by the number of its enrichment."""

    id: int
    workspace_id: int
    fence: int
    attempts: int

    @property
    def key(self) -> dict[str, int]:
        """What names the claim in a statement; it finds nothing once another process has it."""
        return {"workspace_id": self.workspace_id, "id": self.id, "fence": self.fence}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to read of a claimed conversation. `names` are its person's."""

    messages: Sequence[Mapping[str, Any]]
    names: str | None


def queue_enrichments(uow: UnitOfWork, conversation_ids: Sequence[int]) -> None:
    """Put analysed conversations in line, if their workspace wants that.

    What was read of a conversation that has changed since is deleted, whatever it wants.
    """
    if consent_of(uow) == Consent():
        return  # nobody ever allowed it: nothing is in line, and nothing was read
    key = {"workspace_id": uow.workspace_id, "ids": list(conversation_ids)}
    uow.run(statements.FORGET_CHANGED, key)
    uow.run(statements.QUEUE_CONVERSATIONS, {**key, "doubtful": DOUBTFUL})


def claim_enrichments(database: Database, *, limit: int, lease: timedelta) -> list[Claimed]:
    """Take conversations that are due, so that no other process does within the lease."""
    with database.unit_of_work(system_scope("a drain's claim")) as uow:
        rows = uow.run(statements.CLAIM_ENRICHMENTS, {"limit": limit, "lease": lease}).mappings()
        return [Claimed(**row) for row in rows]


def what_to_read(uow: UnitOfWork, claimed: Claimed) -> Waiting | None:
    """Return a claimed conversation; None if it is not to be read any more.

    It changed, its person opted out of the memory, or its workspace no longer wants it.
    """
    row = uow.run(statements.WHAT_TO_READ, claimed.key).first()
    return Waiting(row.messages, row.name) if row is not None and row.is_wanted else None


def drop(uow: UnitOfWork, claimed: Claimed) -> None:
    """Take a conversation out of the line without a trace."""
    uow.run(statements.DROP_ENRICHMENT, claimed.key)


def fail(uow: UnitOfWork, claimed: Claimed, trouble: Trouble) -> None:
    """Have a conversation tried once more, if that may help; else leave it without."""
    params = {
        "max_attempts": MAX_ATTEMPTS,
        "is_tried_again": trouble in _TRIED_AGAIN,
        "wait": RETRY_AFTER,
        "trouble": trouble.value,
        "now": clock.now(),
    }
    uow.run(statements.FAIL_ENRICHMENT, {**claimed.key, **params})


def postpone(uow: UnitOfWork, claimed: Claimed) -> None:
    """Let a conversation wait for the next day's budget; this was no attempt."""
    params = {"patience": PATIENCE, "trouble": Trouble.OVER_BUDGET.value}
    uow.run(statements.POSTPONE_ENRICHMENT, {**claimed.key, **params})
