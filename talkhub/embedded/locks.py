"""Locks between processes: the kernel drops them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_open: set[int] = set()


def open_lock(file: Path) -> int:
    """Open a lock file, making it if needed. Programs that we exec do not inherit it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    _open.add(descriptor)
    return descriptor


def close_lock(descriptor: int) -> None:
    """Close a lock file: what was held through it ends, if nobody else has it open."""
    _open.discard(descriptor)
    os.close(descriptor)


def leave_locks_to_parent() -> None:
    """Close, in a process that was forked, what its parent holds: it ends with the parent."""
    for descriptor in list(_open):
        close_lock(descriptor)


def try_lock(descriptor: int, operation: int = fcntl.LOCK_EX) -> bool:
    """Take a lock if it is to be had at once."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait for the exclusive lock and hold it within the block."""
    descriptor = open_lock(file)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        close_lock(descriptor)


def is_locked(file: Path) -> bool:
    """Tell whether some process holds the lock exclusively."""
    descriptor = open_lock(file)
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        close_lock(descriptor)
