"""What Linux knows of processes: that none outlives its parent, and what they are called."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
# Loaded before any fork: a child between fork and exec should do as little as it can.
_libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None


def end_with_parent(death_signal: signal.Signals, parent: int) -> None:
    """Ask for a signal to this process when its parent dies, even by SIGKILL.

    Only Linux can do this. Elsewhere a server left behind is found at the next start.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def call_process(name: str) -> None:
    """Give this process the name by which `top` and `pstree` show it: 15 bytes at most."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
