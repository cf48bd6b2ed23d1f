"""When an API key was last used, written down beside the requests and not by them."""

from __future__ import annotations

import queue
import time

import structlog

from talkhub.errors import Unavailable
from talkhub.own_thread import OwnThread
from talkhub.store.statements.api_keys import NOTE_API_KEY_USE
from talkhub.store.uow import Database, workspace_scope

logger = structlog.get_logger(__name__)

EVERY_SECONDS = 60.0
MAX_REMEMBERED = 10_000


class KeyUses:
    """Notes uses of keys: each key once a minute, by a thread that its first note starts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[int, float] = {}
        self._waiting: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        self._thread = OwnThread(self._write, name="key-uses")

    def note(self, workspace_id: int, key_id: int) -> None:
        """Have the use of a key written down, unless that was done within the minute."""
        now = time.monotonic()
        if now - self._noted.get(key_id, float("-inf")) < EVERY_SECONDS:
            return
        if len(self._noted) >= MAX_REMEMBERED:
            self._noted.clear()
        self._noted[key_id] = now
        self._waiting.put((workspace_id, key_id))
        self._thread.start()

    def _write(self) -> None:
        while True:
            workspace_id, key_id = self._waiting.get()
            try:
                with self._database.unit_of_work(workspace_scope(workspace_id, "key uses")) as uow:
                    uow.run(NOTE_API_KEY_USE, {"workspace_id": workspace_id, "id": key_id})
            except Unavailable:  # the next use will be noted
                logger.warning("key_use_not_noted")
