"""Decides about messages that may be answered automatically: one after another, each by itself."""

from __future__ import annotations

import structlog
from rq.timeouts import JobTimeoutException

from talkhub.errors import Unavailable
from talkhub.jobs import timing
from talkhub.services.answering.deciding import MAX_ATTEMPTS, answer_due
from talkhub.services.answering.queueing import DueReply, begin_reply, claim_replies
from talkhub.services.answering.sources import library_of
from talkhub.store.uow import Database, workspace_scope

logger = structlog.get_logger(__name__)

BATCH = 25
"""As many as are surely decided within the lease."""


def answer_batch(database: Database, *, has_model: bool = False) -> int:
    """Decide about a batch of due messages; return how many there were.

    `has_model` says whether a model may be asked to word answers.
    """
    claimed = claim_replies(
        database, limit=BATCH, lease=timing.LEASE, timeout_ms=timing.STATEMENT_MS
    )
    for due in claimed:
        try:
            _answer(database, due, has_model=has_model)
        except (Unavailable, JobTimeoutException):
            raise
        except Exception:
            # Its lease ends by itself; after some attempts it is left to people.
            logger.exception("reply_failed", reply=due.id)
    return len(claimed)


def _answer(database: Database, due: DueReply, *, has_model: bool) -> None:
    scope = workspace_scope(due.workspace_id, "worker", timeout_ms=timing.STATEMENT_MS)
    with database.unit_of_work(scope) as uow:
        attempt = begin_reply(uow, due)
    if attempt is None:
        return
    if attempt <= MAX_ATTEMPTS:
        with database.read_only(scope) as uow:
            library_of(uow)  # before anything is locked: the first time it takes a while
    with database.unit_of_work(scope) as uow:
        answer_due(uow, due, attempt, has_model=has_model)
