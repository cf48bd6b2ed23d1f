"""Ends, at night, what workspaces no longer want to keep."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import structlog

from talkhub import clock
from talkhub.jobs.context import worker_context
from talkhub.services.privacy.retention import apply_rules
from talkhub.store.statements.retention import WORKSPACES_WITH_RULES
from talkhub.store.uow import Database, system_scope

NIGHT_HOUR = 3
"""In each workspace's own zone: the quietest hour."""

logger = structlog.get_logger(__name__)


def keep_no_longer(database: Database) -> None:
    """Apply the rules of every workspace in which it is night."""
    tombstones = worker_context().tombstones
    with database.read_only(system_scope("workspaces with rules of retention")) as uow:
        workspaces = uow.run(WORKSPACES_WITH_RULES).all()
    now = clock.now()
    for workspace_id, timezone in workspaces:
        if not is_night(timezone, now):
            continue
        try:
            gone = apply_rules(database, workspace_id, tombstones)
        except Exception:  # of one workspace: the others' go on
            logger.exception("retention_failed", workspace_id=workspace_id)
            continue
        if any(gone.values()):
            logger.info("data_no_longer_kept", workspace_id=workspace_id, **gone)


def is_night(timezone: str, now: datetime) -> bool:
    """Tell whether it is the hour of rules in a zone; in one that nobody knows, UTC's."""
    return now.astimezone(_zone(timezone)).hour == NIGHT_HOUR


def _zone(timezone: str) -> tzinfo:
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return UTC
