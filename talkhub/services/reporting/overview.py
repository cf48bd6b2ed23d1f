"""The figures of the overview: two periods beside each other, and their courses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from talkhub.services.reporting.calendar_steps import (
    Span,
    Step,
)
from talkhub.services.reporting.figures import Reader
from talkhub.services.reporting.slices import (
    NOTHING,
    Detail,
    Dimension,
    Measure,
    Slice,
    merged,
)
from talkhub.services.reporting.wishes import Filters, Found, Where, Wish

_WISHED = frozenset({Dimension.ALL, Dimension.CHANNEL})
_TOLD = frozenset({Dimension.INTENT})
_DETAILS = frozenset({Detail.PEOPLE, Detail.COURSE})
_HOURS = frozenset({Detail.HOURS})


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period, the one before it, and the steps in which both are walked through.

    The days of Step.DAY are those of `zone`.
    """

    current: Span
    previous: Span
    step: Step
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class IntentCount:
    """How many conversations had an intent, now and in the previous period."""

    intent: str
    current: int
    previous: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Both periods as a whole and step by step, and the intents of both.

    The platforms are those of the current one, busiest first.
    """

    current: Slice
    previous: Slice
    course: Mapping[datetime, Slice]
    previous_course: Mapping[datetime, Slice]
    platforms: Mapping[str, Slice]
    intents: list[IntentCount]


def overview(reader: Reader, compared: Comparison) -> Overview:
    """Add up both periods; a person who came in two steps counts once in their period."""
    wish = Wish(compared.zone, compared.step, _WISHED, _TOLD, _DETAILS)
    found = reader.find([compared.previous, compared.current], wish)
    now, before = (_within(found, span) for span in (compared.current, compared.previous))
    course, previous_course = _course(now), _course(before)
    return Overview(
        current=merged(list(course.values())),
        previous=merged(list(previous_course.values())),
        course=course,
        previous_course=previous_course,
        platforms=_platforms(now),
        intents=_intents(now, before),
    )


def weekly_hours(
    reader: Reader, span: Span, zone: ZoneInfo, filters: Filters | None = None
) -> dict[tuple[int, int], int]:
    """Count the conversations of a span by local weekday (Sunday is 0) and hour."""
    found = reader.find([span], Wish(zone, details=_HOURS), filters)
    hours = found.slices.get(Where(None, Dimension.ALL, ""), NOTHING).hours.tolist()
    return {(place // 24, place % 24): count for place, count in enumerate(hours) if count}


def _within(found: Found, span: Span) -> Found:
    """Return what was found of one period; the steps of both are apart."""

    def is_inside(where: Where) -> bool:
        return where.begins_at is not None and span.start <= where.begins_at < span.end

    return Found(
        {where: count for where, count in found.counts.items() if is_inside(where)},
        {where: one for where, one in found.slices.items() if is_inside(where)},
    )


def _course(found: Found) -> dict[datetime, Slice]:
    return {
        where.begins_at: one
        for where, one in found.slices.items()
        if where.begins_at is not None and where.dimension is Dimension.ALL
    }


def _platforms(found: Found) -> dict[str, Slice]:
    slices: defaultdict[str, list[Slice]] = defaultdict(list)
    for where, one in found.slices.items():
        if where.dimension is Dimension.CHANNEL:
            slices[where.value].append(one)
    platforms = {platform: merged(several) for platform, several in slices.items()}
    busiest = sorted(platforms.items(), key=lambda it: (-it[1][Measure.CONVERSATIONS], it[0]))
    return dict(busiest)


def _intents(now: Found, before: Found) -> list[IntentCount]:
    """Return how often each intent came up, the most frequent first."""
    current, previous = _intent_counts(now), _intent_counts(before)
    counts = [
        IntentCount(intent, current.get(intent, 0), previous.get(intent, 0))
        for intent in current.keys() | previous.keys()
    ]
    return sorted(counts, key=lambda it: (-it.current, -it.previous, it.intent))


def _intent_counts(found: Found) -> dict[str, int]:
    counts: defaultdict[str, int] = defaultdict(int)
    for where, count in found.counts.items():
        if where.dimension is Dimension.INTENT:
            counts[where.value] += count
    return counts
