"""Predicts what a person will come for, from what they and others came for before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final, NamedTuple

from talkhub.analysis.examples import INTENTS
from talkhub.analysis.intent import SOCIAL

Intents = Sequence[str]
"""What somebody came for, conversation after conversation, the oldest first."""

NEWCOMER: Final = ""
"""What stands before the first conversation."""

# What was seen this seldom counts as much as what all others do.
_OTHERS_COUNT: Final = 6.0
_WORKSPACE_COUNTS: Final = 4.0
# What somebody came for a conversation earlier counts less.
_FADES: Final = 0.8
# Each of our intents is worth so much of a conversation before any was seen.
_UNSEEN: Final = 0.5
_LEAST: Final = 0.1
_SHOWN: Final = 3
_SIGMAS: Final = 1.96


class Likely(NamedTuple):
    """An intent, and how likely a person comes for it."""

    intent: str
    probability: float


@dataclass(frozen=True, slots=True)
class Habits:
    """How often which intent follows which, among the people of a workspace."""

    follows: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def overall(self) -> Counter[str]:
        """Return how often people come for each intent."""
        total: Counter[str] = Counter()
        for counts in self.follows.values():
            total.update(counts)
        return total


class Accuracy(NamedTuple):
    """How often predictions of people who were left out are right.

    `base` is how often the commonest intent is right, which whoever knows nobody would say.
    """

    predictions: int
    right: int
    right_of_three: int
    base: int

    def interval(self) -> tuple[float, float]:
        """Return between what the share of right ones lies, nineteen times of twenty."""
        return share_interval(self.right, self.predictions)


def habits_of(people: Iterable[Intents]) -> Habits:
    """Return the habits of people."""
    follows: dict[str, Counter[str]] = {}
    for intents in people:
        for before, after in _steps(intents):
            follows.setdefault(before, Counter())[after] += 1
    return Habits(follows)


def likely(
    habits: Habits, history: Intents, said: Likely | None = None, *, limit: int = _SHOWN
) -> tuple[Likely, ...]:
    """Return what somebody will most likely come for, the likeliest first.

    `said` is what the first words of a conversation seem to want, and how sure that is; what it
    leaves open the history decides, and manners say nothing. Empty where nothing is known.
    """
    chances = _chances(habits, history)
    if said is not None and said.intent not in SOCIAL:
        chances = {it: chance * (1 - said.probability) for it, chance in chances.items()}
        chances[said.intent] = chances.get(said.intent, 0.0) + said.probability
    ranked = sorted(chances.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Likely(intent, round(chance, 3)) for intent, chance in ranked[:limit] if chance >= _LEAST
    )


def accuracy_of(people: Sequence[Intents]) -> Accuracy:
    """Return how right predictions are of all but the first conversations of people.

    Each person is predicted from the habits of all others.
    """
    habits = habits_of(people)
    overall = habits.overall()
    found = [
        _judged(_without(habits, intents), overall - Counter(intents), intents, place)
        for intents in people
        for place in range(1, len(intents))
    ]
    right, right_of_three, base = (sum(it[place] for it in found) for place in range(3))
    return Accuracy(len(found), right, right_of_three, base)


def share_interval(right: int, judged: int) -> tuple[float, float]:
    """Return between what a share lies, nineteen times of twenty (Wilson's interval)."""
    if judged == 0:
        return 0.0, 1.0
    share, spread = right / judged, _SIGMAS**2 / judged
    middle = share + spread / 2
    reach = _SIGMAS * sqrt(share * (1 - share) / judged + spread / judged / 4)
    return (middle - reach) / (1 + spread), (middle + reach) / (1 + spread)


def _judged(
    others: Habits, overall: Counter[str], intents: Intents, place: int
) -> tuple[bool, bool, bool]:
    said = [it.intent for it in likely(others, intents[:place])]
    commonest = min(overall, key=lambda intent: (-overall[intent], intent), default=None)
    return intents[place] in said[:1], intents[place] in said, intents[place] == commonest


def _steps(intents: Intents) -> Iterator[tuple[str, str]]:
    return zip((NEWCOMER, *intents[:-1]), intents, strict=True)


def _without(habits: Habits, intents: Intents) -> Habits:
    """Return the habits of all but one person."""
    follows = dict(habits.follows)
    for before, after in _steps(intents):
        follows[before] = {**follows[before], after: follows[before][after] - 1}
    return Habits(follows)


def _chances(habits: Habits, history: Intents) -> dict[str, float]:
    """Mix what the person did with what others do next, and that with what all do at all."""
    overall = habits.overall()
    if not overall and not history:
        return {}
    total = sum(overall.values()) + _UNSEEN * len(INTENTS)
    counts = habits.follows.get(history[-1] if history else NEWCOMER, {})
    after = sum(counts.values())
    own: dict[str, float] = {}
    weight = 1.0
    for intent in reversed(history):
        own[intent] = own.get(intent, 0.0) + weight
        weight *= _FADES
    chances = {}
    for intent in sorted(overall.keys() | own.keys() | set(INTENTS)):
        base = (overall[intent] + _UNSEEN * (intent in INTENTS)) / total
        next_of_others = (counts.get(intent, 0) + _WORKSPACE_COUNTS * base) / (
            after + _WORKSPACE_COUNTS
        )
        chances[intent] = (own.get(intent, 0.0) + _OTHERS_COUNT * next_of_others) / (
            sum(own.values()) + _OTHERS_COUNT
        )
    return chances
