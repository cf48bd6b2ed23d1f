"""Which tokens are revoked, known to every process within a few seconds."""

from __future__ import annotations

import threading
import time

from talkhub.errors import Unavailable
from talkhub.store.statements.accounts import REVOKED_TOKENS
from talkhub.store.uow import Database, system_scope

REFRESH_SECONDS = 2.0
TRUSTED_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
FAILURE_SECONDS = 1.0
"""For this long after a failed reading nobody tries again: each try may cost seconds."""


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
        self._failed_at = float("-inf")

    def __contains__(self, token_id: str) -> bool:
        age = time.monotonic() - self._read_at
        # Beyond the trusted age everyone waits for the list; before it, one thread reads it.
        patience = PATIENCE_SECONDS if age >= TRUSTED_SECONDS else 0
        if age >= REFRESH_SECONDS:
            if self._lock.acquire(timeout=patience):
                try:
                    self._refresh()
                finally:
                    self._lock.release()
            elif patience:
                raise Unavailable("Whether the token was revoked cannot be read right now.")
        return token_id in self._tokens

    def forget(self) -> None:
        """Read the list again with the next question: this process revoked a token itself."""
        self._read_at = float("-inf")

    def _refresh(self) -> None:
        if time.monotonic() - self._read_at < REFRESH_SECONDS:
            return
        asked_at = time.monotonic()
        if asked_at - self._failed_at < FAILURE_SECONDS:
            self._refuse_untrusted()
            return
        try:
            scope = system_scope("revoked tokens of all workspaces")
            rows = self._database.single(scope.prologue(), REVOKED_TOKENS, {})
        except Unavailable:
            self._failed_at = time.monotonic()
            self._refuse_untrusted()
            return
        self._tokens = frozenset(row[0] for row in rows)
        self._read_at = asked_at

    def _refuse_untrusted(self) -> None:
        if time.monotonic() - self._read_at >= TRUSTED_SECONDS:
            raise Unavailable("Whether the token was revoked cannot be read right now.")
