"""The log of requests: what was called how often, how that ended, and each request of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, tuple_

from talkhub.store.statements.requests import REQUESTS_BY_NAME
from talkhub.store.tables.events import LoggedRequest
from talkhub.store.uow import UnitOfWork

PAGE = 50
LOOKED_AT = 100_000
"""Of the requests of a period, the latest so many: their times are put in order to be told."""


class Ending(StrEnum):
    """How a request ended: as wished, refused for what was sent, failed by our fault."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"

    @property
    def statuses(self) -> tuple[int, int]:
        """The first and the last status of HTTP that say so."""
        return _STATUSES[self]


_STATUSES = {Ending.OK: (100, 399), Ending.REFUSED: (400, 499), Ending.FAILED: (500, 599)}


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests are meant; what is None does not narrow."""

    since: datetime
    name: str | None = None
    principal: str | None = None
    ending: Ending | None = None

    @property
    def statuses(self) -> tuple[int, int]:
        """The first and the last status that are meant."""
        return self.ending.statuses if self.ending else (0, 999)


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What requests by one name and channel come to, or all together; times in milliseconds."""

    channel: str | None
    name: str | None
    requests: int
    refused: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    is_all: bool

    @property
    def error_rate(self) -> float:
        """The share that failed by our fault."""
        return self.failed / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request of the log."""

    id: int
    requested_at: datetime
    channel: str
    name: str
    principal_kind: str
    principal: str
    status: int
    duration_ms: float
    request_id: str

    @property
    def ending(self) -> Ending:
        """How it ended."""
        return next(one for one in Ending if self.status <= one.statuses[1])


def requests_by_name(
    uow: UnitOfWork, wanted: RequestFilter, *, look_at: int = LOOKED_AT
) -> tuple[CallFigures, ...]:
    """Return the figures of all meant requests, then of each name, the most frequent first.

    Of more than `look_at` requests only the latest are looked at.
    """
    least, most = wanted.statuses
    params = {
        "workspace_id": uow.workspace_id,
        "since": wanted.since,
        "name": wanted.name,
        "principal": wanted.principal,
        "least": least,
        "most": most,
        "limit": look_at,
    }
    return tuple(CallFigures(**row) for row in uow.run(REQUESTS_BY_NAME, params).mappings())


def latest_requests(
    uow: UnitOfWork, wanted: RequestFilter, *, before: tuple[datetime, int] | None
) -> tuple[RequestLine, ...]:
    """Return a page of the meant requests, the latest first, from behind a place."""
    of = LoggedRequest
    columns = [getattr(of, name) for name in RequestLine.__dataclass_fields__]
    place = tuple_(of.requested_at, of.id)
    statement = (
        select(*columns)
        .where(
            of.workspace_id == uow.workspace_id,
            of.requested_at >= wanted.since,
            of.status.between(*wanted.statuses),
        )
        .order_by(of.requested_at.desc(), of.id.desc())
        .limit(PAGE)
    )
    if wanted.name is not None:
        statement = statement.where(of.name == wanted.name)
    if wanted.principal is not None:
        statement = statement.where(of.principal == wanted.principal)
    if before is not None:
        statement = statement.where(place < tuple_(*before))
    return tuple(RequestLine(**row) for row in uow.execute(statement).mappings())
