"""Count what changed, workspace by workspace: hours and days of the read model, and people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from rq.timeouts import JobTimeoutException

from talkhub.errors import Unavailable
from talkhub.jobs import timing
from talkhub.services.labelling import insights
from talkhub.services.reporting import bucket_stats
from talkhub.store.statements.insights import WORKSPACES_WITH_DUE_STATS
from talkhub.store.statements.rebuilding import MARK_LACKING
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

HOURS_AT_ONCE = 24
"""Hours that are counted again together: with thousands of conversations each, a few seconds."""
DAYS_AT_ONCE = 31
"""Days that are merged together: with their months about a second's work at most."""
PROFILES_AT_ONCE = 200
LACKING_AT_ONCE = 240
"""Hours that an earlier release counted, a minute: new ones shall not wait for them."""


def recount_due(database: Database) -> int:
    """Count a batch of each workspace's due statistics again; return how many."""
    with database.read_only(system_scope("workspaces with due statistics")) as uow:
        rows = uow.run(WORKSPACES_WITH_DUE_STATS).all()
    return sum(_recount_workspace(database, workspace_id) for (workspace_id,) in rows)


def complete_buckets(database: Database) -> None:
    """Have some buckets counted again that an earlier release counted, the latest first."""
    with database.unit_of_work(system_scope("buckets that an earlier release counted")) as uow:
        uow.run(MARK_LACKING, {"limit": LACKING_AT_ONCE})


def _recount_workspace(database: Database, workspace_id: int) -> int:
    """Count what is due in a workspace; what fails there keeps no other from its turn."""
    recounts: list[Callable[[UnitOfWork], int]] = [
        partial(bucket_stats.recount_hours, limit=HOURS_AT_ONCE),
        partial(bucket_stats.merge_days, limit=DAYS_AT_ONCE),
        partial(insights.recount_profiles, limit=PROFILES_AT_ONCE),
    ]
    scope = workspace_scope(workspace_id, "statistics", timeout_ms=timing.STATEMENT_MS)
    done = 0
    for recount in recounts:
        try:
            with database.unit_of_work(scope) as uow:
                done += recount(uow)
        except (Unavailable, JobTimeoutException):
            raise
        except Exception:  # it stays due, and the next sweep tries it again
            logger.exception("statistics_failed", workspace_id=workspace_id)
    return done
