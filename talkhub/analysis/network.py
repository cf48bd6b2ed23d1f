"""Trains a small network on what encoder and lexicons make of texts. Only for `./run train`."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.classifier import ERRANDS, MOODS, likelihood

Floats = NDArray[np.float32]

_HIDDEN: Final = 192
_ROUNDS, _AT_ONCE = 8, 128
# What is left out at random, so that no number is relied on alone.
_INPUTS_LEFT_OUT, _HIDDEN_LEFT_OUT = 0.3, 0.5
_STEP, _DECAY = 2e-3, 0.3
# Adam's: how long the mean of the slopes, and that of their squares, is remembered.
_FADING, _FADING_SQUARES, _TINY = 0.9, 0.999, np.float32(1e-8)


class Network(NamedTuple):
    """One hidden layer for moods and errands alike. What is negative there counts as nothing."""

    hidden: Floats
    hidden_bias: Floats
    meaning: Floats
    meaning_bias: Floats

    def scores(self, inputs: Floats) -> Floats:
        """Return a score for each label, SENTIMENTS before INTENTS."""
        heights = np.maximum(inputs @ self.hidden + self.hidden_bias, 0)
        return np.asarray(heights @ self.meaning + self.meaning_bias)


def teach(inputs: Floats, shares: NDArray[np.float64], seed: int) -> Network:
    """Return the network that tells best how much each label is right: `shares` of 1."""
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0) + np.float32(1e-6)
    network = _taught((inputs - centre) / spread, shares.astype(np.float32), seed)
    # The same network for inputs as they come.
    hidden = network.hidden / spread[:, None]
    return network._replace(hidden=hidden, hidden_bias=network.hidden_bias - centre @ hidden)


def _taught(inputs: Floats, shares: Floats, seed: int) -> Network:
    chance = np.random.default_rng(seed)
    network = _unlearned(chance, inputs.shape[1], shares.shape[1])
    slopes, squares = ([np.zeros_like(part) for part in network] for _ in range(2))
    steps = _ROUNDS * -(-len(inputs) // _AT_ONCE)
    step = 0
    for _ in range(_ROUNDS):
        order = chance.permutation(len(inputs))
        for start in range(0, len(order), _AT_ONCE):
            rows = order[start : start + _AT_ONCE]
            step += 1
            width = np.float32(_STEP * (1 + np.cos(np.pi * step / steps)) / 2)
            found = _slopes(network, inputs[rows], shares[rows], chance)
            parts = zip(network, found, slopes, squares, strict=True)
            for part, slope, mean, square in parts:
                _remember(slope, mean, square)
                steady = mean / np.float32(1 - _FADING**step)
                rough = np.sqrt(square / np.float32(1 - _FADING_SQUARES**step))
                decay = np.float32(_DECAY if part.ndim > 1 else 0) * part
                np.subtract(part, width * (steady / (rough + _TINY) + decay), out=part)
    return network


def _remember(slope: Floats, mean: Floats, square: Floats) -> None:
    mean += np.float32(1 - _FADING) * (slope - mean)
    square += np.float32(1 - _FADING_SQUARES) * (slope**2 - square)


def _unlearned(chance: np.random.Generator, inputs: int, labels: int) -> Network:
    first = chance.normal(size=(inputs, _HIDDEN)) * np.sqrt(2 / inputs)
    second = chance.normal(size=(_HIDDEN, labels)) * np.sqrt(1 / _HIDDEN)
    return Network(
        first.astype(np.float32),
        np.zeros(_HIDDEN, np.float32),
        second.astype(np.float32),
        np.zeros(labels, np.float32),
    )


def _slopes(
    network: Network, inputs: Floats, shares: Floats, chance: np.random.Generator
) -> Network:
    """Return where each number of the network ought to go down, by some examples."""
    seen = inputs * _left_in(chance, inputs.shape, _INPUTS_LEFT_OUT)
    heights: Floats = np.asarray(seen @ network.hidden + network.hidden_bias, np.float32)
    stays = _left_in(chance, heights.shape, _HIDDEN_LEFT_OUT)
    passing: Floats = np.where(heights > 0, stays, 0).astype(np.float32)
    passed: Floats = heights * passing
    scores = passed @ network.meaning + network.meaning_bias
    chances = np.hstack([likelihood(scores[:, MOODS]), likelihood(scores[:, ERRANDS])])
    wrong: Floats = ((chances - shares) / len(inputs)).astype(np.float32)
    back = (wrong @ network.meaning.T) * passing
    return Network(seen.T @ back, back.sum(axis=0), passed.T @ wrong, wrong.sum(axis=0))


def _left_in(chance: np.random.Generator, shape: tuple[int, ...], left_out: float) -> Floats:
    """Return 0 for what is left out, and for the rest what makes up for it."""
    stays = chance.random(shape, dtype=np.float32) > left_out
    return np.asarray(stays * np.float32(1 / (1 - left_out)))
