"""What a measurement yields, and how several of them become one honest figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant's turn in one round.

    `server_us` and `postgres_us` are microseconds of processor time a request; None
    where nobody counted them. They are steadier than `per_second` on a shared machine.
    """

    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    server_us: float | None = None
    postgres_us: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several values, with the lowest and the highest of them."""

    median: float
    lowest: float
    highest: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the range of at least one value."""
    if not values:
        raise ValueError("there is no spread of no values")
    return Spread(median(values), min(values), max(values))


def ratios(ours: Sequence[float], reference: Sequence[float]) -> Spread:
    """Return how many times the reference each round reached, as a spread.

    Round is compared with round: what slows the machine for a while slows both.
    """
    if len(ours) != len(reference):
        raise ValueError("only equally many rounds can be compared")
    return spread([mine / its for mine, its in zip(ours, reference, strict=True)])


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is wanted, and what it was: at least, or with `at_most`, at most."""

    claim: str
    wanted: float
    measured: Spread
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Tell whether the median reaches the goal."""
        if self.at_most:
            return self.measured.median <= self.wanted
        return self.measured.median >= self.wanted
