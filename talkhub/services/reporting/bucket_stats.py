"""Keep the analytics' read model true: hours counted from rows, days and months from hours.

Everything here may run twice: what is written replaces what stood there. A day or month of which
something changed is not there until it is merged again, and readers take what it is made of.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.reporting.calendar_steps import (
    HOUR,
    Level,
    Span,
    Step,
    day_of,
    local_day,
    month_of,
    steps,
)
from talkhub.services.reporting.counting import Key, count
from talkhub.services.reporting.figures import Reader
from talkhub.services.reporting.slices import Dimension, Slice
from talkhub.services.reporting.wishes import Wish
from talkhub.store.array_texts import array_text, arrays_text
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


def _counted(uow: UnitOfWork, spans: Sequence[Span]) -> dict[Key, Slice]:
    params = {
        "workspace_id": uow.workspace_id,
        "begins": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "zone": "UTC",
        "times": True,
        "hours": False,
    }
    rows = uow.read(statements.CONVERSATIONS_TO_COUNT, params)
    return count(rows, DIMENSIONS, are_divided=True)


def _merge(uow: UnitOfWork, level: Level, spans: Sequence[Span], zone: ZoneInfo) -> None:
    """Write what days or months are made of."""
    # From what is counted by now; what is not marks its day again.
    reader = Reader(uow, zone, None, ())
    found = {
        Key(place, where.dimension, where.value): one
        for place, span in enumerate(spans)
        for where, one in reader.find([span], Wish(zone, full=DIMENSIONS)).slices.items()
    }
    _write(uow, level, spans, found)


def _write(
    uow: UnitOfWork, level: Level, spans: Sequence[Span], found: Mapping[Key, Slice]
) -> None:
    """Replace what is there of some stretches by what was found of them."""
    slices = found.values()
    params = {
        "workspace_id": uow.workspace_id,
        "level": level.value,
        "dimensions": sorted(DIMENSIONS),
        "begins": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "places": array_text([str(key.place + 1) for key in found]),
        "names": array_text([key.dimension.value for key in found]),
        "values": array_text([key.value for key in found]),
        "counts": arrays_text([one.counts.tolist() for one in slices]),
        "codes": arrays_text([one.codes.tolist() for one in slices]),
        "times": arrays_text([one.times.tolist() for one in slices]),
        "people": array_text([_in_base64(one.people.serialize()) for one in slices]),
        "hours": arrays_text([_hours(key, one, level) for key, one in found.items()]),
        "also": array_text([_names(one.also) for one in slices]),
        "also_counts": arrays_text([_numbers(one.also) for one in slices]),
        "now": clock.now(),
    }
    uow.run(statements.WRITE_SLICES, params)


def _hours(key: Key, one: Slice, level: Level) -> list[int]:
    # Of an hour it is plain which hour of the week it is.
    is_kept = level is not Level.HOUR and key.dimension is not Dimension.TOPIC
    return one.hours.tolist() if is_kept else []


def _names(also: Mapping[str, int] | None) -> str:
    return "" if also is None else array_text(sorted(also))


def _numbers(also: Mapping[str, int] | None) -> list[int]:
    return [] if also is None else [also[name] for name in sorted(also)]


def _in_base64(binary: bytes) -> str:
    return base64.b64encode(binary).decode()


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
