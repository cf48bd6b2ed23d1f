"""Find what conversations add up to: in the read model where it knows, else in the rows.

A stretch of time is put together from the largest buckets that lie in it as a whole: months,
then days, then hours. What is left at its ends, and what a filter asks, is counted from rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from talkhub import clock
from talkhub.services.reporting.calendar_steps import (
    HOUR,
    Level,
    Span,
    Step,
    begin_of,
    has_whole_hours,
    steps,
    whole,
    without,
)
from talkhub.services.reporting.counting import count
from talkhub.services.reporting.slices import Detail, Measure, Slice, merged
from talkhub.services.reporting.stored_slices import NotStored, Part, read_slices, tells
from talkhub.services.reporting.wishes import Chosen, Filters, Found, PeriodTooLong, Where, Wish
from talkhub.store.statements import bucket_stats as statements
from talkhub.store.uow import UnitOfWork

_UTC = ZoneInfo("UTC")
_LEAST = timedelta(microseconds=1)
_MOST_ROWS = 2_000
_MOST_FRESH = 24
_MOST_FILTERED_ROWS = 100_000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_OF_PERSON = {
    False: statements.CONVERSATIONS_OF_PERSON_IN_BRIEF,
    True: statements.CONVERSATIONS_OF_PERSON,
}
_COARSER = (Level.MONTH, Level.DAY)
_FITTING = {None: _COARSER, Step.MONTH: _COARSER, Step.WEEK: (Level.DAY,), Step.DAY: (Level.DAY,)}


@dataclass(frozen=True, slots=True)
class Reader:
    """What the read model knows: from when until when, and which hours not all of yet.

    `zone` is the workspace's.
    """

    uow: UnitOfWork
    zone: ZoneInfo
    known: Span | None
    fresh: tuple[Span, ...]

    def find(self, spans: Sequence[Span], wish: Wish, filters: Filters | None = None) -> Found:
        """Return what the conversations that began in `spans` add up to."""
        if filters is None:
            return _fold(self._parts(spans, wish, Filters()), wish)
        chosen = filters.slices()
        if chosen is not None and self.known is not None and tells(chosen, wish):
            known = [one for span in spans for one in span.within(self.known)]
            with suppress(NotStored):
                return _fold(self._parts(known, wish, filters, chosen), wish)
        return _fold(_from_rows(self.uow, spans, wish, filters), wish)

    def _parts(
        self, spans: Sequence[Span], wish: Wish, filters: Filters, chosen: Chosen | None = None
    ) -> list[Part]:
        """Return what stretches are put together from; `chosen` are the slices of `filters`."""
        parts: list[Part] = []
        left = list(spans)
        for level in _FITTING.get(wish.step, ()):
            wholes = [one for span in left for one in whole(level, span, wish.zone)]
            settled = [one for one in wholes if not any(map(one.overlaps, self.fresh))]
            known, covered = read_slices(self.uow, level, settled, wish, chosen)
            left = without(left, covered)
            parts += known
        hours = _hours(left, wish.zone)
        fresh = [hour for hour in self.fresh if any(map(hour.overlaps, hours))]
        hours = without(hours, fresh)
        parts += read_slices(self.uow, Level.HOUR, hours, wish, chosen)[0]
        return parts + _from_rows(self.uow, without(left, hours), wish, filters)


def open_reader(uow: UnitOfWork) -> Reader:
    """Return a reader of the workspace's figures as they are now.

    Hours with conversations that no drain has counted yet are read from the rows, as long as
    they are few and small: what was said a moment ago is in the figures. Behind a backlog the
    figures are those of the last count. Times that no clock can have told, before 2000 or after
    tomorrow, are in no figures: callers may send any, and each day between would be looked at.
    """
    key = {"workspace_id": uow.workspace_id, "most_rows": _MOST_ROWS}
    ((zone, first, last, fresh),) = uow.read(statements.KNOWN_HOURS, key)
    hours = sorted(fresh) if len(fresh) <= _MOST_FRESH else []
    latest = clock.now() + _AHEAD
    ends = [one for one in (first, last, *hours) if one is not None and _EARLIEST <= one <= latest]
    return Reader(
        uow,
        ZoneInfo(zone),
        Span(min(ends), max(ends) + HOUR) if ends else None,
        tuple(Span(hour, hour + HOUR) for hour in hours),
    )


def _hours(spans: Sequence[Span], zone: ZoneInfo) -> list[Span]:
    """Return the whole hours in spans; none in a zone whose hours are not UTC's."""
    hours: list[Span] = []
    for span in spans:
        start = begin_of(span.start + HOUR - _LEAST, Step.HOUR, _UTC)
        end = begin_of(span.end, Step.HOUR, _UTC)
        if start < end and has_whole_hours(span, zone):
            hours.append(Span(start, end))
    return hours


def _from_rows(uow: UnitOfWork, spans: Sequence[Span], wish: Wish, filters: Filters) -> list[Part]:
    """Count the conversations themselves, in the steps that are wished for."""
    cut = [one for span in spans for one in _cut(span, wish)]
    if not cut:
        return []
    params = {
        "workspace_id": uow.workspace_id,
        "zone": wish.zone.key,
        "begins": [span.start for span in cut],
        "ends": [span.end for span in cut],
        "first": min(span.start for span in cut),
        "last": max(span.end for span in cut),
        "limit": _MOST_FILTERED_ROWS + 1,
        **wish.details_as_params(),
        **filters.as_params(),
    }
    if filters.user_id is not None and filters == Filters(user_id=filters.user_id):
        rows = uow.read(_OF_PERSON[Detail.COURSE in wish.details], params)
    else:
        rows = [*uow.run(statements.FILTERED_CONVERSATIONS, params)]
    if len(rows) > _MOST_FILTERED_ROWS:
        raise PeriodTooLong(
            f"There are more than {_MOST_FILTERED_ROWS} such conversations; ask for fewer days."
        )
    is_divided = Detail.ALSO in wish.details
    return [
        Part(cut[key.place].start, key.dimension, key.value, found[Measure.CONVERSATIONS], found)
        for key, found in count(rows, wish.full | wish.told, are_divided=is_divided).items()
    ]


def _cut(span: Span, wish: Wish) -> Iterator[Span]:
    if wish.step is None:
        yield span
        return
    begins = steps(span, wish.step, wish.zone)
    for begin, end in zip(begins, [*begins[1:], span.end], strict=True):
        yield Span(max(begin, span.start), end)


def _fold(parts: Sequence[Part], wish: Wish) -> Found:
    """Add parts up by step, dimension and value."""

    @cache  # finding a local day takes longer than the rest
    def begin(moment: datetime | None) -> datetime | None:
        if moment is None or wish.step is None:
            return None
        return begin_of(moment, wish.step, wish.zone)

    found = Found()
    slices: defaultdict[Where, list[Slice]] = defaultdict(list)
    for part in parts:
        where = Where(begin(part.begins_at), part.dimension, part.value)
        found.counts[where] = found.counts.get(where, 0) + part.conversations
        if part.slice is not None and part.dimension in wish.full:
            slices[where].append(part.slice)
    found.slices = {where: merged(several) for where, several in slices.items()}
    return found
