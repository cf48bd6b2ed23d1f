"""Attempts to come in: who fails often is slowed down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from talkhub import security
from talkhub.errors import RateLimited
from talkhub.services.audit import audit
from talkhub.store.statements import accounts as statements
from talkhub.store.uow import Database, system_scope, workspace_scope

FAILURE_WINDOW = timedelta(minutes=15)
MAX_FAILURES = 10
MAX_FAILURES_ANYWHERE = 30


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to come in. Its traces stay although the request is refused.

    `guards_subject` is for what only who knows a password can try: it ends after as many
    failures from all addresses together.
    """

    database: Database
    kind: str
    subject: str
    address: str
    guards_subject: bool = False

    def refuse_after_too_many(self) -> None:
        """Refuse an address that failed often, and any that failed while many do.

        An address without a failure always gets its try: guessers cannot lock out an
        owner who knows the secret.
        """
        with self.database.read_only(system_scope("failures of all addresses")) as uow:
            params = {**self._names(), "window": FAILURE_WINDOW}
            here, of_subject, anywhere = uow.run(statements.COUNT_FAILURES, params).one()
        is_guessed = self.guards_subject and of_subject >= MAX_FAILURES
        if is_guessed or here >= MAX_FAILURES or (here and anywhere >= MAX_FAILURES_ANYWHERE):
            seconds = int(FAILURE_WINDOW.total_seconds())
            raise RateLimited("Too many failed attempts; try again later.", retry_after=seconds)

    def failed(self, workspace_id: int | None) -> None:
        """Count the failure, and tell the workspace that it was meant for, if there is one."""
        with self.database.unit_of_work(system_scope("a failed attempt")) as uow:
            uow.run(statements.RECORD_FAILURE, self._names())
        if workspace_id is not None:
            scope = workspace_scope(workspace_id, self.subject[:255])
            with self.database.unit_of_work(scope) as uow:
                audit(uow, action=f"{self.kind}.refused", subject=None, address=self.address)

    def _names(self) -> dict[str, str]:
        address = security.client_network(self.address)
        return {"kind": self.kind, "subject": self.subject[:255], "address": address}
