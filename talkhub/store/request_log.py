"""The log of requests, written down beside them and not by them."""

from __future__ import annotations

import threading
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog

from talkhub import metrics
from talkhub.errors import Unavailable
from talkhub.own_thread import OwnThread
from talkhub.store.statements.requests import LOG_REQUESTS
from talkhub.store.uow import Database, system_scope

logger = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0
MOST_AT_ONCE = 1_000
MOST_WAITING = 10_000
"""Of one process. Beyond it, while the database is away, requests are counted and left out."""

LONGEST_PRINCIPAL = 255


class NotedRequest(NamedTuple):
    """A request of the log: who called what, how it ended and how long it took."""

    workspace_id: int
    requested_at: datetime
    channel: str
    name: str
    principal_kind: str
    principal: str
    status: int
    duration_ms: float
    request_id: str


class RequestLog:
    """Takes requests in passing, and writes those of a second by a thread of its own.

    The thread starts with the first request, in the process that serves it. What waits when a
    process ends is lost: a second of the log at most.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: SimpleQueue[NotedRequest | None] = SimpleQueue()
        self._thread = OwnThread(self._write_forever, name="request-log")
        self._is_over = threading.Event()

    def note(self, request: NotedRequest) -> None:
        """Have a request written down. It costs the request no more than an append."""
        if self._waiting.qsize() >= MOST_WAITING:
            metrics.unlogged_requests.inc()
            return
        self._waiting.put(request)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, unless the database is away, and end the thread."""
        self._is_over.set()
        self._waiting.put(None)
        self._thread.join()

    def _write_forever(self) -> None:
        while not self._is_over.is_set():
            first = self._waiting.get()
            # Who waits here is woken by the first request of a second, and not by each of them.
            self._is_over.wait(EVERY_SECONDS)
            batch = [] if first is None else [first, *self._more(MOST_AT_ONCE - 1)]
            while batch:
                if self._is_settled(batch):
                    batch = self._more(MOST_AT_ONCE)
                elif self._is_over.wait(EVERY_SECONDS):
                    return

    def _more(self, most: int) -> list[NotedRequest]:
        found: list[NotedRequest] = []
        while len(found) < most:
            try:
                request = self._waiting.get_nowait()
            except Empty:
                break
            if request is None:  # nothing is put behind it
                break
            found.append(request)
        return found

    def _is_settled(self, batch: list[NotedRequest]) -> bool:
        """Write a batch; tell whether it is to be left at that, or the database is away."""
        columns = dict(zip(NotedRequest._fields, map(list, zip(*batch, strict=True)), strict=True))
        scope = system_scope("the log takes requests of all workspaces")
        try:
            self._database.single(scope.prologue(), LOG_REQUESTS, columns)
        except Unavailable:
            return False
        except Exception:
            # The thread outlives a batch that the database does not take, whatever it may be.
            logger.exception("requests_not_logged")
            metrics.unlogged_requests.inc(len(batch))
        return True
