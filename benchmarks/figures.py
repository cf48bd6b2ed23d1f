"""What a measurement yields, and how several of them become one honest figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant's turn in one round.

    The last three are microseconds of processor time a request: of who asks (wrk or
    pgbench), of the server's processes and of PostgreSQL's; None where nobody counted
    them. They are steadier than `per_second` on a machine that does other work too.
    """

    per_second: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    client_us: float | None = None
    server_us: float | None = None
    postgres_us: float | None = None

    @property
    def total_us(self) -> float:
        """Microseconds of processor time that a request costs in all."""
        return sum(filter(None, (self.client_us, self.server_us, self.postgres_us)))


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


def by_processor_time(ours: Sequence[Sample], reference: Sequence[Sample]) -> Spread | None:
    """Return which part of the reference's rate we would reach with all processors to ourselves.

    None where nobody counted.
    """
    if not all(sample.total_us for sample in (*ours, *reference)):
        return None
    return ratios([its.total_us for its in reference], [mine.total_us for mine in ours])


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
