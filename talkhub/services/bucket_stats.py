"""Keep the analytics' read model true: hours counted from rows, days and months from hours.

Everything here may run twice: what is written replaces what stood there. A day or month of which
something changed is not there until it is merged again, and readers take what it is made of.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.calendar_steps import (
    HOUR,
    Level,
    Span,
    Step,
    day_of,
    local_day,
    month_of,
    steps,
)
from talkhub.services.counting import Counted, count
from talkhub.services.figures import Reader, Wish
from talkhub.services.slices import NO_NUMBERS, Dimension, Numbers, Slice
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.statements import bucket_stats as statements
from talkhub.store.statements.insights import TAKE_DIRTY_HOURS
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import UnitOfWork

MERGE_DELAY = timedelta(seconds=30)
"""How long a day that is over waits for further changes before it is merged."""

ROWS_AT_ONCE = 10_000
DIMENSIONS = frozenset(Dimension)
_UTC = ZoneInfo("UTC")

_Row = Mapping[str, Any]


def recount_hours(uow: UnitOfWork, *, limit: int) -> int:
    """Count the hours again that conversations changed in; return how many were marked."""
    _lock(uow)
    key = {"workspace_id": uow.workspace_id, "limit": limit}
    taken = [row[0] for row in uow.run(TAKE_DIRTY_HOURS, key)]
    if taken:
        # Two for a mark that is no full hour of UTC: it was made in another zone.
        hours = sorted(
            {begin for mark in taken for begin in steps(Span(mark, mark + HOUR), Step.HOUR, _UTC)}
        )
        zone = workspace_timezone(uow)
        for portion in _portions(uow, hours):
            spans = [Span(hour, hour + HOUR) for hour in portion]
            _write(uow, Level.HOUR, spans, _counted(uow, spans))
        _mark_days(uow, sorted({local_day(hour, zone) for hour in hours}), zone)
    return len(set(taken))


def merge_days(uow: UnitOfWork, *, limit: int, are_all_due: bool = False) -> int:
    """Merge the days that are due, and the months that are over of them; return how many days.

    With `are_all_due`, days are merged before they are due too.
    """
    _lock(uow)
    zone = workspace_timezone(uow)
    today = local_day(clock.now(), zone)
    key = {"workspace_id": uow.workspace_id, "limit": limit, "all": are_all_due, "today": today}
    days = sorted(row[0] for row in uow.run(statements.TAKE_DAYS, key))
    if days:
        _merge(uow, Level.DAY, [day_of(day, zone) for day in days], zone)
        # And the months before them: on the last day of one perhaps nobody came.
        months = {month_of(day, zone) for day in days}
        months |= {month_of(day.replace(day=1) - timedelta(days=1), zone) for day in days}
        _merge(uow, Level.MONTH, [one for one in sorted(months) if one.end <= clock.now()], zone)
    return len(days)


def _lock(uow: UnitOfWork) -> None:
    # One recount at a time: of two, the one with the older view could write last.
    uow.run(LOCK, {"key": f"hours:{uow.workspace_id}"})


def _portions(uow: UnitOfWork, hours: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Cut hours so that what is counted at once fits into little memory."""
    if len(hours) == 1:
        yield [*hours]
        return
    key = {"workspace_id": uow.workspace_id, "hours": list(hours)}
    portion: list[datetime] = []
    rows = 0
    for hour, number in uow.run(statements.CONVERSATIONS_OF_HOURS, key).all():
        if portion and rows + number > ROWS_AT_ONCE:
            yield portion
            portion, rows = [], 0
        portion.append(hour)
        rows += number
    yield portion


def _counted(uow: UnitOfWork, spans: Sequence[Span]) -> list[_Row]:
    params = {
        "workspace_id": uow.workspace_id,
        "begins": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "zone": "UTC",
    }
    rows = [Counted(*row) for row in uow.run(statements.CONVERSATIONS_TO_COUNT, params)]
    return [
        _row(spans[key.place], key.dimension, key.value, found)
        for key, found in count(rows, DIMENSIONS).items()
    ]


def _merge(uow: UnitOfWork, level: Level, spans: Sequence[Span], zone: ZoneInfo) -> None:
    """Write what days or months are made of."""
    # From what is counted by now; what is not marks its day again.
    reader = Reader(uow, None, ())
    rows = [
        _row(span, where.dimension, where.value, found)
        for span in spans
        for where, found in reader.find([span], Wish(zone, full=DIMENSIONS)).slices.items()
    ]
    _write(uow, level, spans, rows)


def _row(span: Span, dimension: Dimension, value: str, of: Slice) -> _Row:
    # By the hour of the week only all conversations are kept, and of an hour it is plain.
    is_kept = dimension is Dimension.ALL and span.end - span.start > HOUR
    return {
        "dimension": dimension.value,
        "begins_at": span.start,
        "value": value,
        "ends_at": span.end,
        "counts": _array(of.counts),
        "codes": _array(of.codes),
        "times": _array(of.times),
        "people": base64.b64encode(of.people.serialize()).decode(),
        "hours": _array(of.hours if is_kept else NO_NUMBERS),
    }


def _array(numbers: Numbers) -> str:
    return f"{{{str(numbers.tolist())[1:-1]}}}"


def _write(uow: UnitOfWork, level: Level, spans: Sequence[Span], rows: Sequence[_Row]) -> None:
    params = {
        "workspace_id": uow.workspace_id,
        "level": level.value,
        "dimensions": sorted(DIMENSIONS),
        "begins": [span.start for span in spans],
        "rows": uow.json(rows),
        "now": clock.now(),
    }
    uow.run(statements.WRITE_SLICES, params)


def _mark_days(uow: UnitOfWork, days: Sequence[date], zone: ZoneInfo) -> None:
    """Forget what days, and their months, were merged to, and have them merged again."""
    spans = [day_of(day, zone) for day in days]
    params = {
        "workspace_id": uow.workspace_id,
        "dimensions": sorted(DIMENSIONS),
        "days": days,
        "begins": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "delay": MERGE_DELAY,
    }
    uow.run(statements.FORGET_MERGED, params)
    uow.run(statements.MARK_DAYS, params)
