"""A message's text cut where the analysis found its reasons, so that they can be underlined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from talkhub.names import Sentiment

_MOODS = frozenset({Sentiment.POSITIVE, Sentiment.NEGATIVE})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text. `tone` is pos, neg or empty; what no reason covers has no labels."""

    text: str
    tone: str
    labels: tuple[str, ...]


def segments(content: str, reasons: Iterable[Mapping[str, Any]]) -> list[Segment]:
    """Cut a text at its reasons; they may overlap, and a mood outweighs an intent."""
    spans = [
        (reason["start"], reason["end"], str(reason["label"]), reason["weight"])
        for reason in reasons
        if 0 <= reason["start"] < reason["end"] <= len(content)
    ]
    edges = sorted({0, len(content), *(edge for span in spans for edge in span[:2])})
    cut = []
    for start, end in pairwise(edges):
        covering = [(label, weight) for s, e, label, weight in spans if s <= start and end <= e]
        labels = tuple(dict.fromkeys(label for label, _ in covering))
        cut.append(Segment(content[start:end], _tone(covering), labels))
    return cut


def _tone(covering: Iterable[tuple[str, float]]) -> str:
    weight = sum(weight for label, weight in covering if label in _MOODS)
    if not weight:
        return ""
    return "pos" if weight > 0 else "neg"
