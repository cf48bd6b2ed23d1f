"""Everyday messages of our corpus, which stand for all that a workspace does not teach."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple, Self

from talkhub.analysis.examples import Split, corpus
from talkhub.analysis.hearing import listen
from talkhub.analysis.own.points import Points, points
from talkhub.analysis.understanding import Reading, understand_alone

WEIGHT_OF_EVERYDAY: Final = 0.3
"""They count less than what a workspace says, as nobody has read them for it."""

_HOW_MANY: Final = 300
# Nearer than this to a phrase one of them may well mean the same.
_SAME: Final = 0.7


class Everyday(NamedTuple):
    """Messages by their places, and how our own labels read them."""

    places: Points
    readings: list[Reading]

    def unlike(self, own: Points) -> Self:
        """Return those that are not near any of the places."""
        is_unlike = (self.places @ own.T).max(axis=1, initial=-1.0) < _SAME
        kept = [it for it, is_kept in zip(self.readings, is_unlike, strict=True) if is_kept]
        return self._replace(places=self.places[is_unlike], readings=kept)


@cache
def everyday(*, with_meaning: bool) -> Everyday:
    """Return the messages, placed and read once in a process."""
    examples = corpus(Split.TRAINING)
    step = max(1, len(examples) // _HOW_MANY)
    texts = [example.text for example in examples[::step][:_HOW_MANY]]
    heard = [listen(text) for text in texts]
    return Everyday(points(heard, with_meaning=with_meaning), understand_alone(texts))
