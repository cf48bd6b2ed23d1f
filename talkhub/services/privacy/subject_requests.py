"""What people asked for under the law (LGPD, art. 18 and 20), and in how many days it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from talkhub import clock
from talkhub.errors import Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import subject_requests as statements
from talkhub.store.uow import UnitOfWork

DAYS_BY_LAW = 15
MOST_DAYS = 90
LONGEST_TEXT = 4_000
PAGE = 50


class RequestKind(StrEnum):
    """What somebody may ask for; `review` is of what the analysis said of them."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    PORTABILITY = "portability"
    REVOCATION = "revocation"
    REVIEW = "review"


class RequestState(StrEnum):
    """How far a request is."""

    OPEN = "open"
    IN_WORK = "in_work"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SubjectRequest:
    """A request as it stands. `user_id` is the matched person's, `identifier` what is not matched.

    `receipt` names the copy or the erasure; an open one that has it is of an erased person.
    """

    id: int
    kind: RequestKind
    state: RequestState
    profile_id: int | None
    user_id: str | None
    identifier: str | None
    asked_by: str | None
    channel: str | None
    details: str | None
    conversation_id: str | None
    correction_id: int | None
    asked_at: datetime
    due_at: datetime
    recorded_by: str
    handled_by: str | None
    closed_at: datetime | None
    answer: str | None
    receipt: str | None

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been answered by now."""
        return self.closed_at is None and self.due_at < clock.now()


@dataclass(frozen=True, slots=True)
class DueRequests:
    """How many open requests are due before some moment, and how many of them are overdue."""

    due: int
    overdue: int


def open_requests(uow: UnitOfWork, *, after: int | None = None) -> list[SubjectRequest]:
    """Return a page of the open requests, what is due first first, from behind one of them."""
    return _page(uow, statements.OPEN_REQUESTS, after)


def closed_requests(uow: UnitOfWork, *, after: int | None = None) -> list[SubjectRequest]:
    """Return a page of the closed requests, the last closed first, from behind one of them."""
    return _page(uow, statements.CLOSED_REQUESTS, after)


def requests_of(uow: UnitOfWork, profile_id: int) -> list[SubjectRequest]:
    """Return the latest requests of a person, under whichever of their ids they asked."""
    params = {"workspace_id": uow.workspace_id, "profile_id": profile_id, "limit": PAGE}
    return [
        _request(dict(row)) for row in uow.run(statements.REQUESTS_OF_PERSON, params).mappings()
    ]


def find_request(uow: UnitOfWork, request_id: int) -> SubjectRequest:
    """Return a request; raises NotFound."""
    row = uow.run(statements.ONE_REQUEST, request_key(uow, request_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such request.")
    return _request(dict(row))


def request_key(uow: UnitOfWork, request_id: int) -> dict[str, Any]:
    """Return the key of a request's row; raises NotFound for a number that none can have."""
    if not 0 < request_id <= LARGEST_ID:
        raise NotFound("There is no such request.")
    return {"workspace_id": uow.workspace_id, "id": request_id}


def due_requests(uow: UnitOfWork, *, before: datetime, now: datetime) -> DueRequests:
    """Return how many open requests are due before a moment, and how many are overdue now."""
    params = {"workspace_id": uow.workspace_id, "before": before, "now": now}
    return DueRequests(*uow.run(statements.COUNT_DUE, params).one())


def days_to_answer(uow: UnitOfWork) -> dict[RequestKind, int]:
    """Return in how many days the workspace answers each kind of request."""
    rows = uow.run(statements.DAYS, {"workspace_id": uow.workspace_id})
    said = {RequestKind(kind): days for kind, days in rows}
    return {kind: said.get(kind, DAYS_BY_LAW) for kind in RequestKind}


def answer_within(uow: UnitOfWork, kind: RequestKind, days: int) -> None:
    """Have requests of a kind that come from now on due after so many days. Raises Invalid."""
    if not 1 <= days <= MOST_DAYS:
        said = f"Requests are answered within 1 to {MOST_DAYS} days."
        raise Invalid.at(kind, detail=said, code="days_invalid")
    if days_to_answer(uow)[kind] == days:
        return
    params = {"workspace_id": uow.workspace_id, "kind": kind.value, "days": days}
    uow.run(statements.SET_DAYS, {**params, "actor": uow.scope.actor})
    action, detail = "subject_request.days_set", {"days": days}
    audit(uow, action=action, subject=kind, address=None, detail=detail)


def _page(uow: UnitOfWork, statement: str, after: int | None) -> list[SubjectRequest]:
    params = {"workspace_id": uow.workspace_id, "after": after, "limit": PAGE}
    return [_request(dict(row)) for row in uow.run(statement, params).mappings()]


def _request(row: Mapping[str, Any]) -> SubjectRequest:
    words = {"kind": RequestKind(row["kind"]), "state": RequestState(row["state"])}
    return SubjectRequest(**{**row, **words})
