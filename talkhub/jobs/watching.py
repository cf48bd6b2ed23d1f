"""Look after what workspaces want to be told by themselves: alerts and the week's report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from talkhub import clock
from talkhub.alerts.watching import watch
from talkhub.names import WebhookEvent
from talkhub.services.reporting.weekly_report import tell_week
from talkhub.store.statements.alerts import WORKSPACES_WITH_RULES
from talkhub.store.statements.health import IS_THERE
from talkhub.store.statements.weekly_reports import WORKSPACES_THAT_WANT_REPORTS
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

logger = structlog.get_logger(__name__)


def watch_alerts(database: Database) -> None:
    """Judge the rules of all workspaces."""
    with database.read_only(system_scope("workspaces with rules of alerts")) as uow:
        rows = uow.run(WORKSPACES_WITH_RULES).all()
    for (workspace_id,) in rows:
        turned = look_after(database, workspace_id, watch)
        if turned:
            logger.info("alerts_turned", workspace_id=workspace_id, count=turned)


def tell_weekly_reports(database: Database) -> None:
    """Tell the last week's report where somebody listens and has not heard it."""
    event = {"event": WebhookEvent.WEEKLY_REPORT.value}
    with database.read_only(system_scope("workspaces that want a weekly report")) as uow:
        rows = uow.run(WORKSPACES_THAT_WANT_REPORTS, event).all()
    for (workspace_id,) in rows:
        look_after(database, workspace_id, tell_week)


def look_after(
    database: Database, workspace_id: int, look: Callable[[UnitOfWork, datetime], int]
) -> int:
    """Look after one workspace and return what `look` does.

    What fails there keeps no other from its turn, and counts as nothing: the next round tries it
    again. Only a database that is away ends the round: then it raises Unavailable.
    """
    scope = workspace_scope(workspace_id, "schedule")
    try:
        with database.unit_of_work(scope) as uow:
            return look(uow, clock.now())
    except Exception:
        logger.exception("watching_failed", workspace_id=workspace_id)
    # A statement that took too long is told as Unavailable too.
    with database.read_only(scope) as uow:
        uow.run(IS_THERE)
    return 0
