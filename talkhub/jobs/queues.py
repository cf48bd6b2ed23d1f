"""The RQ queue: jobs travel as JSON, by the names in `names.Job`."""

from __future__ import annotations

from datetime import timedelta

import redis
from rq import Queue as RQQueue
from rq.serializers import JSONSerializer

from talkhub.jobs.timing import JOB_LIMIT
from talkhub.names import Queue

RESULT_KEPT = timedelta(minutes=1)
FAILURE_KEPT = timedelta(days=1)


def connect(url: str, *, socket_timeout: float | None = None) -> redis.Redis:
    """Return a client for the queue's server."""
    return redis.Redis.from_url(
        url, socket_timeout=socket_timeout, socket_connect_timeout=socket_timeout or 5
    )


def open_queue(client: redis.Redis) -> RQQueue:
    """Return the queue that the drains are rung on."""
    return RQQueue(
        Queue.DRAIN,
        connection=client,
        serializer=JSONSerializer,
        default_timeout=int(JOB_LIMIT.total_seconds()),
    )
