"""The revision of the schema that this code was written for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HEAD = Path(__file__).parents[2] / "migrations" / ".current-head"


@cache
def needed_revision() -> str:
    """Return the newest migration's number. A later schema fits too: migrations come first."""
    return _HEAD.read_text().strip()
