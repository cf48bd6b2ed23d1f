"""`./run soak chaos`: a service under load, whose processes are killed one after another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.soak.kills import make_plan
from benchmarks.soak.naive import NAIVE
from benchmarks.soak.ours import Ours
from benchmarks.soak.phases import Pace, Result, calm, under_fire
from benchmarks.soak.stack import TALKHUB, running_stack
from benchmarks.soak.theirs import Theirs


@dataclass(frozen=True, slots=True)
class Chaos:
    """How a soak is to be."""

    kills: int
    seed: int
    seconds: float
    control_seconds: float
    pace: Pace
    with_naive: bool
    skip_leases: bool
    processes: int
    has_encoder: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak came to; `naive` is None if it was not asked for."""

    control: Result
    kills: Result
    naive: Result | None

    @property
    def proves_nothing(self) -> bool:
        """Tell whether even the textbook design, if it was tried, came through these kills."""
        return self.naive is not None and not (
            self.naive.findings.lost or self.naive.findings.doubled
        )

    @property
    def is_good(self) -> bool:
        """Tell whether ours kept its promise, under kills that prove something."""
        ours = self.control.kept_its_promise and self.kills.kept_its_promise
        return ours and not self.proves_nothing


def run_chaos(chaos: Chaos) -> Outcome:
    """Run the phases one after another; everything that was started is gone afterwards."""
    plan = make_plan(chaos.seed, chaos.kills, seconds=chaos.seconds)
    program = replace(TALKHUB, processes=chaos.processes, has_encoder=chaos.has_encoder)
    with running_stack(program) as stack:
        ours = Ours(stack.door, chaos.seed, skip_leases=chaos.skip_leases)
        control = calm(stack, ours, chaos.control_seconds, chaos.pace)
        kills = under_fire(stack, ours, plan, chaos.pace)
    if not chaos.with_naive:
        return Outcome(control, kills, None)
    with running_stack(replace(NAIVE, processes=chaos.processes)) as stack:
        theirs = Theirs(stack, chaos.seed)
        return Outcome(control, kills, under_fire(stack, theirs, plan, chaos.pace, name="textbook"))
