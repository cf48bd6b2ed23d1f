"""Which messages answer a question best: BM25 with the person's own statistics, and around it.

A message also counts for what is said beside it, above all an answer for its question, and for
what its conversation is about; a newer one a little more than an older one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkhub.memory.packing import Shelf
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
    ages: Sequence[float] = (),
) -> list[Hit]:
    """Return the messages that answer best, best first.

    `user_names` are the folded words of the person's name: where the question names them,
    their own words count more. `ages` are the conversations' ages in days.
    """
    if not len(shelf):
        return []
    named, unnamed = _authors(shelf, asked, user_names)
    own = _bm25(shelf, unnamed)
    if not own.any():
        # The name may be what is asked for: "entrega", of whoever is called Casa Entrega.
        own = _bm25(shelf, asked)
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


def _authors(
    shelf: Shelf, asked: Question, user_names: Sequence[str]
) -> tuple[NDArray[np.bool_] | None, Question]:
    """Return who of the writers is named, and what is asked for beside their names.

    Who is spoken to is called by name, so the word itself would find what others wrote.
    """
    written, places = shelf.messages_with(np.array(sorted(asked.names.values()), dtype=np.uint32))
    by_place = {number: place for place, number in enumerate(sorted(asked.names.values()))}
    named = np.zeros(len(shelf), dtype=bool)
    names: set[str] = set()
    for word, number in asked.names.items():
        own = written[places == by_place[number]]
        named[own] = True
        if word in user_names:
            named |= shelf.is_user
        if len(own) or word in user_names:
            names.add(word)
    return (named, asked.without(names)) if names else (None, asked)


def _bm25(shelf: Shelf, asked: Question) -> Floats:
    """Return each message's own score: for each aspect that of the term that fits best."""
    count = len(shelf)
    table = _aspect_of_each_term(asked)
    sought = np.array(sorted(table), dtype=np.uint32)
    weights = np.array([table[int(number)][1] for number in sought])
    aspects = np.array([table[int(number)][0] for number in sought], dtype=np.intp)
    messages, places = shelf.messages_with(sought)
    pairs, times = np.unique(messages * len(sought) + places, return_counts=True)
    owners, found = np.divmod(pairs, len(sought))
    frequency = np.bincount(found, minlength=len(sought))
    rarity = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
    lengths = shelf.lengths()
    norm = _SATURATION * (
        1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths / max(1.0, float(lengths.mean()))
    )
    gains = (weights * rarity)[found] * times * (_SATURATION + 1) / (times + norm[owners])
    best = np.zeros((len(asked.aspects), count))
    np.maximum.at(best, (aspects[found], owners), gains)
    return np.asarray(best.sum(axis=0))


def _aspect_of_each_term(asked: Question) -> dict[int, tuple[int, float]]:
    """Map each term to the aspect it answers best, and how well: none counts twice."""
    table: dict[int, tuple[int, float]] = {}
    for aspect, each in enumerate(asked.aspects):
        for number, weight in each.terms.items():
            if number not in table or table[number][1] < weight:
                table[number] = aspect, weight
    return table


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
    sessions = np.zeros(int(shelf.conversations[-1]) + 1)
    np.maximum.at(sessions, shelf.conversations, scores)
    return np.asarray(scores + _SESSION * sessions[shelf.conversations] * (scores > 0))


def _best(scores: Floats, limit: int) -> NDArray[np.intp]:
    """Return where the highest scores stand, the highest first, among equals the first one."""
    limit = min(limit, len(scores))
    near = np.argpartition(-scores, limit - 1)[:limit]
    chosen = near[np.lexsort((near, -scores[near]))]
    return chosen[scores[chosen] > 0]
