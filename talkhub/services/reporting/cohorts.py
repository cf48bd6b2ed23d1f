"""Cohorts: of the people who came for the first time, how many came back, and when.

From the read model's people, which are exact: a person is a bit in each week or month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyroaring import BitMap

from talkhub import clock
from talkhub.services.reporting.analytics import EmptyPeriod, as_period
from talkhub.services.reporting.calendar_steps import Span, Step, begin_of, steps
from talkhub.services.reporting.definitions import ratio
from talkhub.services.reporting.figures import Reader, open_reader
from talkhub.services.reporting.slices import NOTHING, Detail, Dimension
from talkhub.services.reporting.wishes import PeriodTooLong, Where, Wish
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import UnitOfWork

COHORTS = 12
MOST_COHORTS = 60
_PEOPLE = frozenset({Detail.PEOPLE})
_LENGTH = {Step.WEEK: timedelta(days=7), Step.MONTH: timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class CohortQuestion:
    """Which cohorts are meant: those of the weeks, or months, that a period touches."""

    start: date | datetime | None = None
    end: date | datetime | None = None
    zone: ZoneInfo | None = None
    step: Step = Step.WEEK


def cohorts(uow: UnitOfWork, asked: CohortQuestion) -> dict[str, Any]:
    """Return the cohorts of people by the week or month of their first conversation.

    Without a beginning they are the last twelve. Raises EmptyPeriod and PeriodTooLong.
    """
    zone = asked.zone or workspace_timezone(uow)
    begins = _begins(asked, zone)
    span = Span(begins[0], begins[-1])
    people, earlier = _people(open_reader(uow), span, asked.step, zone)
    cohorts, returned = cohorts_of([people.get(begin, BitMap()) for begin in begins[:-1]], earlier)
    is_over = [end <= clock.now() for end in begins[1:]]
    return {
        "granularity": asked.step.value,
        "cohorts": [
            {
                "start": format_time(begin),
                "people": size,
                "returned": [
                    {
                        "step": number,
                        "people": back,
                        "share": ratio(back, size, 4),
                        "is_over": is_over[place + number],
                    }
                    for number, back in enumerate(returned[place], start=1)
                ],
            }
            for place, (begin, size) in enumerate(zip(begins[:-1], cohorts, strict=True))
        ],
        "average": _average(cohorts, returned, is_over),
        "period": {
            "start": format_time(span.start),
            "end": format_time(span.end),
            "timezone": zone.key,
        },
    }


def cohorts_of(people: Sequence[BitMap], earlier: BitMap) -> tuple[list[int], list[list[int]]]:
    """Return how many people came first in each step, and how many of them in each later one.

    `people` are those of each step, `earlier` those of all time before.
    """
    known = earlier
    sizes: list[int] = []
    returned: list[list[int]] = []
    for place, present in enumerate(people):
        fresh = present - known
        known = known | present
        sizes.append(len(fresh))
        returned.append([fresh.intersection_cardinality(later) for later in people[place + 1 :]])
    return sizes, returned


def _average(
    sizes: Sequence[int], returned: Sequence[Sequence[int]], is_over: Sequence[bool]
) -> list[dict[str, Any]]:
    """Return by step how many came back of all who could have by now."""
    told = []
    for number in range(1, len(sizes)):
        able = [place for place in range(len(sizes) - number) if is_over[place + number]]
        size = sum(sizes[place] for place in able)
        if able:
            back = sum(returned[place][number - 1] for place in able)
            told.append({"step": number, "people": back, "of": size, "share": ratio(back, size, 4)})
    return told


def _begins(asked: CohortQuestion, zone: ZoneInfo) -> list[datetime]:
    """Return when the asked weeks or months begin, and last when the last one ends."""
    period = as_period(asked.start, asked.end, zone)
    end = min(period.end or clock.now(), clock.now() + timedelta(days=1))
    length = _LENGTH[asked.step]
    first = period.start
    if first is None:
        # Months are counted back from their beginnings, so that twelve are twelve.
        first = begin_of(end - timedelta(microseconds=1), asked.step, zone)
        for _ in range(COHORTS - 1):
            first = begin_of(first - timedelta(days=1), asked.step, zone)
    if first >= end:
        raise EmptyPeriod("The period ends before it begins.")
    if (end - first) / length > MOST_COHORTS:
        raise PeriodTooLong(f"The period has more than {MOST_COHORTS} cohorts; ask for fewer.")
    begins = steps(Span(first, end), asked.step, zone)
    past_the_last = begins[-1] + length + timedelta(days=4)
    return [*begins, begin_of(past_the_last, asked.step, zone)]


def _people(
    reader: Reader, span: Span, step: Step, zone: ZoneInfo
) -> tuple[Mapping[datetime, BitMap], BitMap]:
    """Return who was there in each step of a span, and who was there before."""
    if reader.known is None:
        return {}, BitMap()
    within = Span(max(span.start, reader.known.start), min(span.end, reader.known.end))
    people = {}
    if within.start < within.end:
        found = reader.find([within], Wish(zone, step, details=_PEOPLE)).slices
        people = {where.begins_at: one.people for where, one in found.items() if where.begins_at}
    before = Span(reader.known.start, min(span.start, reader.known.end))
    if before.start >= before.end:
        return people, BitMap()
    found = reader.find([before], Wish(zone, details=_PEOPLE)).slices
    return people, found.get(Where(None, Dimension.ALL, ""), NOTHING).people
