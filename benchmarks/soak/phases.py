"""One phase of a soak: load, kills, rest, and the comparison at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.soak.examine import Findings
from benchmarks.soak.kills import Kill, Plan, carry_out
from benchmarks.soak.load import Load
from benchmarks.soak.stack import Kind, Stack
from benchmarks.soak.subject import Subject
from talkhub.progress import show_progress

DELIVER_SECONDS = 90.0
DRAIN_SECONDS = 150.0
_POLL_SECONDS = 0.25


@dataclass(slots=True)
class Result:
    """What a phase came to."""

    name: str
    seconds: float = 0.0
    accepted: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    sent_twice: int = 0
    kills: list[Kill] = field(default_factory=list)
    drain_seconds: float | None = None
    findings: Findings = field(default_factory=Findings)

    @property
    def kept_its_promise(self) -> bool:
        """Tell whether everything that was accepted had its effect, exactly once."""
        found = self.findings
        return self.accepted > 0 and not (found.lost or found.doubled or found.wrong)

    @property
    def kills_by_kind(self) -> dict[Kind, int]:
        """Count the kills."""
        counted = Counter(kill.kind for kill in self.kills)
        return {kind: counted[kind] for kind in Kind if counted[kind]}


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is sent, and what is shown meanwhile."""

    per_second: float
    quiet: bool


def calm(stack: Stack, subject: Subject, seconds: float, pace: Pace) -> Result:
    """Send for some seconds and kill nothing."""
    result = Result("control")
    shown = show_progress("control, seconds", round(seconds), quiet=pace.quiet)
    with _load(stack, subject, result, pace, first=1), shown as tell:
        began_at = time.monotonic()
        while (passed := time.monotonic() - began_at) < seconds:
            tell(int(passed))
            time.sleep(_POLL_SECONDS)
        tell(round(seconds))
    return result


def under_fire(
    stack: Stack, subject: Subject, plan: Plan, pace: Pace, *, name: str = "kills"
) -> Result:
    """Send, and kill as planned; begin no kill after the plan's seconds."""
    result = Result(name)
    shown = show_progress(f"{name}, processes killed", len(plan.kills), quiet=pace.quiet)
    with _load(stack, subject, result, pace, first=1_000_001), shown as tell:
        for kill in carry_out(stack, plan):
            result.kills.append(kill)
            tell(len(result.kills))
    wrong = result.findings.wrong
    if len(result.kills) < len(plan.kills):
        wrong.append(f"only {len(result.kills)} of {len(plan.kills)} kills in {plan.seconds:.0f} s")
    unhealed = [kill.kind for kill in result.kills if kill.recovery_seconds is None]
    if unhealed:
        wrong.append(f"not whole again after {', '.join(unhealed)}: {stack.log()[-1000:]}")
    return result


@contextmanager
def _load(
    stack: Stack, subject: Subject, result: Result, pace: Pace, *, first: int
) -> Iterator[None]:
    """Send while the block runs; then see everything through and compare."""
    began_at = time.monotonic()
    load = Load(subject.deliveries(first), stack.port, per_second=pace.per_second)
    load.start()
    try:
        yield
        left = load.finish(within_seconds=DELIVER_SECONDS)
    finally:
        load.abandon()
    tally = load.tally
    result.seconds = time.monotonic() - began_at
    result.drain_seconds = drain(subject, quiet=pace.quiet)
    result.accepted = len(tally.accepted)
    result.retries = tally.retries
    result.sent_twice = tally.sent_twice
    result.findings = subject.examine(tally)
    result.findings.wrong += [f"refused: {answer}" for answer in tally.refused]
    if left:
        result.findings.wrong.append(f"{left} deliveries were not accepted in time")
    if result.drain_seconds is None:
        result.findings.wrong.append(f"work was left after {DRAIN_SECONDS:.0f} s")


def drain(subject: Subject, *, quiet: bool) -> float | None:
    """Return the seconds until all work was done; None if it was not in time."""
    began_at = time.monotonic()
    most = subject.work_left()
    with show_progress("work left", most, quiet=quiet) as tell:
        while left := subject.work_left():
            if time.monotonic() - began_at > DRAIN_SECONDS:
                return None
            most = max(most, left)
            tell(most - left)
            time.sleep(_POLL_SECONDS)
        tell(most)
    return time.monotonic() - began_at
