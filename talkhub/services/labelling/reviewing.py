"""What somebody had better look at of the analyses, and how right those are that somebody did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from talkhub.analysis.conversation.model import Course
from talkhub.analysis.model import ConversationAnalysis
from talkhub.analysis.next_intent import share_interval
from talkhub.names import Sentiment, Urgency
from talkhub.names.labels import Correctable, ReviewKind
from talkhub.services.labelling.corrections import correct
from talkhub.store.statements import reviews as statements
from talkhub.store.uow import UnitOfWork

REVIEWS_COUNTED: Final = 1_000
"""The latest answers; how right an analyser was years ago says little of today's."""

# So doubtful, or wrong with such consequences, that a look is worth its while.
_WORTH_A_LOOK: Final = 0.45
_DISAGREEMENT: Final = 0.25
_CONSEQUENCE: Final = 0.4


@dataclass(frozen=True, slots=True)
class ReviewedAccuracy:
    """Of the reviewed conversations of a kind, how many were called rightly in a field."""

    kind: str
    field: str
    judged: int
    right: int

    @property
    def share(self) -> float:
        """How many of those judged were right."""
        return self.right / self.judged

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the share of all such conversations lies, nineteen times of twenty."""
        return share_interval(self.right, self.judged)


def review_priority(found: ConversationAnalysis, went: Course) -> float | None:
    """Return how much somebody had better look at an analysis, up to 1; None if nobody need.

    Doubt comes first: an intent that is unsure or unknown, moods of messages that say another
    thing than that of the whole. It weighs more where somebody is angry or in need. Pure.
    """
    doubt = 1 - found.confidence
    if found.sentiment != went.sentiment.label:
        doubt += _DISAGREEMENT
    is_grave = went.sentiment.label == Sentiment.NEGATIVE or went.urgency.label != Urgency.NONE
    priority = min(1.0, doubt * (1 + _CONSEQUENCE * is_grave) / (1 + _CONSEQUENCE))
    return round(priority, 3) if priority >= _WORTH_A_LOOK else None


def review(
    uow: UnitOfWork, conversation_id: str, said: Mapping[str, str], *, kind: ReviewKind
) -> None:
    """Store what a person says of a conversation that they were asked about, also if it is right.

    What is confirmed is a correction that says what was found: it counts in all reports, and a
    further analysis does not change it. Raises NotFound, and Invalid for a label that is none.
    """
    correct(uow, conversation_id, said, review=kind)


def reviewed_accuracy(uow: UnitOfWork) -> tuple[ReviewedAccuracy, ...]:
    """Return how right analyses were of the conversations that were reviewed, by kind and field."""
    params: dict[str, Any] = {
        "workspace_id": uow.workspace_id,
        "fields": [Correctable.INTENT.value, Correctable.SENTIMENT.value],
        "limit": REVIEWS_COUNTED,
    }
    found = uow.run(statements.REVIEWED_ACCURACY, params).mappings()
    return tuple(ReviewedAccuracy(**row) for row in found)
