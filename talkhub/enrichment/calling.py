"""Makes a call: counted before it is made, corrected afterwards, and noted if it failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from talkhub.enrichment.asking import Question
from talkhub.enrichment.breaker import note_answer, note_failure, room_to_call
from talkhub.enrichment.budget import Budget
from talkhub.enrichment.interface import Answered, AskFailed, Interface
from talkhub.enrichment.model import Answer, Form, Trouble
from talkhub.store.uow import Database

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Caller:
    """Asks through one interface, within one budget. `lease` is as long as a call may take."""

    database: Database
    interface: Interface
    budget: Budget
    lease: timedelta

    def room(self, most: int) -> tuple[int, Form]:
        """Return how many calls may be made now, `most` at most, and the form to ask in."""
        return room_to_call(self.database, self.interface.name, room=most, probe=self.lease)

    def ask(self, workspace_id: int, question: Question[Answer], form: Form) -> Answered[Answer]:
        """Return the model's answer. Raises AskFailed, also where the day's budget is used up.

        The caller has no transaction open: this takes seconds.
        """
        reserved = self.budget.reserve(self.database, workspace_id, question)
        if reserved is None:
            raise AskFailed(Trouble.OVER_BUDGET)
        try:
            answered = self.interface.ask(question, first=form)
        except AskFailed as failure:
            if failure.trouble is Trouble.REFUSED:  # it answers: it only does not want to
                note_answer(self.database, self.interface.name, form)
            elif note_failure(self.database, self.interface.name, failure):
                logger.warning("language_model_given_a_rest", trouble=failure.trouble.value)
            raise
        note_answer(self.database, self.interface.name, answered.form)
        self.budget.settle(self.database, reserved, answered.sent, answered.received)
        return answered
