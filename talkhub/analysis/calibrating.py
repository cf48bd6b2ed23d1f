"""Makes a fitted model's scores honest: how much to trust what, and how sure to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.classifier import ERRANDS, MOODS, likelihood
from talkhub.analysis.examples import INTENTS, SENTIMENTS, Example
from talkhub.analysis.fitting import TUNED_ON, Matrix, Scores
from talkhub.analysis.measuring import Prediction

# The encoder is asked about a text if mood and errand are both right less likely than this.
# Chosen on people left out: below it the encoder corrects, above it costs time and changes
# nothing (docs/decisions/0025).
ASK_BELOW: Final = 0.5

_TRUSTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 1.0)
_SHARES = (0.3, 0.45, 0.6, 0.75, 1.0, 1.3)
_TEMPERATURES = np.geomspace(0.2, 3.0, 80)

# What it costs to name no intent, where a wrong one costs 1: somebody will have a look at it, but
# no report knows what was wanted. So one answer right of five is worth giving.
COST_OF_UNKNOWN: Final = 0.8
_THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)

Labels = NDArray[np.intp]


class Shares(NamedTuple):
    """What the lexicons, and what the encoder, count beside the words, for each label."""

    lexicons: Matrix
    meaning: Matrix

    def without_encoder(self, scores: Scores) -> Matrix:
        """Return the scores that words and lexicons make together."""
        total: Matrix = scores.words + self.lexicons * scores.lexicons
        return total

    def with_encoder(self, scores: Scores) -> Matrix:
        """Return the scores that all three make together."""
        total: Matrix = self.without_encoder(scores) + self.meaning * scores.meaning
        return total


class Calibration(NamedTuple):
    """By what scores are divided to become honest, and below what an intent is not named.

    `words` are for the scores without the encoder, `both` for those with it: a number for
    each label.
    """

    words: Matrix
    both: Matrix
    unknown_below: float


def chances_of(
    scores: Scores, shares: Shares, calibration: Calibration, *, asks: bool = True
) -> Matrix:
    """Return how likely each label of each example is; `asks` tells whether there is an encoder."""
    chances = _chances(shares.without_encoder(scores) / calibration.words)
    if asks:
        unsure = _is_unsure(chances)
        both = shares.with_encoder(scores.part(unsure))
        chances[unsure] = _chances(both / calibration.both)
    return chances


def predictions_of(chances: Matrix) -> list[Prediction]:
    """Return what somebody says who takes the likeliest label."""
    moods, errands = chances[:, MOODS], chances[:, ERRANDS]
    return [
        Prediction(
            SENTIMENTS[mood.argmax()],
            float(mood.max()),
            INTENTS[errand.argmax()],
            float(errand.max()),
        )
        for mood, errand in zip(moods, errands, strict=True)
    ]


def shares_for(examples: Sequence[Example], scores: Scores) -> Shares:
    """Return the shares of lexicons and encoder under which examples, unseen, surprise little.

    The lexicons' is the largest that does no worse than the best but for one standard error of
    the difference: the lexicons know every negation there is, the examples those that somebody
    wrote. The encoder's is the best.
    """
    scores, truths = _untuned(examples, scores)
    shares = Shares(np.zeros(ERRANDS.stop), np.zeros(ERRANDS.stop))
    for own, truth in zip((MOODS, ERRANDS), truths, strict=True):
        found = {}
        for share in _TRUSTS:
            shares.lexicons[own] = share
            found[share] = _least_surprises(shares.without_encoder(scores)[:, own], truth)
        best = min(found.values(), key=np.mean)
        shares.lexicons[own] = max(
            share
            for share, surprises in found.items()
            if (surprises - best).mean() <= (surprises - best).std() / np.sqrt(len(best))
        )
        means = {}
        for share in _SHARES:
            shares.meaning[own] = share
            means[share] = _least_surprises(shares.with_encoder(scores)[:, own], truth).mean()
        shares.meaning[own] = min(means, key=means.__getitem__)
    return shares


def calibrate(examples: Sequence[Example], scores: Scores, shares: Shares) -> Calibration:
    """Return the calibration under which the scores of unseen examples tell the truth."""
    scores, truths = _untuned(examples, scores)
    words, both = np.ones(ERRANDS.stop), np.ones(ERRANDS.stop)
    by_words = shares.without_encoder(scores)
    for own, truth in zip((MOODS, ERRANDS), truths, strict=True):
        words[own] = _temperature(by_words[:, own], truth)
    # Those that the encoder is asked about are calibrated by themselves: they are the hard ones.
    unsure = _is_unsure(_chances(by_words / words))
    by_both = shares.with_encoder(scores.part(unsure))
    for own, truth in zip((MOODS, ERRANDS), truths, strict=True):
        both[own] = _temperature(by_both[:, own], truth[unsure])
    calibration = Calibration(words, both, 0.0)
    chances = chances_of(scores, shares, calibration)[:, ERRANDS]
    right = chances.argmax(axis=1) == truths[1]
    return calibration._replace(unknown_below=_unknown_below(chances.max(axis=1), right))


def labels_of(examples: Sequence[Example]) -> tuple[Labels, Labels]:
    """Return the places of examples' labels in SENTIMENTS and INTENTS."""
    moods = [SENTIMENTS.index(example.sentiment) for example in examples]
    return np.array(moods), np.array([INTENTS.index(example.intent) for example in examples])


def _untuned(examples: Sequence[Example], scores: Scores) -> tuple[Scores, list[Labels]]:
    """Return scores and labels of the examples that the lexicons were not tuned on."""
    untuned = np.array([example.persona != TUNED_ON for example in examples])
    return scores.part(untuned), [truth[untuned] for truth in labels_of(examples)]


def _chances(scores: Matrix) -> Matrix:
    return np.hstack([likelihood(scores[:, MOODS]), likelihood(scores[:, ERRANDS])])


def _is_unsure(chances: Matrix) -> NDArray[np.bool_]:
    sureness = chances[:, MOODS].max(axis=1) * chances[:, ERRANDS].max(axis=1)
    return np.asarray(sureness < ASK_BELOW)


def _temperature(scores: Matrix, truth: Labels) -> float:
    """Return the temperature under which the labels surprise least."""
    best = min(_TEMPERATURES, key=lambda heat: float(_surprises(scores / heat, truth).mean()))
    return round(float(best), 3)


def _least_surprises(scores: Matrix, truth: Labels) -> Matrix:
    return _surprises(scores / _temperature(scores, truth), truth)


def _surprises(scores: Matrix, truth: Labels) -> Matrix:
    chances = likelihood(scores)[np.arange(len(truth)), truth]
    return np.asarray(-np.log(np.maximum(chances, 1e-9)))


def _unknown_below(confidences: NDArray[Any], right: NDArray[np.bool_]) -> float:
    """Return the highest threshold at which the answers, and those not given, cost least."""
    costs = {
        threshold: np.where(confidences < threshold, COST_OF_UNKNOWN, ~right).sum()
        for threshold in _THRESHOLDS
    }
    # Of equals the highest: what is less sure than all that anybody was seen to write is unknown.
    return max(it for it, cost in costs.items() if cost <= min(costs.values()))
