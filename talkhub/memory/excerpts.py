"""What a model is given of the messages that were found: each once, and no more than fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from talkhub.memory.words import words_of

ESTIMATOR: Final = "characters / 4 + 3 for each line"

# Two texts that share this much of their words say the same.
_ALIKE = 0.8


def tokens_of(text: str) -> int:
    """Estimate how many tokens a language model takes a line for."""
    return len(text) // 4 + 3


class Said:
    """What was said already: it tells near repetitions, also of other case or punctuation."""

    def __init__(self) -> None:
        self._known: list[frozenset[str]] = []

    def again(self, text: str) -> bool:
        """Tell whether a text repeats an earlier one, and remember it if not."""
        words = frozenset(words_of(text))
        if any(_is_alike(words, known) for known in self._known):
            return True
        self._known.append(words)
        return False


def within(texts: Iterable[str], budget: int) -> Iterator[int]:
    """Yield how many tokens each text takes, as long as they fit the budget together."""
    left = budget
    for text in texts:
        left -= tokens_of(text)
        if left < 0:
            return
        yield tokens_of(text)


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= _ALIKE * (len(one) + len(other) - shared)
