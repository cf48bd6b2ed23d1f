"""Says how well messages of our own are answered: right, wrong, or left to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from talkhub.analysis.examples import Split
from talkhub.replies.asked import Business, businesses
from talkhub.replies.deciding import ReplyMode, ReplyState, Situation, decide
from talkhub.replies.finding import Library
from talkhub.replies.reading import read_asked

RIGHT, WRONG, DECLINED_RIGHT, MISSED = "right", "wrong", "declined_right", "missed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many messages were answered right and wrong, and declined where nothing answers them.

    `missed` are those that were declined although something does.
    """

    right: int
    wrong: int
    declined_right: int
    missed: int
    unanswerable: int

    @property
    def asked(self) -> int:
        """How many messages there were."""
        return self.right + self.wrong + self.declined_right + self.missed

    def as_json(self) -> dict[str, float]:
        """Return the counts, and the shares that the goal is set in."""
        return {
            "asked": self.asked,
            "answered_right": self.right / (self.asked - self.unanswerable),
            "answered_wrong": self.wrong / self.asked,
            "declined_right": self.declined_right / self.unanswerable,
            "right_of_answered": self.right / max(1, self.right + self.wrong),
        }


def judge_replies(split: Split, threshold: float) -> dict[str, Judgement]:
    """Return how each business of a part was served, as a workspace that answers by itself."""
    situation = Situation(ReplyMode.ANSWER, threshold)
    return {it.name: _judged(it, situation) for it in businesses(split)}


def altogether(judged: Iterable[Judgement]) -> Judgement:
    """Return the sum of judgements."""
    each = [(it.right, it.wrong, it.declined_right, it.missed, it.unanswerable) for it in judged]
    return Judgement(*map(sum, zip(*each, strict=True)))


def _judged(business: Business, situation: Situation) -> Judgement:
    library = Library(business.passages)
    counts: Counter[str] = Counter()
    for it in business.asked:
        decision = decide(read_asked([it.text]), library.find(it.text), situation)
        if decision.state is not ReplyState.ANSWERED or decision.found is None:
            counts[MISSED if it.answered_by else DECLINED_RIGHT] += 1
        else:
            is_right = decision.found.passage.question == it.answered_by
            counts[RIGHT if is_right else WRONG] += 1
    unanswerable = sum(it.answered_by is None for it in business.asked)
    return Judgement(
        counts[RIGHT], counts[WRONG], counts[DECLINED_RIGHT], counts[MISSED], unanswerable
    )
