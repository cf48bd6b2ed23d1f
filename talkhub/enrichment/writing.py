"""Has a model word the answers that were found, for workspaces that want that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from talkhub.enrichment.asking import Question
from talkhub.enrichment.calling import Caller
from talkhub.enrichment.interface import AskFailed
from talkhub.enrichment.model import Form, Trouble
from talkhub.enrichment.wording import Draft, question_to_word, read_draft
from talkhub.names import Job
from talkhub.replies.grounding import Fault
from talkhub.replies.passages import Passage
from talkhub.services.answering.queueing import DueReply, claim_drafts
from talkhub.store.statements import replies as statements
from talkhub.store.uow import Database, Scope, workspace_scope

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 2
"""One call, and one more at once where that failed: a person waits."""

UNWANTED = "unwanted"
"""The trouble of a draft that is not asked for any more: the person or the workspace says so."""

# What took its whole time already, or would fail again, is not asked twice.
_TRIED_AGAIN = frozenset({Trouble.UNREACHABLE, Trouble.BROKEN, Trouble.GARBAGE})


@dataclass(frozen=True)
class Writer:
    """Words answers by one model; every draft ends as words that may be said, or as a trouble."""

    caller: Caller

    @property
    def database(self) -> Database:
        """Where drafts wait."""
        return self.caller.database

    def claim(self, room: int) -> list[DueReply]:
        """Take drafts that wait, so that no other process does within the lease."""
        return claim_drafts(self.database, limit=room, lease=self.caller.lease)

    def write(self, due: DueReply, form: Form) -> None:
        """Have one answer worded, and leave it to the drain, which decides anew."""
        with self.database.read_only(_scope(due)) as uow:
            row = uow.run(statements.DRAFT_TO_WRITE, due.key).first()
        if row is None:
            return
        draft: dict[str, Any] = {"trouble": UNWANTED}
        if row.is_wanted:
            passages = [Passage(**it) for it in row.draft["passages"]]
            question = question_to_word(row.draft["asked"], passages, names=row.name)
            draft = self._written(due, question, passages, form)
        with self.database.unit_of_work(_scope(due)) as uow:
            uow.run(statements.STORE_DRAFT, {**due.key, "draft": uow.json(draft)})
            uow.ring(Job.DRAIN_REPLIES)

    def _written(
        self, due: DueReply, question: Question[Draft], passages: list[Passage], form: Form
    ) -> dict[str, Any]:
        try:
            answered = self._asked(due.workspace_id, question, form)
        except AskFailed as failure:
            is_no = failure.trouble is Trouble.REFUSED
            return {"trouble": Fault.CANNOT_ANSWER.value if is_no else failure.trouble.value}
        read = read_draft(answered, passages)
        if isinstance(read, Fault):
            logger.info("reply_not_said", reply=due.id, fault=read.value)
            return {"trouble": read.value}
        return {
            "answer": answered.answer,
            "model": self.caller.interface.model,
            "cited": [it.place for it in read],
            "digests": [it.digest for it in read],
        }

    def _asked(self, workspace_id: int, question: Question[Draft], form: Form) -> Draft:
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return self.caller.ask(workspace_id, question, form).content
            except AskFailed as failure:
                if failure.trouble not in _TRIED_AGAIN:
                    raise
                room, form = self.caller.room(1)
                if not room:  # it was given a rest
                    raise
        return self.caller.ask(workspace_id, question, form).content


def _scope(due: DueReply) -> Scope:
    return workspace_scope(due.workspace_id, "enricher")
