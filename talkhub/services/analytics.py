"""Answer questions about many conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from talkhub.services.transcripts import format_time
from talkhub.store.queries.analytics import Period, totals
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import UnitOfWork


def conversation_analytics(
    uow: UnitOfWork,
    *,
    user_id: str | None,
    start: date | datetime | None,
    end: date | datetime | None,
    metrics: Sequence[str],
) -> dict[str, Any]:
    """Return the asked metrics of the conversations that began in a period.

    Days are the workspace's days, an end day is included whole. Conversations that are
    still open count from their first message, but not towards the completion rate.
    """
    zone = workspace_timezone(uow)
    period = as_period(start, end, zone)
    counted = totals(uow, period, zone=zone, user_id=user_id)
    everything: dict[str, Any] = {
        "total_conversations": counted.conversations,
        "unique_users": counted.people,
        "avg_messages_per_conversation": _ratio(counted.messages, counted.conversations, 2),
        "intent_distribution": counted.intents,
        "sentiment_analysis": {
            mood: counted.sentiments.get(mood, 0) for mood in ("positive", "neutral", "negative")
        },
        "peak_hours": [
            {"hour": hour, "count": count}
            for hour, count in sorted(counted.hours.items(), key=lambda item: (-item[1], item[0]))
        ],
        "completion_rate": _ratio(counted.completed, counted.ended, 4),
        "average_duration": _ratio(counted.duration_seconds, counted.conversations, 2),
        "average_response_time": _ratio(counted.response_ms / 1000, counted.responses, 3),
    }
    chosen = {name: everything[name] for name in metrics}
    return {
        **chosen,
        "period": {
            "start": format_time(period.start) if period.start else None,
            "end": format_time(period.end) if period.end else None,
            "timezone": zone.key,
        },
    }


class EmptyPeriod(ValueError):
    """A period ends before it begins."""


def as_period(start: date | datetime | None, end: date | datetime | None, zone: ZoneInfo) -> Period:
    """Return the half-open period in UTC; a day means its midnights in `zone`.

    Raises EmptyPeriod.
    """
    first = _moment(start, zone)
    last = _moment(end, zone, following=True)
    if first is not None and last is not None and first >= last:
        raise EmptyPeriod("The period ends before it begins.")
    return Period(first, last)


def _moment(
    value: date | datetime | None, zone: ZoneInfo, *, following: bool = False
) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return _in_utc(value if value.tzinfo else value.replace(tzinfo=zone))
    day = value + timedelta(days=1) if following and value < date.max else value
    return _in_utc(datetime.combine(day, time(), zone))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the calendar begins and ends in another zone than UTC
        return moment.replace(tzinfo=UTC)


def _ratio(part: float, whole: float, digits: int) -> float:
    return round(part / whole, digits) if whole else 0.0
