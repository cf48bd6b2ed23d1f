"""Deletes what is in workspaces that were closed, in the database and in Redis."""

from __future__ import annotations

import redis
import structlog

from talkhub.jobs.context import worker_context
from talkhub.services.administration.emptying import Deleted, closed_workspaces, delete_closed
from talkhub.store.uow import Database
from talkhub.volatile.forgetting import forget_workspace
from talkhub.volatile.redis_client import web_client

TIMEOUT_SECONDS = 5.0

_emptied: set[int] = set()
"""Closed workspaces in which this process found nothing: it looks again once they are silent."""

logger = structlog.get_logger(__name__)


def delete_closed_workspaces(database: Database) -> None:
    """Go on with what is left of closed workspaces, until it is none or this process ends."""
    is_stopping = worker_context().is_stopping
    for closed in closed_workspaces(database):
        if is_stopping():
            return
        if closed.workspace_id in _emptied and not closed.is_silent:
            continue
        try:
            _note(delete_closed(database, closed, is_stopping=is_stopping))
        except Exception:  # of one workspace: the others' go on
            logger.exception("emptying_failed", workspace_id=closed.workspace_id)


def _note(deleted: Deleted) -> None:
    if deleted.is_finished and not deleted.rows:
        _emptied.add(deleted.workspace_id)
    if deleted.is_gone:
        _emptied.discard(deleted.workspace_id)
    elif not deleted.rows:
        return
    logger.info(
        "workspace_deleted" if deleted.is_gone else "workspace_emptied",
        workspace_id=deleted.workspace_id,
        rows=deleted.rows,
        redis_entries=_forget_in_redis(deleted.workspace_id),
    )


def _forget_in_redis(workspace_id: int) -> int:
    url = str(worker_context().settings.redis_url)
    client = web_client(url, timeout_seconds=TIMEOUT_SECONDS)
    try:
        return forget_workspace(client, workspace_id)
    except redis.RedisError:
        return 0  # they end by themselves
    finally:
        client.close()
