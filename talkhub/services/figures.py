"""Find what conversations add up to: in the read model where it knows, else in the rows.

A stretch of time is put together from the largest buckets that lie in it as a whole: months,
then days, then hours. What is left at its ends, and what a filter asks, is counted from rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from pyroaring import BitMap

from talkhub import clock
from talkhub.services.calendar_steps import (
    HOUR,
    Level,
    Span,
    Step,
    begin_of,
    has_whole_hours,
    steps,
    week_hour,
    whole,
    without,
)
from talkhub.services.counting import Counted, count
from talkhub.services.slices import (
    WEEK_HOURS,
    Dimension,
    Measure,
    Slice,
    merged,
)
from talkhub.store.statements import bucket_stats as statements
from talkhub.store.uow import UnitOfWork

_UTC = ZoneInfo("UTC")
_LEAST = timedelta(microseconds=1)
_MOST_ROWS = 2_000
_MOST_FRESH = 24
_MOST_FILTERED_ROWS = 100_000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_COARSER = (Level.MONTH, Level.DAY)
_FITTING = {None: _COARSER, Step.MONTH: _COARSER, Step.WEEK: (Level.DAY,), Step.DAY: (Level.DAY,)}


class PeriodTooLong(ValueError):
    """A period has more steps, or with filters more days or rows, than are counted at once."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which conversations are meant; what is None is left open."""

    channels: tuple[str, ...] | None = None
    intents: tuple[str, ...] | None = None
    sentiments: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    user_id: str | None = None

    def as_params(self) -> dict[str, list[str] | str | None]:
        """Return them as the statement takes them, arrays as lists."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What to find of some stretches of time.

    `full` are the dimensions of which everything is told, `told` those of which only the
    conversations are counted. With a `step` it is told step by step, else of all stretches
    together.
    """

    zone: ZoneInfo
    step: Step | None = None
    full: frozenset[Dimension] = frozenset({Dimension.ALL})
    told: frozenset[Dimension] = frozenset()


class Where(NamedTuple):
    """What a figure is of: a step by its beginning (None: all stretches), and a value in it."""

    begins_at: datetime | None
    dimension: Dimension
    value: str


@dataclass(slots=True)
class Found:
    """What was found: conversations of all dimensions, slices of those wished for in full."""

    counts: dict[Where, int] = field(default_factory=dict)
    slices: dict[Where, Slice] = field(default_factory=dict)


class Part(NamedTuple):
    """A slice of a bucket, or of several added up: then nobody knows when it begins.

    `conversations` stands alone, without a slice, where nothing else was asked for.
    """

    begins_at: datetime | None
    dimension: Dimension
    value: str
    conversations: int
    slice: Slice | None


@dataclass(frozen=True, slots=True)
class Reader:
    """What the read model knows: from when until when, and which hours not all of yet."""

    uow: UnitOfWork
    known: Span | None
    fresh: tuple[Span, ...]

    def find(self, spans: Sequence[Span], wish: Wish, filters: Filters | None = None) -> Found:
        """Return what the conversations that began in `spans` add up to."""
        if filters is not None:
            return _fold(_from_rows(self.uow, spans, wish, filters), wish)
        parts: list[Part] = []
        left = list(spans)
        for level in _FITTING.get(wish.step, ()):
            wholes = [one for span in left for one in whole(level, span, wish.zone)]
            settled = [one for one in wholes if not any(map(one.overlaps, self.fresh))]
            known, covered = _read(self.uow, level, settled, wish)
            left = without(left, covered)
            parts += known
        hours = _hours(left, wish.zone)
        fresh = [hour for hour in self.fresh if any(map(hour.overlaps, hours))]
        hours = without(hours, fresh)
        parts += _read(self.uow, Level.HOUR, hours, wish)[0]
        parts += _from_rows(self.uow, without(left, hours), wish, Filters())
        return _fold(parts, wish)


def open_reader(uow: UnitOfWork) -> Reader:
    """Return a reader of the workspace's figures as they are now.

    Hours with conversations that no drain has counted yet are read from the rows, as long as
    they are few and small: what was said a moment ago is in the figures. Behind a backlog the
    figures are those of the last count. Times that no clock can have told, before 2000 or after
    tomorrow, are in no figures: callers may send any, and each day between would be looked at.
    """
    key = {"workspace_id": uow.workspace_id, "most_rows": _MOST_ROWS}
    first, last, fresh = uow.run(statements.KNOWN_HOURS, key).one()
    hours = sorted(fresh) if len(fresh) <= _MOST_FRESH else []
    latest = clock.now() + _AHEAD
    ends = [one for one in (first, last, *hours) if one is not None and _EARLIEST <= one <= latest]
    return Reader(
        uow,
        Span(min(ends), max(ends) + HOUR) if ends else None,
        tuple(Span(hour, hour + HOUR) for hour in hours),
    )


def _read(
    uow: UnitOfWork, level: Level, spans: Sequence[Span], wish: Wish
) -> tuple[list[Part], list[Span]]:
    """Return what the read model has of a level, and which of the stretches it has."""
    if not spans:
        return [], []
    statement = statements.READ_HOURS if level is Level.HOUR else statements.READ_MERGED
    params = {
        "workspace_id": uow.workspace_id,
        "level": level.value,
        "begins": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "full": sorted(wish.full),
        "told": sorted(wish.told - wish.full),
        "by_bucket": wish.step is not None,
    }
    parts: list[Part] = []
    covered: list[Span] = []
    for dimension, value, begins_at, ends_at, counts, *more in uow.run(statement, params):
        if ends_at is None:
            parts.append(Part(begins_at, Dimension(dimension), value, counts[0], None))
            continue
        if dimension == Dimension.ALL:
            covered.append(Span(begins_at, ends_at))
        parts.append(Part(begins_at, Dimension(dimension), value, counts[0], _slice(counts, *more)))
    return parts, covered


def _slice(
    counts: list[int], codes: list[int], times: list[int], people: bytes, hours: list[int]
) -> Slice:
    return Slice(
        np.array(counts, np.int64),
        np.array(codes, np.int64),
        np.array(times, np.int64),
        BitMap.deserialize(bytes(people)),
        np.array(hours, np.int64),
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
        "limit": _MOST_FILTERED_ROWS + 1,
        **filters.as_params(),
    }
    rows = [Counted(*row) for row in uow.run(statements.FILTERED_CONVERSATIONS, params)]
    if len(rows) > _MOST_FILTERED_ROWS:
        raise PeriodTooLong(
            f"There are more than {_MOST_FILTERED_ROWS} such conversations; ask for fewer days."
        )
    return [
        Part(cut[key.place].start, key.dimension, key.value, found[Measure.CONVERSATIONS], found)
        for key, found in count(rows, wish.full | wish.told).items()
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
            slices[where].append(_with_hours(part, part.slice, wish.zone))
    found.slices = {where: merged(several) for where, several in slices.items()}
    return found


def _with_hours(part: Part, of: Slice, zone: ZoneInfo) -> Slice:
    """Return a slice with its hours of the week; of an hour's bucket it is one."""
    if len(of.hours) or part.begins_at is None or part.dimension is not Dimension.ALL:
        return of
    hours = np.zeros(WEEK_HOURS, np.int64)
    hours[week_hour(part.begins_at, zone)] = part.conversations
    return replace(of, hours=hours)
