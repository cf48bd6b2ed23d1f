"""Which tokens are revoked, known to every process within a few seconds."""

from __future__ import annotations

import threading
import time

from talkhub.errors import Unavailable
from talkhub.store.statements.accounts import REVOKED_TOKENS
from talkhub.store.uow import Database, system_scope

REFRESH_SECONDS = 2.0
TRUSTED_SECONDS = 5.0


class RevokedTokens:
    """The revoked tokens that have not expired, read again every two seconds.

    A list that could not be refreshed for five seconds is not trusted: the request is
    refused with 503 rather than let in by a token that may be revoked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._tokens: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    def __contains__(self, token_id: str) -> bool:
        age = time.monotonic() - self._read_at
        # Beyond the trusted age everyone waits for the list; before it, one thread reads it.
        if age >= REFRESH_SECONDS and self._lock.acquire(blocking=age >= TRUSTED_SECONDS):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return token_id in self._tokens

    def forget(self) -> None:
        """Read the list again with the next question: this process revoked a token itself."""
        self._read_at = float("-inf")

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < REFRESH_SECONDS:
            return
        asked_at = time.monotonic()
        try:
            scope = system_scope("revoked tokens of all workspaces")
            rows = self._database.single(scope.prologue(), REVOKED_TOKENS, {})
        except Unavailable:
            if time.monotonic() - self._read_at < TRUSTED_SECONDS:
                return
            raise
        self._tokens = frozenset(row[0] for row in rows)
        self._read_at = asked_at
