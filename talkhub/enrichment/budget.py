"""The day's budget: every call is counted before it is made, by all processes together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from talkhub.enrichment.asking import MOST_RECEIVED, Question
from talkhub.enrichment.model import Answer
from talkhub.store.statements import enrichment as statements
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, system_scope


@dataclass(frozen=True, slots=True)
class Reserved:
    """A call that was counted: what it may take, and on which day."""

    workspace_id: int
    day: date
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What a day may take of all workspaces; prices are for a million tokens."""

    daily_tokens: int
    daily_cost: float
    price_sent: float
    price_received: float

    def reserve(
        self, database: Database, workspace_id: int, question: Question[Answer]
    ) -> Reserved | None:
        """Count a call as if it were as long as it may get; None if the day cannot bear it."""
        sent, received = question.most_sent, MOST_RECEIVED
        params = {
            "workspace_id": workspace_id,
            "tokens": sent + received,
            "micros": self._micros(sent, received),
            "most_tokens": self.daily_tokens,
            "most_micros": round(self.daily_cost * 1_000_000),
        }
        with database.unit_of_work(system_scope("the budget of all workspaces")) as uow:
            uow.run(LOCK, {"key": "the language model's budget"})
            day = uow.run(statements.RESERVE, params).scalar()
        return None if day is None else Reserved(workspace_id, day, sent, received)

    def settle(
        self, database: Database, reserved: Reserved, sent: int | None, received: int | None
    ) -> None:
        """Put the tokens of a call in the place of what it might have taken, where they are told.

        Of a call that failed nobody knows what it cost: it stays counted.
        """
        if sent is None or received is None:
            return
        params = {
            "workspace_id": reserved.workspace_id,
            "day": reserved.day,
            "tokens": sent + received - reserved.sent - reserved.received,
            "micros": self._micros(sent, received) - self._micros(reserved.sent, reserved.received),
        }
        with database.unit_of_work(system_scope("the budget of all workspaces")) as uow:
            uow.run(statements.CORRECT_USAGE, params)

    def _micros(self, sent: int, received: int) -> int:
        """Return a cost in millionths: a price for a million tokens is one token's millionths."""
        return round(sent * self.price_sent + received * self.price_received)
