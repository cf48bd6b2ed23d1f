"""What somebody wants to know of conversations, and the form in which it is found. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.slices import ALL_DETAILS, Detail, Dimension, Slice


class Chosen(NamedTuple):
    """The slices that hold just the conversations that a filter lets through."""

    dimension: Dimension
    values: tuple[str, ...]


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
    markers: tuple[str, ...] | None = None
    user_id: str | None = None

    def as_params(self) -> dict[str, list[str] | str | None]:
        """Return them as the statement takes them, arrays as lists."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def slices(self) -> Chosen | None:
        """Return the slices that hold just these conversations, each once; None if none do."""
        given = [name for name, value in asdict(self).items() if value is not None]
        dimension = _SLICED.get(given[0]) if len(given) == 1 else None
        if dimension is None:
            return None
        values = tuple(dict.fromkeys(getattr(self, given[0])))
        has_several = dimension is Dimension.TOPIC and len(values) > 1
        return None if has_several else Chosen(dimension, values)


_SLICED = {
    "channels": Dimension.CHANNEL,
    "intents": Dimension.INTENT,
    "sentiments": Dimension.SENTIMENT,
    "languages": Dimension.LANGUAGE,
    "topics": Dimension.TOPIC,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to find of some stretches of time.

    `full` are the dimensions of which everything is told that is in `details`, `told` those of
    which only the conversations are counted. With a `step` it is told step by step, else of all
    stretches together.
    """

    zone: ZoneInfo
    step: Step | None = None
    full: frozenset[Dimension] = frozenset({Dimension.ALL})
    told: frozenset[Dimension] = frozenset()
    details: frozenset[Detail] = ALL_DETAILS

    def details_as_params(self) -> dict[str, bool]:
        """Return which details are wished for, as the statements take them."""
        return {detail.value: detail in self.details for detail in Detail}


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
