"""Says which words of a text speak for a label that the workspace taught."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from talkhub.analysis.hearing import Heard, stretches
from talkhub.analysis.model import Reason
from talkhub.analysis.own.points import Points, points_without_each
from talkhub.names import Sentiment

# Words speak for a label if it scores less without them; those are shown that count at least
# this share of the strongest, and no more than so many.
_COUNTS, _LEAST, _SHOWN = 0.4, 0.02, 3
# More than the encoder reads of a text.
_LOOKED_AT = 60

_WORDS = re.compile(r"\w(?:\S*\w)?")


class Taken(NamedTuple):
    """A label that a text was given, and what each number of a place counts for it."""

    label: str
    weights: Points


def reasons_for(
    heard: Heard, place: Points, taken: Sequence[Taken], *, with_meaning: bool
) -> Iterator[Reason]:
    """Yield the stretches without which a text at a place would be given a label less."""
    left_out = stretches(heard)[:_LOOKED_AT]
    without = points_without_each(heard, left_out, with_meaning=with_meaning)
    shown = [_WORDS.search(heard.text.content, it.start, it.end) for it in left_out]
    for label, weights in taken:
        lost = (place - without) @ weights
        least = max(_LEAST, _COUNTS * lost.max())
        for number in sorted(np.argsort(-lost, kind="stable")[:_SHOWN].tolist()):
            words = shown[number]
            if words and lost[number] >= least:
                weight = round(float(lost[number]), 2)
                signed = -weight if label == Sentiment.NEGATIVE else weight
                yield Reason(words.start(), words.end(), label, signed)
