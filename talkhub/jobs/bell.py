"""The doorbell: tells the workers, soon and without making anyone wait, that rows are due."""

from __future__ import annotations

import threading
import time

import redis
import structlog

from talkhub.jobs.queues import FAILURE_KEPT, RESULT_KEPT, connect, open_queue
from talkhub.names import Job
from talkhub.own_thread import OwnThread

logger = structlog.get_logger(__name__)

SHORTEST_PAUSE_SECONDS = 0.2
SOCKET_TIMEOUT_SECONDS = 0.5
MOST_WAITING = 100
"""More jobs than this never wait: each one drains all that is due."""


class Bell:
    """Enqueues each job at most five times a second and process, off the callers' threads.

    A ring that is lost, with Redis away, costs nothing but time: the row stays due and
    the sweeper rings again.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._due: set[Job] = set()
        self._wake = threading.Condition()
        self._thread = OwnThread(self._run, name="bell")

    def ring(self, job: Job) -> None:
        """Have `job` enqueued within a moment."""
        with self._wake:
            self._thread.start()
            self._due.add(job)
            self._wake.notify_all()  # a fork remembers a waiter that it does not have

    def _run(self) -> None:
        client = connect(self._redis_url, socket_timeout=SOCKET_TIMEOUT_SECONDS)
        while True:
            with self._wake:
                while not self._due:
                    self._wake.wait()
                jobs, self._due = self._due, set()
            for job in jobs:
                self._enqueue(client, job)
            time.sleep(SHORTEST_PAUSE_SECONDS)

    @staticmethod
    def _enqueue(client: redis.Redis, job: Job) -> None:
        try:
            queue = open_queue(client)
            if queue.count >= MOST_WAITING:
                return  # nobody is taking jobs; what is due stays due in the database
            queue.enqueue(
                f"talkhub.jobs.handlers.{job.value}",
                result_ttl=int(RESULT_KEPT.total_seconds()),
                failure_ttl=int(FAILURE_KEPT.total_seconds()),
            )
        except redis.RedisError as error:
            logger.warning("bell_not_rung", job=job.value, reason=type(error).__name__)
