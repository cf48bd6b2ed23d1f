"""When an alert fires and when it is over. Pure.

A rule fires at one value and is over at another, each only after it held for a while: a value
that trembles about the threshold raises one alert, not twenty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class AlertKind(StrEnum):
    """What a rule watches."""

    NEGATIVE_SHARE = "negative_share"
    VOLUME = "volume"
    HANDOFF_RATE = "handoff_rate"
    WEBHOOK_FAILURES = "webhook_failures"
    QUEUE_AGE = "queue_age"
    REQUESTS_DUE = "requests_due"


class Direction(StrEnum):
    """On which side of the threshold something is wrong."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Limits:
    """At which values a rule fires and is over, and how long they must hold."""

    direction: Direction
    threshold: float
    clears_at: float
    hold: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a rule has fired, and since when its value speaks for the contrary."""

    is_fired: bool = False
    turning_since: datetime | None = None


def judged(limits: Limits, standing: Standing, value: float | None, now: datetime) -> Standing:
    """Return how a rule stands at a value; None is one that nobody can tell, and raises nothing."""
    turns = _is_calm(limits, value) if standing.is_fired else _is_wrong(limits, value)
    if not turns:
        return Standing(standing.is_fired)
    since = standing.turning_since or now
    if now - since >= limits.hold:
        return Standing(not standing.is_fired)
    return Standing(standing.is_fired, since)


def _is_wrong(limits: Limits, value: float | None) -> bool:
    if value is None:
        return False
    if limits.direction is Direction.ABOVE:
        return value >= limits.threshold
    return value <= limits.threshold


def _is_calm(limits: Limits, value: float | None) -> bool:
    if value is None:
        return True
    if limits.direction is Direction.ABOVE:
        return value <= limits.clears_at
    return value >= limits.clears_at
