"""Has a model read one conversation: known answers first, then the budget, then the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from talkhub import clock, json_codec, metrics
from talkhub.enrichment.asking import Question, question_about
from talkhub.enrichment.breaker import note_answer, note_failure, room_to_call
from talkhub.enrichment.budget import Budget
from talkhub.enrichment.interface import Answered, AskFailed, Interface
from talkhub.enrichment.model import Form, Trouble
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

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reader:
    """Reads conversations through one interface, within one budget."""

    database: Database
    interface: Interface
    budget: Budget
    lease: timedelta

    def claim(self, room: int) -> tuple[list[Claimed], Form]:
        """Take conversations that are due, as many as may be asked about, and how to ask."""
        room, form = room_to_call(self.database, self.interface.name, room=room, probe=self.lease)
        if not room:
            return [], form
        return claim_enrichments(self.database, limit=room, lease=self.lease), form

    def read(self, claimed: Claimed, form: Form) -> None:
        """Read one conversation, and store what came of it."""
        with self.database.unit_of_work(_scope(claimed)) as uow:
            question = self._question(uow, claimed)
            if question is None:
                return
            digest = question.digest(self.interface.model)
            key = {"workspace_id": uow.workspace_id, "content": digest}
            known = uow.run(statements.KNOWN_ANSWER, key).first()
            if known is not None:
                self._store(uow, claimed, digest, result=known.result)
                metrics.enrichments.labels("repeated").inc()
                return
        reserved = self.budget.reserve(self.database, claimed.workspace_id, question)
        if reserved is None:
            with self.database.unit_of_work(_scope(claimed)) as uow:
                postpone(uow, claimed)
            metrics.enrichments.labels(Trouble.OVER_BUDGET.value).inc()
            return
        try:
            answered = self.interface.ask(question, first=form)  # no transaction is open now
        except AskFailed as failure:
            self._failed(claimed, failure, form)
            return
        note_answer(self.database, self.interface.name, answered.form)
        self.budget.settle(self.database, reserved, answered)
        with self.database.unit_of_work(_scope(claimed)) as uow:
            result = answered.reading.model_dump(mode="json")
            self._store(uow, claimed, digest, result=result, answered=answered)
        metrics.enrichments.labels("done").inc()

    def _question(self, uow: UnitOfWork, claimed: Claimed) -> Question | None:
        waiting = what_to_read(uow, claimed)
        question = question_about(waiting.messages, names=waiting.names) if waiting else None
        if question is None:
            drop(uow, claimed)
        elif claimed.attempts > MAX_ATTEMPTS:  # its readers died each time
            fail(uow, claimed, Trouble.BROKEN)
            return None
        return question

    def _failed(self, claimed: Claimed, failure: AskFailed, form: Form) -> None:
        if failure.trouble is Trouble.REFUSED:  # the model answers: it only does not want to
            note_answer(self.database, self.interface.name, form)
        elif note_failure(self.database, self.interface.name, failure):
            logger.warning("language_model_given_a_rest", trouble=failure.trouble.value)
        with self.database.unit_of_work(_scope(claimed)) as uow:
            fail(uow, claimed, failure.trouble)
        metrics.enrichments.labels(failure.trouble.value).inc()

    def _store(
        self,
        uow: UnitOfWork,
        claimed: Claimed,
        digest: bytes,
        *,
        result: dict[str, Any],
        answered: Answered | None = None,
    ) -> None:
        params = {
            "content": digest,
            "model": self.interface.model,
            "result": json_codec.dumps_text(result),
            "sent": (answered.sent or 0) if answered else 0,
            "received": (answered.received or 0) if answered else 0,
            "is_repeated": answered is None,
            "now": clock.now(),
        }
        uow.run(statements.STORE_ENRICHMENT, {**claimed.key, **params})


def _scope(claimed: Claimed) -> Scope:
    return workspace_scope(claimed.workspace_id, "enricher")
