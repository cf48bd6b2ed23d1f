"""Fill the analytics' read model from nothing, and compare it with a slow count of the rows.

A rebuild marks every hour as due and counts what is marked. It may be ended at any time: the marks
stay, the drains go on with them, and so does the next rebuild.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from talkhub.errors import NotFound
from talkhub.services.reporting.bucket_stats import DIMENSIONS, merge_days, recount_hours
from talkhub.services.reporting.calendar_steps import Span, Step, steps
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.slices import Dimension, Measure, Slice, Timed, count_of
from talkhub.services.reporting.wishes import Wish
from talkhub.services.talking.transcripts import response_times
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements import families
from talkhub.store.statements import rebuilding as statements
from talkhub.store.uow import Database, Scope, UnitOfWork, system_scope, workspace_scope

HOURS_AT_ONCE = 100
DAYS_AT_ONCE = 31
ROWS_AT_ONCE = 500
_TIMEOUT_MS = 600_000


def workspaces(database: Database, slug: str | None) -> list[int]:
    """Return one workspace by its short name, or all of them. Raises NotFound."""
    with database.read_only(system_scope("whose statistics are counted again")) as uow:
        if slug is None:
            return list(uow.run(families.ALL_WORKSPACES).scalars())
        found = list(uow.run(families.WORKSPACE_BY_SLUG, {"slug": slug}).scalars())
    if not found:
        raise NotFound(f"There is no workspace `{slug}`.")
    return found


def mark_all_hours(database: Database, workspace_id: int) -> int:
    """Mark every hour as due; return how many there are."""
    with database.unit_of_work(_scope(workspace_id)) as uow:
        key = {"workspace_id": workspace_id}
        return int(uow.run(statements.MARK_ALL_HOURS, key).scalar_one())


def complete_response_times(database: Database, workspace_id: int) -> int:
    """Find the response times of conversations that were analysed before they were kept.

    Return how many were completed; 0 once none is left.
    """
    with database.unit_of_work(_scope(workspace_id)) as uow:
        key = {"workspace_id": workspace_id, "limit": ROWS_AT_ONCE}
        rows = uow.run(statements.WITHOUT_RESPONSE_TIMES, key).all()
        found = [{"id": row[0], "response_times": response_times(row[1])} for row in rows]
        if found:
            params = {"workspace_id": workspace_id, "rows": uow.json(found)}
            uow.run(statements.SET_RESPONSE_TIMES, params)
    return len(found)


def count_some(database: Database, workspace_id: int) -> int:
    """Count some of the marked hours; return how many hours, 0 once none is left."""
    with database.unit_of_work(_scope(workspace_id)) as uow:
        return recount_hours(uow, limit=HOURS_AT_ONCE)


def merge_some(database: Database, workspace_id: int) -> int:
    """Merge some of the days that are over; return how many, 0 once none is left."""
    with database.unit_of_work(_scope(workspace_id)) as uow:
        return merge_days(uow, limit=DAYS_AT_ONCE, are_all_due=True)


def hours_due(database: Database, workspace_id: int, span: Span) -> int:
    """Return how many hours of a stretch the drains have still to count."""
    with database.read_only(_scope(workspace_id)) as uow:
        key = {"workspace_id": workspace_id, "start": span.start, "end": span.end}
        return int(uow.run(statements.HOURS_DUE, key).scalar_one())


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a month that is not what the rows say."""

    month: datetime
    dimension: str
    value: str
    figure: str
    told: int
    counted: int


def months(database: Database, workspace_id: int) -> list[Span]:
    """Return the local months in which conversations began, by the rows."""
    with database.read_only(_scope(workspace_id)) as uow:
        first, last = uow.run(statements.FIRST_AND_LAST, {"workspace_id": workspace_id}).one()
        if first is None:
            return []
        zone = workspace_timezone(uow)
        begins = steps(Span(first, last), Step.MONTH, zone)
    return [Span(begin, end) for begin, end in pairwise(begins)]


def differences(database: Database, workspace_id: int, span: Span) -> list[Difference]:
    """Return where the read model is not what a slow count of a stretch's rows says."""
    with database.read_only(_scope(workspace_id)) as uow:
        zone = workspace_timezone(uow)
        told = _told(open_reader(uow), span, zone)
        counted = _counted(uow, span)
    return [
        Difference(span.start, *what, told.get(what, 0), counted.get(what, 0))
        for what in sorted(told.keys() | counted.keys())
        if told.get(what, 0) != counted.get(what, 0)
    ]


What = tuple[str, str, str]


def _told(reader: Reader, span: Span, zone: ZoneInfo) -> dict[What, int]:
    found = reader.find([span], Wish(zone, full=DIMENSIONS))
    return {
        (where.dimension.value, where.value, figure): number
        for where, one in found.slices.items()
        for figure, number in _figures(where.dimension, one)
        if number
    }


def _figures(dimension: Dimension, of: Slice) -> Iterator[tuple[str, int]]:
    yield "people", len(of.people)
    yield from ((measure.name.lower(), of[measure]) for measure in Measure)
    yield from ((f"{kind.name.lower()}_times", count_of(of, kind)) for kind in Timed)
    if dimension is not Dimension.TOPIC:
        yield from ((f"hour_{hour}", number) for hour, number in enumerate(of.hours.tolist()))
        yield from (of.also or {}).items()


def _counted(uow: UnitOfWork, span: Span) -> dict[What, int]:
    params: dict[str, Any] = {
        "workspace_id": uow.workspace_id,
        "start": span.start,
        "end": span.end,
        "zone": workspace_timezone(uow).key,
    }
    counted = {
        (row["dimension"], row["value"], figure): int(number)
        for row in uow.run(statements.SLOW_COUNT, params).mappings()
        for figure, number in row.items()
        if figure not in {"dimension", "value"} and number
    }
    for statement in (statements.SLOW_HOURS, statements.SLOW_ALSO):
        for dimension, value, figure, number in uow.run(statement, params):
            counted[dimension, value, figure] = number
    return counted


def _scope(workspace_id: int) -> Scope:
    return workspace_scope(workspace_id, "command line", timeout_ms=_TIMEOUT_MS)
