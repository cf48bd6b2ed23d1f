"""What a measurement of exports found, and what was wanted of it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.export_once import Turn
from benchmarks.figures import Spread, spread

NAMES = ("conversations.csv", "conversations.ndjson", "conversations.parquet", "messages.csv")
WANTED_PER_SECOND = 50_000
WANTED_MB = 150


@dataclass(frozen=True, slots=True)
class Exports:
    """The turns of each export, by its name and how many rows it has."""

    turns: dict[tuple[str, int], list[Turn]]

    def per_second(self, name: str, rows: int) -> Spread:
        """Return how many rows left in a second."""
        return spread([rows / turn.seconds for turn in self.turns[name, rows]])

    def peak_mb(self, name: str, rows: int) -> Spread:
        """Return what the exporting process held at most."""
        return spread([turn.peak_mb for turn in self.turns[name, rows]])
