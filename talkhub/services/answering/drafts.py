"""Has a model word an answer that was found, and takes what it wrote: or why it wrote nothing.

Whoever asks the model reads the draft's row (`enrichment.writing`); nobody waits for it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from talkhub.replies.deciding import Decision, Reason, ReplyState, Wording, Written
from talkhub.replies.finding import Library
from talkhub.replies.grounding import Fault
from talkhub.replies.passages import Passage
from talkhub.services.answering.queueing import DueReply
from talkhub.services.answering.reply_settings import ReplySettings
from talkhub.store.statements import replies as statements
from talkhub.store.uow import UnitOfWork

PATIENCE = timedelta(seconds=10)
"""So long an answer waits for somebody to ask the model; then the passage is sent as it is."""

MOST_PASSAGES = 4
"""So many a model is given: what was found, and what is nearest."""


class Writing(StrEnum):
    """How far a model's draft is."""

    WANTED = "wanted"
    ASKED = "asked"
    DONE = "done"
    MISSED = "missed"


def can_be_written(decision: Decision) -> bool:
    """Tell whether a model may word an answer; one with a person's own data is sent as it is."""
    found = decision.found
    is_sent = decision.state is ReplyState.ANSWERED
    return is_sent and found is not None and "{" not in found.passage.answer


def hand_to_model(
    uow: UnitOfWork, due: DueReply, decision: Decision, *, asked: Sequence[str], library: Library
) -> None:
    """Have a model word an answer, from the passage that was found and the ones beside it."""
    if decision.found is None:
        raise ValueError("there is nothing to write from")
    near = library.around(decision.found, "\n".join(asked), most=MOST_PASSAGES)
    passages = [
        {"source": it.source, "question": it.question, "answer": it.answer}
        for it in near
        if "{" not in it.answer
    ]
    draft = uow.json({"asked": list(asked), "passages": passages})
    uow.run(statements.HAND_TO_MODEL, {**due.key, "draft": draft, "patience": PATIENCE})


def as_written(
    decision: Decision, draft: Mapping[str, Any] | None, settings: ReplySettings, library: Library
) -> Decision:
    """Return a decision with what the model wrote, or with why that is not what is said."""
    answer = draft or {"trouble": Writing.MISSED.value}
    trouble = answer.get("trouble")
    cited = tuple(answer.get("cited") or ())
    if trouble is None and not _still_there(answer.get("digests") or (), library.passages):
        trouble = Fault.CITES_NOTHING.value  # a source was taken away or replaced meanwhile
    if trouble is None:
        written = Written(answer["answer"], answer["model"], cited)
        return replace(decision, written=written)
    is_left = trouble in set(Fault) and settings.wording is Wording.MODEL_OR_PERSON
    if is_left:
        state = ReplyState.HANDED_OFF
        return replace(decision, state=state, reason=Reason.NOT_WRITTEN, trouble=trouble)
    return replace(decision, trouble=trouble)


def _still_there(digests: Sequence[str], passages: Sequence[Passage]) -> bool:
    return bool(digests) and {it.digest for it in passages}.issuperset(digests)
