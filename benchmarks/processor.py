"""How much processor time a process and everything it started have used."""

from __future__ import annotations

import os
import resource
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def cpu_seconds(root: int) -> float | None:
    """Return the processor seconds of a process tree, its ended children included.

    None where there is no /proc to read them from.
    """
    if not (_PROC / "self/stat").exists():
        return None
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for entry in _PROC.glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything; the numbers follow its end.
            numbers = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        pid, parent = int(entry.name), int(numbers[1])
        children.setdefault(parent, []).append(pid)
        seconds[pid] = sum(map(int, numbers[11:15])) / _TICKS
    total = 0.0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        total += seconds.get(pid, 0.0)
        waiting += children.get(pid, [])
    return total


def children_seconds() -> float:
    """Return the processor seconds of our own children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def used(root: int | None, before: float | None, count: int) -> float | None:
    """Return the microseconds a request that a tree used since `before`."""
    after = None if root is None else cpu_seconds(root)
    if before is None or after is None:
        return None
    return (after - before) / max(count, 1) * 1e6
