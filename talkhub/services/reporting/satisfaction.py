"""How satisfied people say they are: CSAT and NPS, from the scores that they gave and no guess."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from talkhub.names.feedback import ScoreKind
from talkhub.services.reporting.analytics import span_before
from talkhub.services.reporting.asked_days import asked_days
from talkhub.services.reporting.calendar_steps import Span, Step, begin_of, midnight, steps
from talkhub.services.reporting.definitions import SCORED
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements import feedback as statements
from talkhub.store.uow import UnitOfWork

DAYS = 30
SHOWN_SCORES = 20

Scores = dict[ScoreKind, Counter[int]]


@dataclass(frozen=True, slots=True)
class ScoreQuestion:
    """Which scores are meant: those given in a period, of everybody or of one person.

    With a `step`, at least a day long, the answer has a series; with `compare` the period before.
    """

    start: date | datetime | None = None
    end: date | datetime | None = None
    zone: ZoneInfo | None = None
    step: Step | None = None
    user_id: str | None = None
    compare: bool = False


def satisfaction(uow: UnitOfWork, asked: ScoreQuestion) -> dict[str, Any]:
    """Return CSAT and NPS of a period, the last 30 days by default, and the latest scores.

    Raises EmptyPeriod, PeriodTooLong and NoPeriod.
    """
    zone = asked.zone or workspace_timezone(uow)
    span = asked_days(asked.start, asked.end, zone, unless_told=DAYS)
    by_day = _by_day(uow, span, zone, asked.user_id)
    answer = _told(by_day, span, zone)
    if asked.step is not None:
        answer["series"] = _series(by_day, span, asked.step, zone)
    if asked.compare:
        before = span_before(span, zone)
        answer["previous"] = _told(_by_day(uow, before, zone, asked.user_id), before, zone)
    key = {**_key(uow, span, asked.user_id), "limit": SHOWN_SCORES}
    rows = uow.run(statements.LATEST_SCORES, key).mappings()
    answer["latest"] = [{**row, "occurred_at": format_time(row["occurred_at"])} for row in rows]
    return answer


def _by_day(
    uow: UnitOfWork, span: Span, zone: ZoneInfo, user_id: str | None
) -> Mapping[date, Scores]:
    """Return how often each score was given on each local day."""
    days: defaultdict[date, Scores] = defaultdict(lambda: defaultdict(Counter))
    rows = uow.run(statements.SCORES_BY_DAY, {**_key(uow, span, user_id), "zone": zone.key})
    for kind, score, day, count in rows:
        days[day][ScoreKind(kind)][score] = count
    return days


def _key(uow: UnitOfWork, span: Span, user_id: str | None) -> dict[str, Any]:
    period = {"start": span.start, "end": span.end}
    return {"workspace_id": uow.workspace_id, **period, "user_id": user_id}


def _told(by_day: Mapping[date, Scores], span: Span, zone: ZoneInfo) -> dict[str, Any]:
    period = {"start": format_time(span.start), "end": format_time(span.end)}
    return {**_measured(by_day.values()), "period": {**period, "timezone": zone.key}}


def _series(
    by_day: Mapping[date, Scores], span: Span, step: Step, zone: ZoneInfo
) -> list[dict[str, Any]]:
    within: defaultdict[datetime, list[Scores]] = defaultdict(list)
    for day, scores in by_day.items():
        within[begin_of(midnight(day, zone), step, zone)].append(scores)
    return [
        {"start": format_time(begin), **_measured(within[begin])}
        for begin in steps(span, step, zone)
    ]


def _measured(several: Iterable[Scores]) -> dict[str, Any]:
    together: Scores = {kind: Counter() for kind in ScoreKind}
    for scores in several:
        for kind, counts in scores.items():
            together[kind].update(counts)
    return {kind.value: SCORED[kind](counts) for kind, counts in together.items()}
