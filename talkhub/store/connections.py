"""Whether PostgreSQL has room for the connections that a part may open."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import DBAPIError

from talkhub.errors import Unavailable
from talkhub.store.statements.health import CONNECTION_ROOM
from talkhub.store.uow import Database, system_scope

logger = structlog.get_logger(__name__)

POOLS = 2
"""A process has one pool for units of work and one for single statements."""


def most_connections(processes: int, pool_size: int) -> int:
    """Return how many connections so many processes open at most."""
    return processes * POOLS * pool_size


def look_for_room(url: str, *, part: str, needed: int) -> bool:
    """Warn if a part that starts may open more connections than are free; a pooler may have more.

    A database that is away is no reason not to start, and cannot be asked.
    """
    database = Database(url, pool_size=1)
    try:
        prologue = system_scope("room for connections").prologue()
        limit, used = database.single(prologue, CONNECTION_ROOM, {})[0]
    except (Unavailable, DBAPIError):
        return True
    finally:
        database.dispose()
    free = int(limit) - int(used)
    if needed > free:
        logger.warning("connections_scarce", part=part, needed=needed, free=free)
    return needed <= free
