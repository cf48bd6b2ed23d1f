"""How right the analyser is on labelled conversations: each label with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkhub.analysis.conversation.course import course
from talkhub.analysis.conversation.labelled import LabelledConversation
from talkhub.analysis.conversation.model import Course
from talkhub.analysis.measuring import Interval
from talkhub.analysis.model import ConversationAnalysis
from talkhub.analysis.pipeline import analyse

_RESAMPLES = 1_000
_SEED = 20_261_122

Answers = Mapping[str, frozenset[str]]
"""What is said of a conversation: for each label the value, or the values where it has several.

A flag that is not set has none.
"""


class Score(NamedTuple):
    """How right the answers for one label are.

    `f1` is the mean over the values of a closed label, that of "yes" for a flag, and that of
    all values together where there may be several. `by_guessing` is the accuracy of always
    answering what is most frequent here.
    """

    accuracy: float
    accuracy_ci95: Interval
    f1: float
    f1_ci95: Interval
    by_guessing: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures for machines, rounded; the interval is that of the F1."""
        return {
            "accuracy": round(self.accuracy, 4),
            "f1": round(self.f1, 4),
            "ci95": [round(end, 4) for end in self.f1_ci95],
            "by_guessing": round(self.by_guessing, 4),
        }


def answers_of(conversation: LabelledConversation) -> Answers:
    """Return what the service would say of a conversation."""
    messages = [
        {"id": str(number), "role": turn.who, "content": turn.text}
        for number, turn in enumerate(conversation.turns, start=1)
    ]
    found = analyse(messages)
    return _as_answers(found, course(messages, found))


def labels_of(conversation: LabelledConversation) -> Answers:
    """Return what should be said of it."""
    labels = conversation.labels
    return {
        "language": frozenset({conversation.lang}),
        "outcome": frozenset({labels.outcome}),
        "resolution": frozenset({labels.resolution}),
        "handoff_requested": _flag(labels.handoff_requested),
        "handoff_done": _flag(labels.handoff_done),
        "bot_failed": _flag(labels.bot_failed),
        "unanswered": frozenset(str(number) for number in labels.unanswered),
        "urgency": frozenset({labels.urgency}),
        "intent": frozenset({labels.intent}),
        "sentiment": frozenset({labels.sentiment}),
        "trajectory": frozenset({labels.trajectory}),
        "topics": frozenset(labels.topics),
        "satisfaction_band": frozenset({labels.satisfaction_band}),
    }


def judge(
    conversations: Sequence[LabelledConversation], answered: Sequence[Answers]
) -> dict[str, Score]:
    """Return the score of each label; an accepted alternative counts as the right intent."""
    labelled = [labels_of(conversation) for conversation in conversations]
    scores: dict[str, Score] = {}
    for name in labelled[0]:
        true = [labels[name] for labels in labelled]
        given = [answers[name] for answers in answered]
        if name == "intent":
            given = [
                right if found == {conversation.labels.intent_alt} else found
                for conversation, right, found in zip(conversations, true, given, strict=True)
            ]
        scores[name] = _score(true, given, _F1_OF.get(name, _mean_f1))
    return scores


def _as_answers(found: ConversationAnalysis, how: Course) -> Answers:
    return {
        "language": frozenset({how.language or "undecided"}),
        "outcome": frozenset({how.outcome.label}),
        "resolution": frozenset({how.resolution.label}),
        "handoff_requested": _flag(how.handoff_requested),
        "handoff_done": _flag(how.handoff_done),
        "bot_failed": _flag(how.fallbacks or how.loops),
        "unanswered": frozenset(stretch.message_id for stretch in how.unanswered),
        "urgency": frozenset({how.urgency.label}),
        "intent": frozenset({found.intent}),
        "sentiment": frozenset({how.sentiment.label}),
        "trajectory": frozenset({how.trajectory.label}),
        "topics": frozenset(found.topics),
        "satisfaction_band": frozenset({how.satisfaction.band}),
    }


def _flag(value: object) -> frozenset[str]:
    return frozenset({"yes"}) if value else frozenset()


Sets = Sequence[frozenset[str]]
Counts = NDArray[np.float64]


def _score(true: Sets, given: Sets, f1_of: Callable[[Counts], float]) -> Score:
    right = np.array([mine == theirs for mine, theirs in zip(true, given, strict=True)])
    counts = _counts(true, given)
    chance = np.random.default_rng(_SEED)
    accuracies, f1s = np.empty(_RESAMPLES), np.empty(_RESAMPLES)
    for turn in range(_RESAMPLES):
        rows = chance.integers(len(right), size=len(right))
        accuracies[turn] = right[rows].mean()
        f1s[turn] = f1_of(counts[rows].sum(axis=0))
    return Score(
        accuracy=float(right.mean()),
        accuracy_ci95=_interval(accuracies),
        f1=f1_of(counts.sum(axis=0)),
        f1_ci95=_interval(f1s),
        by_guessing=Counter(true).most_common(1)[0][1] / len(true),
    )


def _counts(true: Sets, given: Sets) -> Counts:
    """Return by conversation, for each value: whether it is right, true, and was answered."""
    values = sorted(frozenset().union(*true, *given))
    return np.array(
        [
            [
                [value in mine and value in theirs, value in mine, value in theirs]
                for value in values
            ]
            or [[False, False, False]]
            for mine, theirs in zip(true, given, strict=True)
        ],
        dtype=np.float64,
    )


def _mean_f1(counts: Counts) -> float:
    """Return the mean F1 of the values that occur; an answer that never occurs counts as wrong."""
    right, true, answered = counts.T
    occurs = true > 0
    return float((2 * right[occurs] / (true + answered)[occurs]).mean()) if occurs.any() else 1.0


def _common_f1(counts: Counts) -> float:
    """Return the F1 of all values together; 1 where nothing is to be found and nothing was."""
    right, true, answered = counts.sum(axis=0)
    return float(2 * right / (true + answered)) if true + answered else 1.0


_F1_OF: Final[Mapping[str, Callable[[Counts], float]]] = dict.fromkeys(
    ("handoff_requested", "handoff_done", "bot_failed", "unanswered", "topics"), _common_f1
)


def _interval(figures: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)
