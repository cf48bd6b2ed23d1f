"""Whether a conversation can wait, and if not, why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from talkhub.analysis.conversation.model import Finding, Stretch
from talkhub.analysis.conversation.turns import Turn, persons
from talkhub.analysis.model import MessageAnalysis
from talkhub.names import Sentiment, Urgency

_REASONS: Final = tuple(reason for reason in Urgency if reason not in (Urgency.ANGER, Urgency.NONE))
_SHOUTED = re.compile(r"!{2,}|\?{3,}|(?:\b[A-ZÀ-Ý]{2,}\b\W*){3,}|\b[A-ZÀ-Ý]{5,}\b")
_FURIOUS: Final = -0.6


def urgency(turns: Sequence[Turn]) -> Finding:
    """Return the gravest reason that the person's own words show."""
    own = list(persons(turns))
    for reason in _REASONS:
        evidence = tuple(stretch for turn, _ in own for stretch in turn.found(reason))
        if evidence:
            return Finding(reason, evidence)
    shouted = tuple(stretch for turn, said in own for stretch in _shouts(turn, said))
    return Finding(Urgency.ANGER if shouted else Urgency.NONE, shouted)


def _shouts(turn: Turn, said: MessageAnalysis) -> tuple[Stretch, ...]:
    """Return what is shouted; whoever is content may shout as they like."""
    if said.sentiment is not Sentiment.NEGATIVE or said.score > _FURIOUS:
        return ()
    loud = _SHOUTED.finditer(turn.content)
    return tuple(Stretch(turn.message_id, *match.span()) for match in loud)
