"""Learns workspaces' own labels, and keeps what was learned at hand for the analysis."""

from __future__ import annotations

from datetime import timedelta

import structlog
from rq.timeouts import JobTimeoutException

from talkhub.analysis.own.taught import Taught
from talkhub.errors import Unavailable
from talkhub.jobs.timing import STATEMENT_MS
from talkhub.services.labelling import own_models
from talkhub.store.statements.own_models import CLAIM_MODEL
from talkhub.store.uow import Database, Scope, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=30)
"""Longer than any job: nobody learns a version while somebody else does."""

_MOST_REMEMBERED = 32
_remembered: dict[int, Taught | None] = {}


def teach_next(database: Database) -> int:
    """Learn one version that is asked for and put it to use; return how many there were."""
    with database.unit_of_work(system_scope("a drain's claim", timeout_ms=STATEMENT_MS)) as uow:
        claimed = uow.run(CLAIM_MODEL, {"lease": LEASE}).mappings().first()
    if claimed is None:
        return 0
    scope = _scope(claimed["workspace_id"])
    if claimed["attempts"] > MAX_ATTEMPTS:  # it ended its workers before they could say why
        _give_up(database, scope, claimed["id"], "WorkerLost")
        return 1
    try:
        with database.read_only(scope) as uow:
            lesson = own_models.read_lesson(uow)
        if lesson.is_empty:
            _give_up(database, scope, claimed["id"], "NothingToLearn")
            return 1
        arrays, report = own_models.learn(lesson)
        with database.unit_of_work(scope) as uow:
            own_models.store_model(uow, claimed["id"], arrays, report)
    except (Unavailable, JobTimeoutException):
        raise
    except Exception as error:
        logger.exception("teaching_failed", version=claimed["version"])
        if claimed["attempts"] == MAX_ATTEMPTS:
            _give_up(database, scope, claimed["id"], type(error).__name__)
    return 1


def taught_model(database: Database, workspace_id: int, model_id: int | None) -> Taught | None:
    """Return what a workspace taught, read once in a process; None for one that taught nothing."""
    if model_id is None:
        return None
    if model_id not in _remembered:
        with database.read_only(_scope(workspace_id)) as uow:
            taught = own_models.read_model(uow, model_id)
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[model_id] = taught
    return _remembered[model_id]


def _give_up(database: Database, scope: Scope, model_id: int, reason: str) -> None:
    with database.unit_of_work(scope) as uow:
        own_models.fail_model(uow, model_id, reason)


def _scope(workspace_id: int) -> Scope:
    return workspace_scope(workspace_id, "worker", timeout_ms=STATEMENT_MS)
