"""How much of its quotas a workspace has used, from the figures and from counts by day.

A quota of messages or people refuses nothing: what is sent to us is kept and analysed, and the
workspace's owners and admins are told. Only requests beyond their quota of a minute wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum

from talkhub import clock
from talkhub.names.workspaces import Quota, UsageKind
from talkhub.services.reporting.calendar_steps import Span, day_of, local_day, month_of
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.slices import NOTHING, Detail, Dimension, Measure, Slice
from talkhub.services.reporting.wishes import Where, Wish
from talkhub.store.queries.workspaces import workspace_quotas, workspace_timezone
from talkhub.store.statements import usage as statements
from talkhub.store.uow import UnitOfWork

WARNING_SHARE = 0.8


class QuotaState(StrEnum):
    """How near a quota is: at four fifths its holders are warned."""

    FREE = "free"
    NEAR = "near"
    REACHED = "reached"


@dataclass(frozen=True, slots=True)
class Used:
    """What was used today and this month, and what a month may have; None is no limit."""

    today: int
    month: int
    quota: int | None = None

    @property
    def share(self) -> float | None:
        """The month's share of its quota."""
        return None if self.quota is None else self.month / self.quota

    @property
    def state(self) -> QuotaState:
        """How near the quota is."""
        share = self.share
        if share is None or share < WARNING_SHARE:
            return QuotaState.FREE
        return QuotaState.REACHED if share >= 1 else QuotaState.NEAR


@dataclass(frozen=True, slots=True)
class Usage:
    """Messages and people by the workspace's days; events and requests by those of UTC."""

    messages: Used
    people: Used
    events: Used
    requests: Used
    requests_per_minute: int | None


def read_usage(uow: UnitOfWork) -> Usage:
    """Return how much a workspace has used; no conversation is counted for it."""
    zone = workspace_timezone(uow)
    today = local_day(clock.now(), zone)
    reader = open_reader(uow)
    day, month = (_figures(reader, span) for span in (day_of(today, zone), month_of(today, zone)))
    quotas = workspace_quotas(uow)
    counted = _counted(uow)
    return Usage(
        messages=Used(day[Measure.MESSAGES], month[Measure.MESSAGES], quotas[Quota.MESSAGES]),
        people=Used(len(day.people), len(month.people), quotas[Quota.PEOPLE]),
        events=counted.get(UsageKind.EVENTS, Used(0, 0)),
        requests=counted.get(UsageKind.REQUESTS, Used(0, 0)),
        requests_per_minute=quotas[Quota.REQUESTS],
    )


def nearest_quota(uow: UnitOfWork) -> QuotaState:
    """Return how near the nearest quota of a month is; where there is none, nothing is read."""
    quotas = workspace_quotas(uow)
    if quotas[Quota.MESSAGES] is None and quotas[Quota.PEOPLE] is None:
        return QuotaState.FREE
    usage = read_usage(uow)
    states = {usage.messages.state, usage.people.state}
    near = QuotaState.NEAR if QuotaState.NEAR in states else QuotaState.FREE
    return QuotaState.REACHED if QuotaState.REACHED in states else near


def _figures(reader: Reader, span: Span) -> Slice:
    wish = Wish(reader.zone, details=frozenset({Detail.PEOPLE}))
    found = reader.find([span], wish)
    return found.slices.get(Where(None, Dimension.ALL, ""), NOTHING)


def _counted(uow: UnitOfWork) -> dict[str, Used]:
    today = clock.now().astimezone(UTC).date()
    params = {"workspace_id": uow.workspace_id, "today": today, "month": today.replace(day=1)}
    rows = uow.run(statements.USAGE, params).mappings()
    return {row["kind"]: Used(row["today"] or 0, row["month"]) for row in rows}
