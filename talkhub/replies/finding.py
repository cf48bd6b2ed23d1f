"""Finds the passage that answers a message, and says how surely it does.

Words speak through the memory's search, meaning through the sentence encoder where one is
installed. How they are weighed was learned from the questions of our own in `corpus/`
(`fitting`, docs/replies.md).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.hearing import listen, tell_apart, written_out
from talkhub.analysis.language import main_language
from talkhub.analysis.meaning import Vectors, encode, has_encoder
from talkhub.memory.packing import number_of, pack, unpack
from talkhub.memory.query import Question, question
from talkhub.memory.ranking import rank
from talkhub.memory.words import terms
from talkhub.names import MessageRole
from talkhub.replies.passages import Passage

WEIGHTS: Final = "weights.json"
WITH_ENCODER, WORDS_ALONE = "with_encoder", "words_alone"

# A word of the message counts less in the answer than in the question that is answered.
_IN_ANSWER: Final = 0.8
# The rivals beside which the best passage has to stand out.
_RIVALS: Final = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """The passage that answers best, and the probability from 0 to 1 that it is right."""

    passage: Passage
    score: float


class Weights(NamedTuple):
    """What evidence counts for: of each passage, then for the best one beside its rivals."""

    evidence: tuple[float, ...]
    best: float
    share: float
    bias: float


class Library:
    """Passages, made ready to be searched. Making it takes about a millisecond for each."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        texts = [f"{it.question} {it.answer}" for it in passages]
        self._language = main_language([tell_apart(text)[1] for text in texts])
        packed = [
            pack([{"role": MessageRole.AGENT, "content": text}], self._language) for text in texts
        ]
        self._shelf = unpack(b"".join(packed))
        self._weights_of = self._index()
        self._places: Vectors | None = encode(texts) if has_encoder() else None

    def find(self, text: str) -> Found | None:
        """Return the passage that answers a text best; None where there is nothing to look in."""
        if not self.passages:
            return None
        place, score = best_of(self.evidence(text), self._weights)
        return Found(self.passages[place], round(score, 4))

    def around(self, found: Found, text: str, *, most: int) -> list[Passage]:
        """Return a passage that was found, and then those that answer a text next best."""
        scores = self.evidence(text) @ np.array(self._weights.evidence)
        nearest = [self.passages[place] for place in np.argsort(-scores, kind="stable")]
        return [found.passage, *(it for it in nearest if it != found.passage)][:most]

    @property
    def _weights(self) -> Weights:
        return trained_weights()[WITH_ENCODER if self._places is not None else WORDS_ALONE]

    def evidence(self, text: str) -> Floats:
        """Return what speaks for each passage: meaning, the words covered, the rank by words."""
        written = written_out(listen(text))
        asked = question(written)
        near = self._nearness(text, written)
        columns = [self._coverage(asked), self._ranks(asked)]
        return np.column_stack(columns if near is None else [near, *columns])

    def _nearness(self, text: str, written: str) -> Floats | None:
        if self._places is None:
            return None
        return np.asarray((self._places @ encode([text, written]).T).max(axis=1), np.float64)

    def _coverage(self, asked: Question) -> Floats:
        """Return the share of what is asked for that each passage speaks of; rare words first."""
        covered, total = np.zeros(len(self.passages)), 0.0
        for aspect in asked.aspects:
            if not aspect.word:  # what words hint at was not said
                continue
            best = np.zeros(len(self.passages))
            for term, weight in aspect.terms.items():
                for place, counts in self._weights_of.get(term, {}).items():
                    best[place] = max(best[place], weight * counts)
            own = [term for term, weight in aspect.terms.items() if weight == 1]
            rarity = min(map(self._rarity, own))
            covered += rarity * best
            total += rarity
        return covered / total if total else covered

    def _ranks(self, asked: Question) -> Floats:
        """Return each passage's score in the memory's search as a share of the best one's."""
        scores = np.zeros(len(self.passages))
        for hit in rank(self._shelf, asked, limit=len(self.passages)):
            scores[hit.conversation] = hit.score
        return scores / (scores.max() or 1.0)

    def _index(self) -> dict[int, dict[int, float]]:
        index: defaultdict[int, dict[int, float]] = defaultdict(dict)
        for place, passage in enumerate(self.passages):
            for term in terms(passage.answer, self._language):
                index[number_of(term)][place] = _IN_ANSWER
            for term in terms(passage.question, self._language):
                index[number_of(term)][place] = 1.0
        return dict(index)

    def _rarity(self, term: int) -> float:
        having = len(self._weights_of.get(term, ()))
        return float(np.log1p((len(self.passages) - having + 0.5) / (having + 0.5)))


def best_of(evidence: Floats, weights: Weights) -> tuple[int, float]:
    """Return where the best passage stands and the probability that it is right."""
    scores = evidence @ np.array(weights.evidence)
    place = int(np.argmax(scores))
    best, share = standing_out(scores)
    doubt = np.exp(-(weights.best * best + weights.share * share + weights.bias))
    return place, float(1 / (1 + doubt))


def standing_out(scores: Floats) -> tuple[float, float]:
    """Return the best score, and its share among its nearest rivals'."""
    nearest = np.sort(scores)[::-1][:_RIVALS]
    return float(nearest[0]), float(1 / np.exp(nearest - nearest[0]).sum())


@cache
def trained_weights() -> dict[str, Weights]:
    """Return what `fitting` learned, with the encoder and without it."""
    source = files("talkhub.replies").joinpath(WEIGHTS)
    stored: dict[str, dict[str, list[float]]] = json.loads(source.read_text(encoding="utf-8"))
    return {
        name: Weights(tuple(it["evidence"]), *it["best_share_bias"]) for name, it in stored.items()
    }
