"""What people's corrections change in our own labels of a workspace's texts, at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.examples import INTENTS, SENTIMENTS
from talkhub.analysis.own.points import Points
from talkhub.analysis.own.speaking import Taken
from talkhub.analysis.understanding import Reading
from talkhub.names.labels import Correctable

LABELS: Final[Mapping[Correctable, tuple[str, ...]]] = {
    Correctable.INTENTS: INTENTS,
    Correctable.SENTIMENT: SENTIMENTS,
}
"""Our own labels of a message that people correct, by field."""

UNREAD: Final = -1
"""Stands for the leading label of a text that is read as none."""

NEVER: Final = float("inf")
"""The margin of a label that is given in place of no other."""

Chances = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Amendment:
    """What corrections add to the chances of our own labels of a field.

    Each of `targets` is given in place of ours where it leads by its margin; a negative one
    allows for what is learned of few texts being less than what is true.
    """

    field: Correctable
    targets: tuple[str, ...]
    margins: tuple[float, ...]
    weights: Points
    bias: Points

    def amended(
        self, readings: Sequence[Reading], places: Points
    ) -> list[tuple[str, float] | None]:
        """Return what each text is called instead, with its chance; None where ours stays."""
        names = LABELS[self.field]
        margin_of = {
            names.index(it): margin for it, margin in zip(self.targets, self.margins, strict=True)
        }
        chances = chances_of(readings, self.field) + places @ self.weights + self.bias
        before = leading_in(readings, self.field)
        return [
            (names[rival], round(min(1.0, max(row[rival], row[was])), 3))
            if rival != was and lead >= margin_of[rival]
            else None
            for row, (rival, lead), was in zip(
                chances.tolist(), leads(list(margin_of), chances, before), before, strict=True
            )
        ]

    def taken(self, name: str) -> Taken:
        """Return what each number of a place adds to the chance of a label."""
        return Taken(name, self.weights[:, LABELS[self.field].index(name)])

    def packed(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name, none of which another field's has."""
        return {
            f"{self.field}_labels": np.array(LABELS[self.field]),
            f"{self.field}_targets": np.array(self.targets),
            f"{self.field}_margins": np.array(self.margins),
            f"{self.field}_weights": self.weights.astype(np.float16),
            f"{self.field}_bias": self.bias,
        }

    @classmethod
    def unpacked(cls, arrays: Mapping[str, NDArray[Any]], field: Correctable) -> Self | None:
        """Return a field's out of arrays, None if there is none that today's labels can use."""
        stored = f"{field}_labels" in arrays and arrays[f"{field}_labels"].tolist()
        if stored != list(LABELS[field]):
            return None
        return cls(
            field,
            tuple(arrays[f"{field}_targets"].tolist()),
            tuple(arrays[f"{field}_margins"].tolist()),
            arrays[f"{field}_weights"].astype(np.float32),
            arrays[f"{field}_bias"],
        )


def chances_of(readings: Sequence[Reading], field: Correctable) -> Chances:
    """Return how likely readings call each label of a field; what they do not name is 0."""
    return np.array(
        [[_named(it, field).get(name, 0.0) for name in LABELS[field]] for it in readings]
    )


def leading_in(readings: Sequence[Reading], field: Correctable) -> list[int]:
    """Return the place of the label that each reading gives, UNREAD where it gives none."""
    return [_leading(it, field) for it in readings]


def leads(
    targets: Sequence[int], chances: Chances, before: Sequence[int]
) -> list[tuple[int, float]]:
    """Return of each text the likeliest target, and its lead over the label `before`; by places."""
    rivals = np.array(targets)[chances[:, targets].argmax(axis=1)].tolist()
    return [
        (rival, float(row[rival] - (0.0 if place == UNREAD else row[place])))
        for row, rival, place in zip(chances, rivals, before, strict=True)
    ]


def _leading(reading: Reading, field: Correctable) -> int:
    if field is Correctable.SENTIMENT:
        return SENTIMENTS.index(reading.sentiment)
    return LABELS[field].index(reading.intents[0][0]) if reading.intents else UNREAD


def _named(reading: Reading, field: Correctable) -> Mapping[str, float]:
    if field is Correctable.SENTIMENT:
        return {reading.sentiment: reading.confidence}
    return dict(reading.intents)
