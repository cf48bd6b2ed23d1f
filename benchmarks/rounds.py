"""The order of a measurement: every contestant once a round, each round in a new order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.figures import Sample
from benchmarks.progress import Progress


@dataclass(frozen=True, slots=True)
class Contestant:
    """Someone whose turns are measured, and the kind of work that is compared."""

    work: str
    name: str
    turn: Callable[[], Sample]


Results = dict[tuple[str, str], list[Sample]]
"""Samples by work and name, in the order of the rounds."""


def interleave(contestants: Sequence[Contestant], rounds: int, progress: Progress) -> Results:
    """Measure all contestants `rounds` times and return their samples."""
    results: Results = {(one.work, one.name): [] for one in contestants}
    for number in range(1, rounds + 1):
        order = list(contestants)
        random.shuffle(order)
        for one in order:
            progress.step(f"round {number}, {one.work}: {one.name}")
            results[one.work, one.name].append(one.turn())
    return results
