"""The keys that sign tokens, known to every process; why so: docs/decisions/0015."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from talkhub.encryption import key_id
from talkhub.errors import Unavailable
from talkhub.security import derive_signing_key
from talkhub.store.statements import signing as statements
from talkhub.store.uow import Database, system_scope

SETTLING = timedelta(seconds=10)
"""A new key signs nothing for so long: until then any process may not have heard of it."""

SIGNING_SECONDS = 2.0
"""Who signs asks for the list again after so long, and so goes over to a new key."""

UNKNOWN_SECONDS = 1.0
"""Who is shown an unknown `kid` asks at most this often, whoever makes up how many."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key and the name that tokens know it by."""

    kid: str
    material: bytes


class SigningKeys:
    """The list of keys as this process last read it. The first secret signs, all verify."""

    def __init__(self, database: Database, signing_secrets: Sequence[str]) -> None:
        self._database = database
        self._secrets = {key_id(secret): secret for secret in signing_secrets}
        self._own_id = key_id(signing_secrets[0])
        self._lock = threading.Lock()
        self._keys: dict[str, bytes] = {}
        self._current: SigningKey | None = None
        self._read_at = float("-inf")
        self._is_known = False

    def current(self) -> SigningKey:
        """Return the key to sign with, making the first one of a secret."""
        self._refresh(SIGNING_SECONDS)
        if self._current is None:
            add_signing_key(self._database, self._own_id)
            self._refresh(0)
        if self._current is None:
            raise Unavailable("The key that signs tokens cannot be read right now.")
        return self._current

    def find(self, kid: str) -> bytes | None:
        """Return the key of a `kid`, asking the database for one that is not known yet."""
        if kid not in self._keys:
            self._refresh(UNKNOWN_SECONDS)
        return self._keys.get(kid)

    def _refresh(self, after_seconds: float) -> None:
        with self._lock:
            if time.monotonic() - self._read_at >= after_seconds:
                self._read_at = time.monotonic()
                self._is_known = False
                self._read()
                self._is_known = True
            elif not self._is_known:  # the reading before this one failed
                raise Unavailable("The keys that sign tokens cannot be read right now.")

    def _read(self) -> None:
        scope = system_scope("signing keys serve all workspaces")
        params = {"secret_ids": list(self._secrets), "settling": SETTLING}
        rows = self._database.single(scope.prologue(), statements.SIGNING_KEYS, params)
        keys = {
            kid: self._keys.get(kid) or derive_signing_key(self._secrets[secret_id], kid)
            for kid, secret_id in rows
        }
        own = next((kid for kid, secret_id in rows if secret_id == self._own_id), None)
        self._keys = keys
        self._current = SigningKey(own, keys[own]) if own is not None else None


def add_signing_key(database: Database, secret_id: str) -> None:
    """Make the key that signs for a secret, unless there is one."""
    with database.unit_of_work(system_scope("signing keys serve all workspaces")) as uow:
        params = {"kid": secrets.token_hex(8), "secret_id": secret_id}
        uow.run(statements.ADD_SIGNING_KEY, params)
