"""Has a model read one conversation: known answers first, then the budget, then the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from talkhub import clock, json_codec, metrics
from talkhub.enrichment.asking import Question, question_about
from talkhub.enrichment.calling import Caller
from talkhub.enrichment.interface import Answered, AskFailed
from talkhub.enrichment.model import Form, Reading, Trouble
from talkhub.enrichment.queueing import (
    MAX_ATTEMPTS,
    Claimed,
    claim_enrichments,
    drop,
    fail,
    postpone,
    what_to_read,
)
from talkhub.store.statements import enrichment as statements
from talkhub.store.uow import Database, Scope, UnitOfWork, workspace_scope


@dataclass(frozen=True)
class Reader:
    """Reads conversations by one model."""

    caller: Caller

    @property
    def database(self) -> Database:
        """Where conversations wait."""
        return self.caller.database

    def claim(self, room: int) -> list[Claimed]:
        """Take conversations that are due, so that no other process does within the lease."""
        return claim_enrichments(self.database, limit=room, lease=self.caller.lease)

    def read(self, claimed: Claimed, form: Form) -> None:
        """Read one conversation, and store what came of it."""
        with self.database.unit_of_work(_scope(claimed)) as uow:
            question = self._question(uow, claimed)
            if question is None:
                return
            digest = question.digest(self.caller.interface.model)
            key = {"workspace_id": uow.workspace_id, "content": digest}
            known = uow.run(statements.KNOWN_ANSWER, key).first()
            if known is not None:
                self._store(uow, claimed, digest, result=known.result)
                metrics.enrichments.labels("repeated").inc()
                return
        try:
            answered = self.caller.ask(claimed.workspace_id, question, form)
        except AskFailed as failure:
            self._failed(claimed, failure)
            return
        with self.database.unit_of_work(_scope(claimed)) as uow:
            result = answered.content.model_dump(mode="json")
            self._store(uow, claimed, digest, result=result, answered=answered)
        metrics.enrichments.labels("done").inc()

    def _question(self, uow: UnitOfWork, claimed: Claimed) -> Question[Reading] | None:
        waiting = what_to_read(uow, claimed)
        question = question_about(waiting.messages, names=waiting.names) if waiting else None
        if question is None:
            drop(uow, claimed)
        elif claimed.attempts > MAX_ATTEMPTS:  # its readers died each time
            fail(uow, claimed, Trouble.BROKEN)
            return None
        return question

    def _failed(self, claimed: Claimed, failure: AskFailed) -> None:
        with self.database.unit_of_work(_scope(claimed)) as uow:
            if failure.trouble is Trouble.OVER_BUDGET:
                postpone(uow, claimed)
            else:
                fail(uow, claimed, failure.trouble)
        metrics.enrichments.labels(failure.trouble.value).inc()

    def _store(
        self,
        uow: UnitOfWork,
        claimed: Claimed,
        digest: bytes,
        *,
        result: dict[str, Any],
        answered: Answered[Reading] | None = None,
    ) -> None:
        params = {
            "content": digest,
            "model": self.caller.interface.model,
            "result": json_codec.dumps_text(result),
            "sent": (answered.sent or 0) if answered else 0,
            "received": (answered.received or 0) if answered else 0,
            "is_repeated": answered is None,
            "now": clock.now(),
        }
        uow.run(statements.STORE_ENRICHMENT, {**claimed.key, **params})


def _scope(claimed: Claimed) -> Scope:
    return workspace_scope(claimed.workspace_id, "enricher")
