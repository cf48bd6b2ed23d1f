"""`./run soak outage`: a server goes away for a while; what was accepted meanwhile is not lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from benchmarks.failure import CannotMeasure
from benchmarks.soak.kills import kill, wait_until_whole
from benchmarks.soak.load import Tally
from benchmarks.soak.ours import Ours
from benchmarks.soak.phases import drain
from benchmarks.soak.stack import TALKHUB, Kind, Stack, running_stack
from benchmarks.soak.steady import Answers, send_steadily
from talkhub.progress import show_progress

UNAVAILABLE = 503
LEAST_ACCEPTED = 0.999
LONGEST_P99 = 0.5


@dataclass(frozen=True, slots=True)
class Away:
    """How a server is taken away: killed and not started again, or hung with its port open."""

    name: str
    kind: Kind
    is_hung: bool = False

    @property
    def is_database(self) -> bool:
        """Whether nothing can be accepted meanwhile."""
        return self.kind is Kind.POSTMASTER


OUTAGES = (
    Away("Redis gone", Kind.VALKEY),
    Away("Redis hung", Kind.VALKEY, is_hung=True),
    Away("PostgreSQL gone", Kind.POSTMASTER),
)


@dataclass(slots=True)
class Period:
    """What clients were answered, at the first try, while a server was away."""

    away: Away
    answers: Answers = field(default_factory=Answers)
    back_seconds: float | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether the service kept its word: accept without Redis, 503 without PostgreSQL."""
        if self.back_seconds is None or not self.answers.seconds:
            return False
        if self.away.is_database:
            return set(self.answers.statuses) == {str(UNAVAILABLE)}
        is_fast = self.answers.quantile(0.99) < LONGEST_P99
        return is_fast and self.answers.accepted_share >= LEAST_ACCEPTED


@dataclass(slots=True)
class Outages:
    """All periods, and what became of the events that were accepted in them."""

    periods: list[Period] = field(default_factory=list)
    accepted: int = 0
    drain_seconds: float | None = None
    findings: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether every period was good and nothing was lost, doubled or left."""
        is_done = self.drain_seconds is not None and not self.findings
        return is_done and all(period.is_good for period in self.periods)


def run_outages(*, seconds: float, per_second: float, seed: int, quiet: bool) -> Outages:
    """Take each server away for so long, one after the other, and compare at the end."""
    outages, tally = Outages(), Tally()
    with running_stack(TALKHUB) as stack:
        subject = Ours(stack.door, seed, skip_leases=False)
        source = iter(subject.deliveries(1))
        for away in OUTAGES:
            period = Period(away)
            batch = list(islice(source, round(seconds * per_second)))
            shown = show_progress(f"{away.name}, deliveries", len(batch), quiet=quiet)
            with _taken_away(stack, away), shown as tell:
                send_steadily(
                    stack.port, batch, period.answers, tally, per_second=per_second, tell=tell
                )
            back_from = time.monotonic()
            whole_at = wait_until_whole(stack)
            period.back_seconds = None if whole_at is None else whole_at - back_from
            outages.periods.append(period)
        outages.drain_seconds = drain(subject, quiet=quiet)
        found = subject.examine(tally)
    outages.accepted = len(tally.accepted)
    outages.findings = [*found.lost, *found.doubled, *found.wrong]
    return outages


@contextmanager
def _taken_away(stack: Stack, away: Away) -> Iterator[None]:
    """Take a server away; afterwards let it answer, or be started, again."""
    census = stack.census()
    (keeper,), victims = census[Kind.KEEPER], census[away.kind]
    if not victims:
        raise CannotMeasure(f"There is no {away.kind} to take away.")
    stopped = victims[0] if away.is_hung else keeper  # the keeper would start it again
    stopped.send_signal(signal.SIGSTOP)
    try:
        if not away.is_hung:
            kill(victims[0])
        yield
    finally:
        stopped.send_signal(signal.SIGCONT)


def as_document(outages: Outages) -> dict[str, Any]:
    """Return the outcome as plain data; times in milliseconds and seconds."""
    return {
        "soak": "outage",
        "is_good": outages.is_good,
        "accepted": outages.accepted,
        "drain_seconds": outages.drain_seconds,
        "findings": outages.findings[:10],
        "periods": {
            period.away.name: {
                "is_good": period.is_good,
                "sent": period.answers.statuses.total(),
                "accepted_share": round(period.answers.accepted_share, 5),
                "statuses": dict(period.answers.statuses),
                "p50_ms": round(period.answers.quantile(0.5) * 1000, 1),
                "p99_ms": round(period.answers.quantile(0.99) * 1000, 1),
                "back_seconds": period.back_seconds,
            }
            for period in outages.periods
        },
    }
