"""The audit trail, the newest entries first, and how far it is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from talkhub.store.queries.analytics import Period
from talkhub.store.tables.accounts import AuditChain, AuditEntry
from talkhub.store.uow import UnitOfWork

PAGE = 50
ALL_TIME = Period(None, None)
LOOKED_AT = 20_000
"""Entries that a page of something rare looks through; it then says where to go on."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are asked for; `action` is one, or with a dot at its end all that begin so."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    period: Period = ALL_TIME


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to what, and when; `is_sealed` once nobody can change it unseen."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Any]
    address: str | None
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the trail; `older` is the id before which the next one begins."""

    lines: tuple[AuditLine, ...]
    older: int | None


@dataclass(frozen=True, slots=True)
class SealedTrail:
    """How many entries are sealed, and when the last ones were."""

    entries: int
    sealed_at: datetime | None


def audit_page(uow: UnitOfWork, wanted: AuditFilter, *, before: int | None) -> AuditPage:
    """Return a page of the trail, from before an id on."""
    condition, order = _walked(uow, wanted, before), AuditEntry.id.desc()
    walked = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor,
            AuditEntry.action,
            AuditEntry.subject,
            AuditEntry.detail,
            AuditEntry.address,
            AuditEntry.seal.is_not(None).label("is_sealed"),
        )
        .where(condition)
        .order_by(order)
        .limit(LOOKED_AT)
        .subquery()
    )
    statement = select(walked).order_by(walked.c.id.desc()).limit(PAGE + 1)
    if wanted.actor is not None:
        statement = statement.where(walked.c.actor == wanted.actor)
    if wanted.subject is not None:
        statement = statement.where(walked.c.subject == wanted.subject)
    if wanted.action is not None and wanted.action.endswith("."):
        statement = statement.where(walked.c.action.startswith(wanted.action, autoescape=True))
    elif wanted.action is not None:
        statement = statement.where(walked.c.action == wanted.action)
    lines = tuple(AuditLine(**row) for row in uow.execute(statement).mappings())
    if len(lines) > PAGE:
        return AuditPage(lines[:PAGE], lines[PAGE - 1].id)
    edge = select(AuditEntry.id).where(condition).order_by(order).offset(LOOKED_AT - 1).limit(1)
    return AuditPage(lines, uow.execute(edge).scalar())


def sealed_trail(uow: UnitOfWork) -> SealedTrail:
    """Return how far the workspace's trail is sealed."""
    statement = select(AuditChain.entries, AuditChain.sealed_at).where(
        AuditChain.workspace_id == uow.workspace_id
    )
    found = uow.execute(statement).one_or_none()
    return SealedTrail(*found) if found else SealedTrail(0, None)


def _walked(uow: UnitOfWork, wanted: AuditFilter, before: int | None) -> ColumnElement[bool]:
    """Return the condition of what is looked through: what the index of the ids answers."""
    conditions = [AuditEntry.workspace_id == uow.workspace_id]
    if before is not None:
        conditions.append(AuditEntry.id < before)
    if wanted.period.start is not None:
        conditions.append(AuditEntry.at >= wanted.period.start)
    if wanted.period.end is not None:
        conditions.append(AuditEntry.at < wanted.period.end)
    return and_(*conditions)
