"""Two periods beside each other: what their conversations add up to, step by step and by value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from talkhub.services.reporting.figures import Reader
from talkhub.services.reporting.overview import Comparison
from talkhub.services.reporting.slices import NOTHING, Detail, Dimension, Slice, merged
from talkhub.services.reporting.wishes import Filters, Found, Wish

_DETAILS = frozenset({Detail.TIMES, Detail.PEOPLE, Detail.COURSE})


@dataclass(frozen=True, slots=True)
class Side:
    """One period. `course` has its steps, `groups` slices and `counts` conversations by value.

    `counts_course` has the conversations of each value in each step.
    """

    whole: Slice = NOTHING
    course: Mapping[datetime, Slice] = field(default_factory=dict)
    groups: Mapping[Dimension, Mapping[str, Slice]] = field(default_factory=dict)
    counts: Mapping[Dimension, Mapping[str, int]] = field(default_factory=dict)
    counts_course: Mapping[Dimension, Mapping[str, Mapping[datetime, int]]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A period and the one before it."""

    current: Side
    previous: Side


def read_report(
    reader: Reader,
    compared: Comparison,
    *,
    full: frozenset[Dimension] = frozenset(),
    told: frozenset[Dimension] = frozenset(),
    filters: Filters | None = None,
) -> Report:
    """Add up both periods; of the dimensions in `full` everything, of `told` conversations alone.

    Raises PeriodTooLong where a filter leaves more than can be counted at once.
    """
    wish = Wish(compared.zone, compared.step, full | {Dimension.ALL}, told, _DETAILS)
    # Each by itself: the week that one ends and the other begins within is a step of both.
    now, before = (
        _side(reader.find([span], wish, filters)) for span in (compared.current, compared.previous)
    )
    return Report(now, before)


def _side(found: Found) -> Side:
    course: dict[datetime, Slice] = {}
    parts: defaultdict[Dimension, defaultdict[str, list[Slice]]]
    parts = defaultdict(lambda: defaultdict(list))
    for where, one in found.slices.items():
        if where.begins_at is None:
            continue
        if where.dimension is Dimension.ALL:
            course[where.begins_at] = one
        else:
            parts[where.dimension][where.value].append(one)
    counts: defaultdict[Dimension, defaultdict[str, dict[datetime, int]]]
    counts = defaultdict(lambda: defaultdict(dict))
    for where, count in found.counts.items():
        if where.begins_at is not None:
            counts[where.dimension][where.value][where.begins_at] = count
    return Side(
        whole=merged(list(course.values())),
        course=course,
        groups={name: {v: merged(many) for v, many in by.items()} for name, by in parts.items()},
        counts={name: {v: sum(c.values()) for v, c in by.items()} for name, by in counts.items()},
        counts_course=counts,
    )
