"""What a soak needs of a service that it kills: what to send it, when it is done, what it did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.examine import Findings
from benchmarks.soak.load import Tally


class Subject(Protocol):
    """A running service under test."""

    def deliveries(self, first: int) -> Iterable[Delivery]:
        """Return an endless stream of deliveries, numbered from `first`."""

    def work_left(self) -> int:
        """Return how much accepted work is not done yet."""

    def examine(self, tally: Tally) -> Findings:
        """Return what is lost, doubled or wrong."""
