"""What a trial found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many parts of a trial passed, and what the others said."""

    passed: int
    failures: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Nothing failed, and something was tried at all."""
        return self.passed > 0 and not self.failures
