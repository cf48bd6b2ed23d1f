"""What a unit of work may be given to keep answers in: a cache, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Place = tuple[str, int]
"""The key that an answer is kept under, and for how many seconds after the last look at it."""


class Remember(Protocol):
    """Returns the answer that is kept where `place_now` says, else what `find` returns."""

    def __call__(
        self,
        topic: str,
        question: str,
        *,
        place_now: Callable[[], Place],
        find: Callable[[], tuple[Place | None, bytes]],
    ) -> bytes:
        """See `volatile/remembered.py`."""


def found_anew(
    _topic: str,
    _question: str,
    *,
    place_now: Callable[[], Place],  # noqa: ARG001 -- the cache's signature
    find: Callable[[], tuple[Place | None, bytes]],
) -> bytes:
    """Stand in for the cache in processes that have none."""
    return find()[1]
