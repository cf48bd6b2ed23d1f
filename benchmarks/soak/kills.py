"""Who is killed when: a seeded plan, and what each kill costs until all is whole again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest

import psutil

from benchmarks.soak.stack import Kind, Stack

RECOVERY_SECONDS = 60.0
_FIND_SECONDS = 10.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill, and the seconds until everything was whole; None if it did not become so.

    A kill that fell into the recovery from the one before shares its end.
    """

    kind: Kind
    recovery_seconds: float | None


@dataclass(frozen=True, slots=True)
class PlannedKill:
    """Whom to kill, how long after the recovery, and whether to strike before it."""

    kind: Kind
    pause_seconds: float
    is_hasty: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Kills in their order; none begins later than `seconds` after the first pause began."""

    seed: int
    kills: Sequence[PlannedKill]
    seconds: float


def make_plan(seed: int, count: int, *, seconds: float) -> Plan:
    """Return a plan in which every kind is killed equally often, give or take one."""
    chance = random.Random(f"{seed}:kills")
    kinds: list[Kind] = []
    while len(kinds) < count:
        kinds += chance.sample(list(Kind), len(Kind))
    kills = [
        PlannedKill(kind, chance.uniform(0.2, 2.0), is_hasty=chance.random() < 0.25)
        for kind in kinds[:count]
    ]
    return Plan(seed, kills, seconds)


def carry_out(stack: Stack, plan: Plan) -> Iterator[Kill]:
    """Kill as planned, and yield each kill once all is whole again."""
    chance = random.Random(f"{plan.seed}:victims")
    deadline = time.monotonic() + plan.seconds
    struck: list[tuple[Kind, float]] = []
    for planned, following in zip_longest(plan.kills, plan.kills[1:]):
        time.sleep(planned.pause_seconds)
        if time.monotonic() < deadline and (kind := _strike(stack, planned.kind, chance)):
            struck.append((kind, time.monotonic()))
        if following is not None and following.is_hasty:
            continue
        whole_at = wait_until_whole(stack)
        for kind, killed_at in struck:
            yield Kill(kind, None if whole_at is None else whole_at - killed_at)
        struck.clear()


def _strike(stack: Stack, kind: Kind, chance: random.Random) -> Kind | None:
    """SIGKILL a process of the kind, and return the kind once it is dead; None if there is none.

    Where the service has no process of the kind at all, a worker is taken.
    """
    if not stack.has(kind):
        kind = Kind.WORKER
    deadline = time.monotonic() + _FIND_SECONDS
    while time.monotonic() < deadline:
        if victims := stack.census()[kind]:
            victim = chance.choice(victims)
            kill(victim)
            return kind
        time.sleep(_POLL_SECONDS)
    return None


def kill(victim: psutil.Process) -> None:
    """SIGKILL a process, and return once it is dead; it may be so already."""
    with suppress(psutil.NoSuchProcess):
        victim.kill()
    while is_alive(victim):
        time.sleep(_POLL_SECONDS)


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process runs; one whose parent has not looked yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_whole(stack: Stack) -> float | None:
    """Return when everything was there and answered; None if it was not in time."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < deadline:
        if stack.is_whole():
            return time.monotonic()
        time.sleep(_POLL_SECONDS)
    return None
