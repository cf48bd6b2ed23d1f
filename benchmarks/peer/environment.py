"""The peer's own virtual environment: its packages decide nothing about ours, nor ours theirs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.environment import locked_environment

_LOCK_FILE = Path(__file__).parents[2] / "requirements" / "bench.txt"


def peer_python(home: Path) -> Path:
    """Return the peer's Python, installing its locked packages the first time."""
    return locked_environment(home / "peer", _LOCK_FILE)
