"""Whether a workspace lets a language model read its conversations: it says so, or nothing goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from talkhub import clock
from talkhub.enrichment.model import Covers, EnrichmentState
from talkhub.services.audit import audit
from talkhub.store.statements import enrichment as statements
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Consent:
    """What a workspace wants. Nobody has changed anything yet where `changed_at` is None."""

    is_given: bool = False
    covers: Covers = Covers.DOUBTFUL
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a workspace's calls took today; `cost` is in the money of the prices."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How a workspace's conversations of seven days fared; `trouble` is one of what failed."""

    counts: dict[EnrichmentState, int]
    trouble: str | None


def consent_of(uow: UnitOfWork) -> Consent:
    """Return what the workspace wants; without a word of it nothing is sent."""
    row = uow.run(statements.CONSENT, {"workspace_id": uow.workspace_id}).mappings().first()
    return Consent(**{**row, "covers": Covers(row["covers"])}) if row is not None else Consent()


def set_consent(
    uow: UnitOfWork, *, is_given: bool, covers: Covers, address: str | None = None
) -> None:
    """Let a model read conversations from now on, or no longer; what waits is then dropped."""
    before = consent_of(uow)
    params = {
        "workspace_id": uow.workspace_id,
        "is_given": is_given,
        "covers": covers.value,
        "actor": uow.scope.actor,
        "now": clock.now(),
    }
    uow.run(statements.SET_CONSENT, params)
    if not is_given:
        uow.run(statements.FORGET_WAITING, {"workspace_id": uow.workspace_id})
    if (before.is_given, before.covers) != (is_given, covers):
        action = "enrichment.allowed" if is_given else "enrichment.ended"
        audit(uow, action=action, subject=covers.value, address=address)


def usage_today(uow: UnitOfWork) -> Usage:
    """Return what the workspace's calls took since midnight, UTC."""
    row = uow.run(statements.USAGE_TODAY, {"workspace_id": uow.workspace_id}).mappings().first()
    return Usage(row["calls"], row["tokens"], row["micros"] / 1_000_000) if row else Usage()


def progress_of(uow: UnitOfWork) -> Progress:
    """Return how many conversations wait, are read and were left out."""
    rows = uow.run(statements.ENRICHMENTS_BY_STATE, {"workspace_id": uow.workspace_id}).mappings()
    found = {EnrichmentState(row["state"]): row for row in rows}
    failed = found.get(EnrichmentState.FAILED)
    return Progress(
        counts={state: row["count"] for state, row in found.items()},
        trouble=failed["trouble"] if failed else None,
    )
