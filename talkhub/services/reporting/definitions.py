"""What each metric of the analytics is; docs/metrics.md says the same in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from talkhub.names import Sentiment
from talkhub.names.feedback import SCALES, ScoreKind
from talkhub.services.reporting.slices import (
    ALL_DETAILS,
    NOTHING,
    Detail,
    Dimension,
    Measure,
    Slice,
    Timed,
    count_of,
    quantile,
)

MOODS: Mapping[Sentiment, Measure] = {
    Sentiment.POSITIVE: Measure.POSITIVE,
    Sentiment.NEUTRAL: Measure.NEUTRAL,
    Sentiment.NEGATIVE: Measure.NEGATIVE,
}


class MetricName(StrEnum):
    """What can be asked for; the first nine are told by default."""

    TOTAL_CONVERSATIONS = "total_conversations"
    UNIQUE_USERS = "unique_users"
    AVG_MESSAGES_PER_CONVERSATION = "avg_messages_per_conversation"
    INTENT_DISTRIBUTION = "intent_distribution"
    SENTIMENT_ANALYSIS = "sentiment_analysis"
    PEAK_HOURS = "peak_hours"
    COMPLETION_RATE = "completion_rate"
    AVERAGE_DURATION = "average_duration"
    AVERAGE_RESPONSE_TIME = "average_response_time"
    TOTAL_MESSAGES = "total_messages"
    ANALYSED_RATE = "analysed_rate"
    TOPIC_DISTRIBUTION = "topic_distribution"
    CHANNEL_DISTRIBUTION = "channel_distribution"
    LANGUAGE_DISTRIBUTION = "language_distribution"
    HEAT_MAP = "heat_map"
    RESPONSE_TIMES = "response_times"
    FIRST_RESPONSE_TIMES = "first_response_times"
    DURATIONS = "durations"
    RESOLUTION_TIMES = "resolution_times"
    CONTAINMENT_RATE = "containment_rate"
    CONFIRMED_CONTAINMENT_RATE = "confirmed_containment_rate"
    SILENT_CONTAINMENT_RATE = "silent_containment_rate"
    HANDOFF_REQUESTED_RATE = "handoff_requested_rate"
    HANDOFF_DONE_RATE = "handoff_done_rate"
    BOT_FAILURE_RATE = "bot_failure_rate"
    UNANSWERED_QUESTIONS = "unanswered_questions"
    NEW_USERS = "new_users"
    RETURNING_USERS = "returning_users"
    MOVERS = "movers"
    ERROR_RATE = "error_rate"


ORIGINAL = tuple(MetricName)[:9]

DISTRIBUTIONS: Mapping[MetricName, Dimension] = {
    MetricName.INTENT_DISTRIBUTION: Dimension.INTENT,
    MetricName.TOPIC_DISTRIBUTION: Dimension.TOPIC,
    MetricName.CHANNEL_DISTRIBUTION: Dimension.CHANNEL,
    MetricName.LANGUAGE_DISTRIBUTION: Dimension.LANGUAGE,
}
"""Metrics that say how many conversations there are of each value of a dimension."""

SATISFIED_FROM = 4
PROMOTERS_FROM = 9
DETRACTORS_UP_TO = 6

_PLAIN: frozenset[Detail] = frozenset()
_PEOPLE = frozenset({Detail.PEOPLE})
_HOURS = frozenset({Detail.HOURS})
_TIMES = frozenset({Detail.TIMES})
_COURSE = frozenset({Detail.COURSE})

DETAILS: Mapping[MetricName, frozenset[Detail]] = {
    MetricName.TOTAL_CONVERSATIONS: _PLAIN,
    MetricName.UNIQUE_USERS: _PEOPLE,
    MetricName.AVG_MESSAGES_PER_CONVERSATION: _PLAIN,
    MetricName.INTENT_DISTRIBUTION: _PLAIN,
    MetricName.SENTIMENT_ANALYSIS: _PLAIN,
    MetricName.PEAK_HOURS: _HOURS,
    MetricName.COMPLETION_RATE: _PLAIN,
    MetricName.AVERAGE_DURATION: _PLAIN,
    MetricName.AVERAGE_RESPONSE_TIME: _PLAIN,
    MetricName.TOTAL_MESSAGES: _PLAIN,
    MetricName.ANALYSED_RATE: _PLAIN,
    MetricName.TOPIC_DISTRIBUTION: _PLAIN,
    MetricName.CHANNEL_DISTRIBUTION: _PLAIN,
    MetricName.LANGUAGE_DISTRIBUTION: _PLAIN,
    MetricName.HEAT_MAP: _HOURS,
    MetricName.RESPONSE_TIMES: _TIMES,
    MetricName.FIRST_RESPONSE_TIMES: _TIMES,
    MetricName.DURATIONS: _TIMES,
    MetricName.RESOLUTION_TIMES: _TIMES | _COURSE,
    MetricName.CONTAINMENT_RATE: _COURSE,
    MetricName.CONFIRMED_CONTAINMENT_RATE: _COURSE,
    MetricName.SILENT_CONTAINMENT_RATE: _COURSE,
    MetricName.HANDOFF_REQUESTED_RATE: _COURSE,
    MetricName.HANDOFF_DONE_RATE: _COURSE,
    MetricName.BOT_FAILURE_RATE: _COURSE,
    MetricName.UNANSWERED_QUESTIONS: _COURSE,
    MetricName.NEW_USERS: _PEOPLE,
    MetricName.RETURNING_USERS: _PEOPLE,
    MetricName.MOVERS: _PLAIN,
    MetricName.ERROR_RATE: _PLAIN,
}
"""What of a slice each metric needs beside its counts; of one that is not named here, all."""


def details_of(metrics: Iterable[MetricName]) -> frozenset[Detail]:
    """Return what of the slices has to be read for some metrics."""
    return frozenset().union(*(DETAILS.get(metric, ALL_DETAILS) for metric in metrics))


MOVING = (Dimension.INTENT, Dimension.TOPIC)
SHOWN_MOVERS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """What metrics are computed from: all conversations of a stretch, and counts by dimension."""

    all: Slice = NOTHING
    counts: Mapping[Dimension, Mapping[str, int]] | None = None

    def counts_of(self, dimension: Dimension) -> dict[str, int]:
        """Return the conversations by value, the most frequent first."""
        counts = (self.counts or {}).get(dimension, {})
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def rate(part: Measure, whole: Measure, digits: int = 4) -> Callable[[Known], float]:
    """Return the metric that divides one count by another; of nothing it is 0."""
    return lambda known: ratio(known.all[part], known.all[whole], digits)


def ratio(part: float, whole: float, digits: int) -> float:
    """Return a share, and 0 of nothing."""
    return round(part / whole, digits) if whole else 0.0


def spread(kind: Timed) -> Callable[[Known], dict[str, float | None]]:
    """Return the metric that tells half and nearly all of some times, in seconds."""

    def told(known: Known) -> dict[str, float | None]:
        half, most = (quantile(known.all, kind, share) for share in (0.5, 0.95))
        return {
            "count": count_of(known.all, kind),
            "p50": None if half is None else round(half, 3),
            "p95": None if most is None else round(most, 3),
        }

    return told


def _distribution(dimension: Dimension) -> Callable[[Known], dict[str, int]]:
    return lambda known: known.counts_of(dimension)


def _moods(known: Known) -> dict[str, int]:
    return {mood.value: known.all[measure] for mood, measure in MOODS.items()}


def _peak_hours(known: Known) -> list[dict[str, int]]:
    hours = known.all.hours.reshape(-1, 24).sum(axis=0).tolist()
    busiest = sorted(((-count, hour) for hour, count in enumerate(hours) if count))
    return [{"hour": hour, "count": -count} for count, hour in busiest]


def _heat_map(known: Known) -> list[dict[str, int]]:
    return [
        {"weekday": place // 24, "hour": place % 24, "count": count}
        for place, count in enumerate(known.all.hours.tolist())
        if count
    ]


COMPUTED: Mapping[MetricName, Callable[[Known], Any]] = {
    MetricName.TOTAL_CONVERSATIONS: lambda known: known.all[Measure.CONVERSATIONS],
    MetricName.UNIQUE_USERS: lambda known: len(known.all.people),
    MetricName.AVG_MESSAGES_PER_CONVERSATION: rate(Measure.MESSAGES, Measure.CONVERSATIONS, 2),
    MetricName.INTENT_DISTRIBUTION: _distribution(Dimension.INTENT),
    MetricName.SENTIMENT_ANALYSIS: _moods,
    MetricName.PEAK_HOURS: _peak_hours,
    MetricName.COMPLETION_RATE: rate(Measure.COMPLETED, Measure.ENDED),
    MetricName.AVERAGE_DURATION: lambda known: ratio(
        known.all[Measure.DURATION_MS] / 1000, known.all[Measure.CONVERSATIONS], 2
    ),
    MetricName.AVERAGE_RESPONSE_TIME: lambda known: ratio(
        known.all[Measure.RESPONSE_MS] / 1000, known.all[Measure.RESPONSES], 3
    ),
    MetricName.TOTAL_MESSAGES: lambda known: known.all[Measure.MESSAGES],
    MetricName.ANALYSED_RATE: rate(Measure.ANALYSED, Measure.CONVERSATIONS),
    MetricName.TOPIC_DISTRIBUTION: _distribution(Dimension.TOPIC),
    MetricName.CHANNEL_DISTRIBUTION: _distribution(Dimension.CHANNEL),
    MetricName.LANGUAGE_DISTRIBUTION: _distribution(Dimension.LANGUAGE),
    MetricName.HEAT_MAP: _heat_map,
    MetricName.RESPONSE_TIMES: spread(Timed.RESPONSE),
    MetricName.FIRST_RESPONSE_TIMES: spread(Timed.FIRST_RESPONSE),
    MetricName.DURATIONS: spread(Timed.DURATION),
    MetricName.RESOLUTION_TIMES: spread(Timed.RESOLUTION),
    MetricName.CONTAINMENT_RATE: rate(Measure.CONTAINED, Measure.ASSESSED),
    MetricName.CONFIRMED_CONTAINMENT_RATE: rate(Measure.CONFIRMED, Measure.ASSESSED),
    MetricName.SILENT_CONTAINMENT_RATE: rate(Measure.SILENT, Measure.ASSESSED),
    MetricName.HANDOFF_REQUESTED_RATE: rate(Measure.HANDOFF_REQUESTED, Measure.ASSESSED),
    MetricName.HANDOFF_DONE_RATE: rate(Measure.HANDOFF_DONE, Measure.ASSESSED),
    MetricName.BOT_FAILURE_RATE: rate(Measure.BOT_FAILED, Measure.ASSESSED),
    MetricName.UNANSWERED_QUESTIONS: lambda known: known.all[Measure.UNANSWERED_QUESTIONS],
}
"""The metrics that one stretch tells by itself; the others are in services/reporting/analytics."""

OF_A_PART = (
    frozenset(COMPUTED)
    - frozenset(DISTRIBUTIONS)
    - {
        MetricName.PEAK_HOURS,
        MetricName.HEAT_MAP,
    }
)
"""The metrics that are told of every group and every step as well: single figures."""


def movers(now: Known, before: Known) -> list[dict[str, Any]]:
    """Return the intents and topics whose counts changed most, the largest change first."""
    changed = [
        {
            "dimension": dimension.value,
            "value": value,
            "count": current.get(value, 0),
            "previous": previous.get(value, 0),
            "change": current.get(value, 0) - previous.get(value, 0),
        }
        for dimension in MOVING
        for current, previous in [(now.counts_of(dimension), before.counts_of(dimension))]
        for value in sorted(current.keys() | previous.keys())
    ]
    ranked: Sequence[dict[str, Any]] = sorted(changed, key=lambda one: -abs(one["change"]))
    return [one for one in ranked if one["change"]][:SHOWN_MOVERS]


def error_rate(given_up: int, known: Known) -> float:
    """Return the share of messages that could not be taken in or delivered."""
    return ratio(given_up, known.all[Measure.MESSAGES] + given_up, 4)


def csat(counts: Mapping[int, int]) -> dict[str, Any]:
    """Return what scores from 1 to 5 say; without any, nothing is known."""
    count = sum(counts.values())
    satisfied = sum(times for score, times in counts.items() if score >= SATISFIED_FROM)
    total = sum(score * times for score, times in counts.items())
    return {
        "count": count,
        "average": round(total / count, 2) if count else None,
        "satisfied_rate": ratio(satisfied, count, 4) if count else None,
        "distribution": {str(score): counts.get(score, 0) for score in SCALES[ScoreKind.CSAT]},
    }


def nps(counts: Mapping[int, int]) -> dict[str, Any]:
    """Return what scores from 0 to 10 say: promoters less detractors, of a hundred."""
    count = sum(counts.values())
    promoters = sum(times for score, times in counts.items() if score >= PROMOTERS_FROM)
    detractors = sum(times for score, times in counts.items() if score <= DETRACTORS_UP_TO)
    return {
        "count": count,
        "nps": ratio(100 * (promoters - detractors), count, 1) if count else None,
        "promoters": promoters,
        "passives": count - promoters - detractors,
        "detractors": detractors,
        "distribution": {str(score): counts.get(score, 0) for score in SCALES[ScoreKind.NPS]},
    }


SCORED: Mapping[ScoreKind, Callable[[Mapping[int, int]], dict[str, Any]]] = {
    ScoreKind.CSAT: csat,
    ScoreKind.NPS: nps,
}
"""What is made of the scores that people gave. Nothing of it is an estimate."""
