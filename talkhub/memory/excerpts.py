"""What a model is given of what was found: each thing once, and no more than fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talkhub.memory.words import words_of

ESTIMATOR: Final = "characters / 4 + 3 for each line"

# Two texts that share this much of their words say the same.
_ALIKE: Final = 0.8
# What was said last is due this part of the budget, however well older words fit.
_RECENT_SHARE: Final = 0.4


def tokens_of(text: str) -> int:
    """Estimate how many tokens a language model takes a line for."""
    return len(text) // 4 + 3


class Said:
    """What was said already: it tells near repetitions, also of other case or punctuation."""

    def __init__(self) -> None:
        self._known: list[frozenset[str]] = []

    def again(self, text: str) -> bool:
        """Tell whether a text repeats an earlier one, and remember it if not."""
        words = frozenset(words_of(text)) or frozenset({text})
        if any(_is_alike(words, known) for known in self._known):
            return True
        self._known.append(words)
        return False


def leading(lines: Sequence[str], budget: int) -> list[int]:
    """Return the places of the first lines that fit together, leaving no gap."""
    left = budget
    for number, line in enumerate(lines):
        left -= tokens_of(line)
        if left < 0:
            return list(range(number))
    return list(range(len(lines)))


def fitting(
    recent: Sequence[str], relevant: Sequence[str], budget: int, *, most_relevant: int
) -> tuple[list[int], list[int]]:
    """Return which recent lines, newest first, and which relevant ones, best first, to tell.

    The newest come first up to their share, then what is relevant, then what else was said of
    late. A relevant line that repeats another one told is left out.
    """
    if not relevant:
        return leading(recent, budget), []
    told_recent = leading(recent, round(budget * _RECENT_SHARE))
    said = Said()
    for number in told_recent:
        said.again(recent[number])
    left = budget - sum(tokens_of(recent[number]) for number in told_recent)
    told_relevant: list[int] = []
    for number, line in enumerate(relevant):
        if len(told_relevant) == most_relevant:
            break
        if tokens_of(line) <= left and not said.again(line):
            told_relevant.append(number)
            left -= tokens_of(line)
    further = leading(recent[len(told_recent) :], left)
    return [*told_recent, *(len(told_recent) + number for number in further)], told_relevant


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= _ALIKE * (len(one) + len(other) - shared)
