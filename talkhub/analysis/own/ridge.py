"""Ridge regressions in closed form: each says as well what it would say of a text left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.own.points import Points

Matrix = NDArray[np.float64]


class Fit(NamedTuple):
    """What each text adds to each label, and the score it would have had, had it been left out."""

    duals: Matrix
    left_out: Matrix

    def weights(self, places: Points) -> tuple[Points, Points]:
        """Return what each number of a place adds to each label, and what every text gets."""
        weights = (places.T @ self.duals).astype(np.float32)
        return weights, self.duals.sum(axis=0).astype(np.float32)


def fits(places: Points, truth: Matrix, counts: Matrix, stiffnesses: Sequence[float]) -> list[Fit]:
    """Return a fit for each stiffness; `counts` says what each text counts."""
    # In the dual, as there are fewer texts than numbers of a place; the constant beside each
    # place is the bias. Taken apart once, the matrix is inverted for any stiffness.
    roots = np.sqrt(counts)[:, None]
    kernel = (places @ places.T).astype(np.float64) + 1.0
    sizes, axes = np.linalg.eigh(kernel * roots * roots.T)
    turned = axes.T @ (truth * roots)
    found = []
    for stiffness in stiffnesses:
        shrunk = 1 / (sizes + stiffness)[:, None]
        duals = axes @ (turned * shrunk)
        left_out = truth - duals / (axes**2 @ shrunk) / roots
        found.append(Fit(duals * roots, left_out))
    return found
