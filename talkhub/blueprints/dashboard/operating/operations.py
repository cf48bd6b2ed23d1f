"""How the service fares: what waits, what was given up, whether its servers answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

import redis
from flask import Blueprint, Response

from talkhub import __version__
from talkhub.analysis.pipeline import ANALYSER_VERSION
from talkhub.blueprints.dashboard.pages import Frame, following, read_frame, render_page
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Forbidden
from talkhub.store.queries.inbox import LATE_AFTER
from talkhub.store.queries.queues import COUNTED_AT_MOST, Queue, queues
from talkhub.store.queries.requests import CallFigures, RequestFilter, requests_by_name

PATIENCE = {"analysis": timedelta(minutes=2), "people": timedelta(minutes=2)}
"""How long a queue may wait before somebody should look, where it is not the inbox' time."""


@dataclass(frozen=True, slots=True)
class OperationsPage:
    """Everything the page shows. Times are in seconds; `redis_seconds` is None if it is away."""

    frame: Frame
    queues: tuple[Queue, ...]
    last_hour: CallFigures
    database_seconds: float
    redis_seconds: float | None
    version: str
    analyser: str
    most: int

    def is_late(self, queue: Queue) -> bool:
        """Tell whether a queue waits longer than it should."""
        patience = PATIENCE.get(queue.name, LATE_AFTER)
        return queue.oldest_at is not None and self.frame.now - queue.oldest_at > patience

    @property
    def dead(self) -> int:
        """All that was given up."""
        return sum(queue.dead for queue in self.queues)

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        is_late = any(self.is_late(queue) for queue in self.queues)
        return self.redis_seconds is not None and not is_late and not self.dead


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the page to the dashboard, for owners and admins."""

    @blueprint.get("/operations")
    def operations() -> Response:
        with following(runtime.database) as uow:
            frame = read_frame(uow)
            if not frame.operates:
                raise Forbidden("Only owners and admins of the workspace see how it fares.")
            asked = time.perf_counter()
            found = queues(uow)
            answered = time.perf_counter()
            since = RequestFilter(frame.now - timedelta(hours=1))
            # The page looks again every five seconds.
            last_hour = requests_by_name(uow, since, look_at=COUNTED_AT_MOST)[0]
        page = OperationsPage(
            frame=frame,
            queues=found,
            last_hour=last_hour,
            database_seconds=answered - asked,
            redis_seconds=_redis_seconds(runtime.redis),
            version=__version__,
            analyser=str(ANALYSER_VERSION),
            most=COUNTED_AT_MOST,
        )
        return render_page("dashboard/operating/operations.html", page)


def _redis_seconds(client: redis.Redis) -> float | None:
    """Return how long Redis took to answer; None if it did not."""
    asked = time.perf_counter()
    try:
        client.ping()
    except redis.RedisError:
        return None
    return time.perf_counter() - asked
