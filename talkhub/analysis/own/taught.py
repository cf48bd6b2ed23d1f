"""A workspace's own intents and topics at work: which of them a text names."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.hearing import hear
from talkhub.analysis.meaning import has_encoder
from talkhub.analysis.own.points import Points, points, width
from talkhub.analysis.text import Text
from talkhub.label_names import OwnKind

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

    `version` is its number among the workspace's; 0 before it is stored.
    """

    labels: tuple[OwnLabel, ...]
    weights: Points
    bias: Points
    steepness: float
    turn: float
    version: int = 0

    @property
    def with_meaning(self) -> bool:
        """Whether it was learned with an encoder, and so needs one."""
        return len(self.weights) == width(with_meaning=True)

    @property
    def is_usable(self) -> bool:
        """Whether what it was learned with is there."""
        return has_encoder() or not self.with_meaning

    def chances(self, places: Points) -> NDArray[Any]:
        """Return how likely each text means each label; a row for each text."""
        return chances_of(places @ self.weights + self.bias, self.steepness, self.turn)

    def named_in(
        self, texts: Sequence[tuple[Text, str]]
    ) -> list[tuple[tuple[OwnLabel, float], ...]]:
        """Return what each text names of the labels, the surest first; mostly nothing."""
        if not texts:
            return []
        heard = [hear(text, language) for text, language in texts]
        chances = self.chances(points(heard, with_meaning=self.with_meaning))
        return [self._named(row) for row in chances]

    def _named(self, chances: NDArray[Any]) -> tuple[tuple[OwnLabel, float], ...]:
        ranked = np.argsort(-chances, kind="stable")[:_MOST_NAMED]
        return tuple(
            (self.labels[place], round(float(chances[place]), 3))
            for place in ranked
            if chances[place] >= SURE_FROM
        )

    def packed(self) -> bytes:
        """Return it as it is stored: arrays only, nothing that is executed when it is read."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            names=np.array([label.name for label in self.labels]),
            kinds=np.array([label.kind.value for label in self.labels]),
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            curve=np.array([self.steepness, self.turn]),
        )
        return file.getvalue()

    @classmethod
    def unpacked(cls, stored: bytes, *, version: int) -> Self:
        """Return what was packed."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            names, kinds = arrays["names"].tolist(), arrays["kinds"].tolist()
            steepness, turn = arrays["curve"].tolist()
            return cls(
                tuple(OwnLabel(*pair) for pair in zip(names, map(OwnKind, kinds), strict=True)),
                arrays["weights"].astype(np.float32),
                arrays["bias"],
                steepness,
                turn,
                version,
            )


def chances_of(scores: NDArray[Any], steepness: float, turn: float) -> NDArray[Any]:
    """Return the chances that scores stand for."""
    return np.asarray(1 / (1 + np.exp(-steepness * (scores - turn))))
