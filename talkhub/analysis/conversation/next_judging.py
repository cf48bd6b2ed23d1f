"""How well the intent of a conversation is foreseen: from nothing, history, or first words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from talkhub.analysis.conversation.labelled import LabelledConversation
from talkhub.analysis.next_intent import Habits, Likely, habits_of, likely, share_interval
from talkhub.analysis.pipeline import analyse
from talkhub.names import Intent, MessageRole

BASE: Final = "nothing: the commonest intent"
HISTORY: Final = "what the person came for before"
WORDS: Final = "the first message"
BOTH: Final = "both"


class Foreseen(NamedTuple):
    """How often what was foreseen came true; `with_alt` counts accepted alternatives as well."""

    accuracy: float
    interval: tuple[float, float]
    with_alt: float

    def as_json(self) -> dict[str, object]:
        """Return the figures for machines, rounded."""
        return {
            "accuracy": round(self.accuracy, 4),
            "ci95": [round(end, 4) for end in self.interval],
            "accuracy_with_alt": round(self.with_alt, 4),
        }


def judge_next_intent(
    conversations: Sequence[LabelledConversation], training: Sequence[LabelledConversation]
) -> dict[str, Foreseen]:
    """Return how right each way to foresee an intent is; habits are those of `training`.

    The conversations of a person follow each other as they stand.
    """
    habits = habits_of(list(_by_person(training).values()))
    before: defaultdict[str, list[str]] = defaultdict(list)
    ways: dict[str, list[str | None]] = {BASE: [], HISTORY: [], WORDS: [], BOTH: []}
    for it in conversations:
        history, said = before[it.persona], _first_words(it)
        ways[BASE].append(_first(likely(Habits({"": habits.overall()}), [])))
        ways[HISTORY].append(_first(likely(habits, history)))
        ways[WORDS].append(said.intent if said else None)
        ways[BOTH].append(_first(likely(habits, history, said)))
        history.append(it.labels.intent)
    return {name: _judged(conversations, answers) for name, answers in ways.items()}


def _by_person(conversations: Sequence[LabelledConversation]) -> dict[str, list[str]]:
    people: defaultdict[str, list[str]] = defaultdict(list)
    for it in conversations:
        people[it.persona].append(it.labels.intent)
    return people


def _first_words(conversation: LabelledConversation) -> Likely | None:
    """Return what the person's first message wants, None if that cannot be told."""
    text = next(turn.text for turn in conversation.turns if turn.who == MessageRole.USER)
    found = analyse([{"id": "1", "role": MessageRole.USER, "content": text}])
    return None if found.intent == Intent.UNKNOWN else Likely(found.intent, found.confidence)


def _first(found: Sequence[Likely]) -> str | None:
    return found[0].intent if found else None


def _judged(
    conversations: Sequence[LabelledConversation], answers: Sequence[str | None]
) -> Foreseen:
    pairs = list(zip(conversations, answers, strict=True))
    right = sum(it.labels.intent == answer for it, answer in pairs)
    accepted = sum(answer in (it.labels.intent, it.labels.intent_alt) for it, answer in pairs)
    count = len(pairs)
    return Foreseen(right / count, share_interval(right, count), accepted / count)
