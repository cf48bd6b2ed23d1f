"""Funnels over custom events: how many people took each step after the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.reporting.asked_days import asked_days
from talkhub.services.reporting.calendar_steps import Span
from talkhub.services.reporting.definitions import ratio
from talkhub.services.reporting.wishes import PeriodTooLong
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements import feedback as statements
from talkhub.store.uow import UnitOfWork

DAYS = 30
MOST_EVENTS = 200_000
SHOWN_EVENTS = 100
MOST_NAMES = 2_000
"""Looked at for their events, in the order of their letters; steps are found beyond them too."""


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """Which events, in their order, are the steps, and how long somebody has for all of them.

    Without steps only the events themselves are told.
    """

    steps: Sequence[str] = ()
    start: date | datetime | None = None
    end: date | datetime | None = None
    zone: ZoneInfo | None = None
    within: timedelta = timedelta(days=7)


def funnel(uow: UnitOfWork, asked: FunnelQuestion) -> dict[str, Any]:
    """Return how many people took each step, and which events there are to make steps of.

    The first step lies in the period, the last 30 days by default. Raises EmptyPeriod and
    PeriodTooLong.
    """
    zone = asked.zone or workspace_timezone(uow)
    span = asked_days(asked.start, asked.end, zone, unless_told=DAYS)
    key = {"workspace_id": uow.workspace_id, "start": span.start, "end": span.end}
    most = {"limit": SHOWN_EVENTS, "most_names": MOST_NAMES}
    rows = uow.run(statements.EVENTS_BY_NAME, key | most).mappings()
    return {
        "steps": _steps(uow, asked, span),
        "events": [dict(row) for row in rows],
        "within_hours": asked.within / timedelta(hours=1),
        "period": {
            "start": format_time(span.start),
            "end": format_time(span.end),
            "timezone": zone.key,
        },
    }


def reached(
    steps: Sequence[str], done: Sequence[tuple[str, float]], *, begins_before: float, within: float
) -> int:
    """Return how many of the steps somebody took one after the other, in time.

    `done` are the names of events with their seconds, in order. Every first step before
    `begins_before` counts as a beginning; of those that lead to a step the latest is kept, as
    it leaves the most time for what follows.
    """
    begun: list[float | None] = [None] * len(steps)
    for name, second in done:
        # From the last step on: one event is one step, also where two have the same name.
        for place in reversed(range(len(steps))):
            if steps[place] != name:
                continue
            begin = begun[place - 1] if place else second if second < begins_before else None
            if begin is not None and second - begin <= within:
                begun[place] = max(begin, begun[place] or begin)
    return sum(begin is not None for begin in begun)


def _steps(uow: UnitOfWork, asked: FunnelQuestion, span: Span) -> list[dict[str, Any]]:
    if not asked.steps:
        return []
    latest = min(span.end, clock.now() + timedelta(days=1)) + asked.within
    params = {
        "workspace_id": uow.workspace_id,
        "names": sorted(set(asked.steps)),
        "first": asked.steps[0],
        "start": span.start,
        "end": span.end,
        "latest": latest,
        "limit": MOST_EVENTS + 1,
    }
    rows = uow.run(statements.EVENTS_OF_PEOPLE, params).all()
    if len(rows) > MOST_EVENTS:
        raise PeriodTooLong(f"There are more than {MOST_EVENTS} such events; ask for fewer days.")
    within = asked.within.total_seconds()
    last_begin = span.end.timestamp()
    took = [0] * len(asked.steps)
    for _, events in groupby(rows, key=itemgetter(0)):
        done = [(name, second) for _, name, second in events]
        for place in range(reached(asked.steps, done, begins_before=last_begin, within=within)):
            took[place] += 1
    return [
        {
            "name": name,
            "people": people,
            "share": ratio(people, took[0], 4),
            "share_of_previous": ratio(people, took[max(place - 1, 0)], 4),
        }
        for place, (name, people) in enumerate(zip(asked.steps, took, strict=True))
    ]
