"""How much each workspace is used, and how much it may be: known without asking in a request."""

from __future__ import annotations

import threading
from collections import Counter

import structlog

from talkhub.errors import Unavailable
from talkhub.names.workspaces import UsageKind
from talkhub.own_thread import OwnThread
from talkhub.store.statements.usage import ADD_USAGE, REQUEST_QUOTAS
from talkhub.store.uow import Database, system_scope

EVERY_SECONDS = 10.0

logger = structlog.get_logger(__name__)


class WorkspaceUse:
    """Counts what happens, and knows the quotas of requests.

    A thread that the first count starts writes the counts down and reads the quotas, every ten
    seconds: what a process counted since is lost if it is killed, and a new quota holds so soon.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: Counter[tuple[int, str]] = Counter()
        self._quotas: dict[int, int] = {}
        self._lock = threading.Lock()
        self._thread = OwnThread(self._run, name="usage")
        self._is_over = threading.Event()

    def note(self, workspace_id: int, kind: UsageKind, number: int = 1) -> None:
        """Count that something happened in a workspace."""
        with self._lock:
            is_first = not self._counted
            self._counted[workspace_id, kind.value] += number
        if is_first:
            self._thread.start()

    def requests_per_minute(self, workspace_id: int) -> int | None:
        """Return how many requests a workspace may send; None if that is not limited."""
        return self._quotas.get(workspace_id)

    def exchange(self) -> None:
        """Write down what was counted, and read the quotas. Raises Unavailable, losing nothing."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        rows = sorted(counted.items())  # of two processes each waits for the other in one order
        params = {
            "workspace_ids": [key[0] for key, _number in rows],
            "kinds": [key[1] for key, _number in rows],
            "numbers": [number for _key, number in rows],
        }
        try:
            with self._database.unit_of_work(system_scope("how much is used")) as uow:
                if rows:
                    uow.run(ADD_USAGE, params)
                self._quotas = {row[0]: row[1] for row in uow.run(REQUEST_QUOTAS)}
        except Unavailable:
            with self._lock:
                self._counted.update(counted)
            raise

    def close(self) -> None:
        """End the thread. What was counted since it wrote last is lost."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                self.exchange()
            except Unavailable:
                logger.warning("usage_not_written")
            except Exception:
                logger.exception("usage_failed")
            self._is_over.wait(EVERY_SECONDS)
