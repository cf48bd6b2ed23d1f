"""The figures of the overview: two periods beside each other, and their courses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from talkhub.names import Intent
from talkhub.services.calendar_steps import (
    Span,
    Step,
)
from talkhub.services.figures import Found, Reader, Where, Wish
from talkhub.services.slices import (
    Dimension,
    Measure,
    Slice,
    merged,
)

_WISHED = frozenset({Dimension.ALL, Dimension.CHANNEL})
_TOLD = frozenset({Dimension.INTENT})


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
class Sums:
    """What the conversations that began in a stretch of time add up to."""

    conversations: int = 0
    people: int = 0
    messages: int = 0
    ended: int = 0
    completed: int = 0
    response_ms: int = 0
    responses: int = 0
    analysed: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    handoffs: int = 0

    @property
    def completion_rate(self) -> float | None:
        """The share of ended conversations in which the person got an answer last."""
        return _ratio(self.completed, self.ended)

    @property
    def handoff_rate(self) -> float | None:
        """The share of analysed conversations that asked for a human."""
        return _ratio(self.handoffs, self.analysed)

    @property
    def net_sentiment(self) -> float | None:
        """Positive less negative conversations, of a hundred analysed ones."""
        share = _ratio(self.positive - self.negative, self.analysed)
        return None if share is None else share * 100

    @property
    def response_seconds(self) -> float | None:
        """How long a person waited for an answer, on average."""
        return _ratio(self.response_ms / 1000, self.responses)

    @property
    def analysed_share(self) -> float | None:
        """The share of conversations whose analysis is there."""
        return _ratio(self.analysed, self.conversations)


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

    current: Sums
    previous: Sums
    course: Mapping[datetime, Sums]
    previous_course: Mapping[datetime, Sums]
    platforms: Mapping[str, Sums]
    intents: list[IntentCount]


def overview(reader: Reader, compared: Comparison) -> Overview:
    """Add up both periods; a person who came in two steps counts once in their period."""
    wish = Wish(compared.zone, compared.step, _WISHED, _TOLD)
    found = reader.find([compared.previous, compared.current], wish)
    now, before = (_within(found, span) for span in (compared.current, compared.previous))
    course, previous_course = _course(now), _course(before)
    return Overview(
        current=_whole(now),
        previous=_whole(before),
        course=course,
        previous_course=previous_course,
        platforms=_platforms(now),
        intents=_intents(now, before),
    )


def weekly_hours(reader: Reader, span: Span, zone: ZoneInfo) -> dict[tuple[int, int], int]:
    """Count the conversations of a span by local weekday (Sunday is 0) and hour."""
    of = reader.find([span], Wish(zone)).slices.get(Where(None, Dimension.ALL, ""))
    hours = of.hours.tolist() if of else []
    return {(place // 24, place % 24): count for place, count in enumerate(hours) if count}


def _within(found: Found, span: Span) -> Found:
    """Return what was found of one period; the steps of both are apart."""

    def is_inside(where: Where) -> bool:
        return where.begins_at is not None and span.start <= where.begins_at < span.end

    return Found(
        {where: count for where, count in found.counts.items() if is_inside(where)},
        {where: one for where, one in found.slices.items() if is_inside(where)},
    )


def _course(found: Found) -> dict[datetime, Sums]:
    return {
        where.begins_at: _sums(one, found.counts.get(_handoffs(where.begins_at), 0))
        for where, one in found.slices.items()
        if where.begins_at is not None and where.dimension is Dimension.ALL
    }


def _whole(found: Found) -> Sums:
    steps = [where for where in found.slices if where.dimension is Dimension.ALL]
    handoffs = sum(found.counts.get(_handoffs(where.begins_at), 0) for where in steps)
    return _sums(merged([found.slices[where] for where in steps]), handoffs)


def _platforms(found: Found) -> dict[str, Sums]:
    slices: defaultdict[str, list[Slice]] = defaultdict(list)
    for where, one in found.slices.items():
        if where.dimension is Dimension.CHANNEL:
            slices[where.value].append(one)
    sums = {platform: _sums(merged(several), 0) for platform, several in slices.items()}
    return dict(sorted(sums.items(), key=lambda item: (-item[1].conversations, item[0])))


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


def _handoffs(begins_at: datetime | None) -> Where:
    return Where(begins_at, Dimension.INTENT, Intent.HUMAN_HANDOFF.value)


def _sums(of: Slice, handoffs: int) -> Sums:
    return Sums(
        conversations=of[Measure.CONVERSATIONS],
        people=len(of.people),
        messages=of[Measure.MESSAGES],
        ended=of[Measure.ENDED],
        completed=of[Measure.COMPLETED],
        response_ms=of[Measure.RESPONSE_MS],
        responses=of[Measure.RESPONSES],
        analysed=of[Measure.ANALYSED],
        positive=of[Measure.POSITIVE],
        neutral=of[Measure.NEUTRAL],
        negative=of[Measure.NEGATIVE],
        handoffs=handoffs,
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
