"""Which messages answer a question best: BM25 with the person's own statistics, and around it.

A message also counts for what is said beside it, above all an answer for its question, and for
what its conversation is about; a newer one a little more than an older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from talkhub.memory.packing import Numbers, Shelf
from talkhub.memory.query import Question

_SATURATION, _LENGTH_SHARE = 1.0, 0.3
# What a message counts for what the one before it, and the one after it, says.
_AFTER, _BEFORE, _AFTER_QUESTION = 0.4, 0.3, 0.8
_FAR = 0.2
_SESSION = 0.3
_QUESTION_LOSES = 0.85
_BY_THE_NAMED = 1.25
_NEWEST_GAINS = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found: its conversation's place, its position there, how well it fits."""

    conversation: int
    position: int
    score: float


def rank(
    shelf: Shelf,
    asked: Question,
    *,
    limit: int,
    user_names: Sequence[str] = (),
    ages: Sequence[float] | Floats = (),
) -> list[Hit]:
    """Return the messages that answer best, best first.

    `user_names` are the folded words of the person's name: where the question names them,
    their own words count more. `ages` are the conversations' ages in days.
    """
    if not len(shelf):
        return []
    found = _found(shelf, asked)
    named, unnamed = _authors(shelf, asked, found, user_names)
    own = _bm25(shelf, unnamed, found)
    if not own.any():
        # The name may be what is asked for: "entrega", of whoever is called Casa Entrega.
        own = _bm25(shelf, asked, found)
    if not own.any():
        return []
    scores = _in_context(shelf, own)
    scores[shelf.is_question] *= _QUESTION_LOSES
    if named is not None:
        scores[named] *= _BY_THE_NAMED
    if len(ages):
        age = np.asarray(ages)[shelf.conversations]
        scores *= 1 + _NEWEST_GAINS / (1 + age / 30)
    best = _best(scores, limit)
    return [
        Hit(int(shelf.conversations[i]), int(shelf.positions[i]), float(scores[i])) for i in best
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    """All that a question looks for, sorted, and each time that some of it stands in a message."""

    sought: Numbers
    messages: NDArray[np.intp]
    places: NDArray[np.intp]


def _found(shelf: Shelf, asked: Question) -> _Found:
    # Names and terms at once: looking through the shelf is what a long history costs most.
    numbers = chain(asked.names.values(), *(aspect.terms for aspect in asked.aspects))
    sought = np.unique(np.fromiter(numbers, np.uint32))
    return _Found(sought, *shelf.messages_with(sought))


def _authors(
    shelf: Shelf, asked: Question, found: _Found, user_names: Sequence[str]
) -> tuple[NDArray[np.bool_] | None, Question]:
    """Return who of the writers is named, and what is asked for beside their names.

    Who is spoken to is called by name, so the word itself would find what others wrote.
    """
    named = np.zeros(len(shelf), dtype=bool)
    names: set[str] = set()
    for word, number in asked.names.items():
        own = found.messages[found.sought[found.places] == number]
        named[own] = True
        if word in user_names:
            named |= shelf.is_user
        if len(own) or word in user_names:
            names.add(word)
    return (named, asked.without(names)) if names else (None, asked)


def _bm25(shelf: Shelf, asked: Question, found: _Found) -> Floats:
    """Return each message's own score: for each aspect that of the term that fits best."""
    count, most = len(shelf), len(found.sought)
    aspects, weights = _aspect_of_each_term(asked, found.sought)
    is_asked = weights[found.places] > 0
    pairs, times = np.unique(
        found.messages[is_asked] * most + found.places[is_asked], return_counts=True
    )
    owners, terms = np.divmod(pairs, most)
    frequency = np.bincount(terms, minlength=most)
    rarity = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    lengths = shelf.lengths()
    norm = _SATURATION * (
        1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths / max(1.0, float(lengths.mean()))
    )
    gains = (weights * rarity)[terms] * times * (_SATURATION + 1) / (times + norm[owners])
    # Flat: numpy finds the greatest of each place several times faster along one axis.
    best = np.zeros(len(asked.aspects) * count)
    np.maximum.at(best, aspects[terms] * count + owners, gains)
    return np.asarray(best.reshape(-1, count).sum(axis=0))


def _aspect_of_each_term(asked: Question, sought: Numbers) -> tuple[NDArray[np.intp], Floats]:
    """Return the aspect that each term answers best, and how well: none counts twice."""
    terms = [aspect.terms for aspect in asked.aspects]
    places = np.searchsorted(sought, np.fromiter(chain(*terms), np.uint32))
    weights = np.fromiter(chain(*(each.values() for each in terms)), np.float64)
    aspects = np.repeat(np.arange(len(terms)), [len(each) for each in terms])
    # Of several aspects with one term the one that weighs most is the last, which stays.
    order = np.lexsort((-aspects, weights))
    best, most = np.zeros(len(sought), np.intp), np.zeros(len(sought))
    best[places[order]] = aspects[order]
    most[places[order]] = weights[order]
    return best, most


def _in_context(shelf: Shelf, own: Floats) -> Floats:
    """Return scores that also count what is said around a message."""
    scores = own.copy()
    same = shelf.conversations[1:] == shelf.conversations[:-1]
    is_answer = shelf.is_question[:-1] & (shelf.is_user[:-1] != shelf.is_user[1:])
    after = np.where(is_answer, _AFTER_QUESTION, _AFTER) * same
    scores[1:] += after * own[:-1]
    scores[:-1] += _BEFORE * same * own[1:]
    if len(own) > 2:
        two_apart = shelf.conversations[2:] == shelf.conversations[:-2]
        scores[2:] += _FAR * two_apart * own[:-2]
        scores[:-2] += _FAR * two_apart * own[2:]
    firsts = np.concatenate(([0], np.flatnonzero(~same) + 1))
    sessions = np.maximum.reduceat(scores, firsts)
    return np.asarray(scores + _SESSION * sessions[shelf.conversations] * (scores > 0))


def _best(scores: Floats, limit: int) -> NDArray[np.intp]:
    """Return where the highest scores stand, the highest first, among equals the first one."""
    limit = min(limit, len(scores))
    near = np.argpartition(-scores, limit - 1)[:limit]
    chosen = near[np.lexsort((near, -scores[near]))]
    return chosen[scores[chosen] > 0]
