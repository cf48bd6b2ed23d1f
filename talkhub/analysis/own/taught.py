"""What a workspace taught, at work: its own labels, and what it corrected of ours."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.meaning import has_encoder
from talkhub.analysis.own.amendment import LABELS, Amendment
from talkhub.analysis.own.points import Points, width
from talkhub.analysis.own.speaking import Taken
from talkhub.names.labels import OwnKind

SURE_FROM: Final = 0.5
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class OwnLabel:
    """An intent or a topic of a workspace's own."""

    name: str
    kind: OwnKind


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learned of a workspace's phrases. Scores become chances around `turn`.

    `amendments` are what corrections change in our own labels, at most one for each field.
    `version` is its number among the workspace's; 0 before it is stored.
    """

    labels: tuple[OwnLabel, ...]
    weights: Points
    bias: Points
    steepness: float
    turn: float
    version: int = 0
    amendments: tuple[Amendment, ...] = ()

    @property
    def with_meaning(self) -> bool:
        """Whether it was learned with an encoder, and so needs one."""
        return len(self.weights) == width(with_meaning=True)

    @property
    def is_usable(self) -> bool:
        """Whether it says anything, and what it was learned with is there."""
        says_something = bool(self.labels or self.amendments)
        return says_something and (has_encoder() or not self.with_meaning)

    def named_at(self, places: Points) -> list[tuple[tuple[OwnLabel, float], ...]]:
        """Return what the text at each place names of the labels, the surest first."""
        chances = chances_of(places @ self.weights + self.bias, self.steepness, self.turn)
        return [self._named(row) for row in chances]

    def taken(self, label: OwnLabel) -> Taken:
        """Return what each number of a place counts for a label, as its chance's logarithm does."""
        return Taken(label.name, self.weights[:, self.labels.index(label)] * self.steepness)

    def _named(self, chances: NDArray[Any]) -> tuple[tuple[OwnLabel, float], ...]:
        ranked = np.argsort(-chances, kind="stable")[:_MOST_NAMED]
        return tuple(
            (self.labels[place], round(float(chances[place]), 3))
            for place in ranked
            if chances[place] >= SURE_FROM
        )

    def packed(self) -> bytes:
        """Return it as it is stored: arrays only, nothing that is executed when it is read."""
        arrays: dict[str, Any] = {
            "names": np.array([label.name for label in self.labels]),
            "kinds": np.array([label.kind.value for label in self.labels]),
            "weights": self.weights.astype(np.float16),
            "bias": self.bias,
            "curve": np.array([self.steepness, self.turn]),
        }
        for amendment in self.amendments:
            arrays |= amendment.packed()
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        return file.getvalue()

    @classmethod
    def unpacked(cls, stored: bytes, *, version: int) -> Self:
        """Return what was packed."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            names, kinds = arrays["names"].tolist(), arrays["kinds"].tolist()
            steepness, turn = arrays["curve"].tolist()
            amendments = [Amendment.unpacked(arrays, field) for field in LABELS]
            return cls(
                tuple(OwnLabel(*pair) for pair in zip(names, map(OwnKind, kinds), strict=True)),
                arrays["weights"].astype(np.float32),
                arrays["bias"],
                steepness,
                turn,
                version,
                tuple(it for it in amendments if it is not None),
            )


def nothing_taught(*, with_meaning: bool) -> Taught:
    """Return what was learned where there are no labels."""
    weights = np.zeros((width(with_meaning=with_meaning), 0), np.float32)
    return Taught((), weights, weights[0], 1.0, 1.0)


def chances_of(scores: NDArray[Any], steepness: float, turn: float) -> NDArray[Any]:
    """Return the chances that scores stand for."""
    return np.asarray(1 / (1 + np.exp(-steepness * (scores - turn))))
