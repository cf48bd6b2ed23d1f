"""The keys of what is hashed for good, which outlast each ENCRYPTION_KEY (docs/decisions/0041)."""

from __future__ import annotations

from hashlib import sha256

from talkhub.encryption import Keyring, decrypt, encrypt
from talkhub.store.statements import hashing_keys as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

TOMBSTONES = "tombstones"
AUDIT_TRAIL = "audit trail"


class HashingKeys:
    """The keys as they lie encrypted in the database; each is read once a process.

    Nothing is asked of the database before a key is needed, and the first who needs one makes it.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._known: dict[str, bytes] = {}

    def tombstones(self) -> bytes:
        """Return what the hashes of erased people are made with."""
        return self._key(TOMBSTONES)

    def audit_trail(self) -> bytes:
        """Return what the seals of the audit trail are made with."""
        return self._key(AUDIT_TRAIL)

    def make(self) -> None:
        """Make both keys, while the ENCRYPTION_KEY that they derive from is still named."""
        for purpose in (TOMBSTONES, AUDIT_TRAIL):
            self._key(purpose)

    def _key(self, purpose: str) -> bytes:
        if purpose not in self._known:
            with self._database.unit_of_work(system_scope("keys that hash for all")) as uow:
                kept = _kept(uow, purpose, self._keyring)
            opened = decrypt(kept, self._keyring, bound_to=hashing_key_binding(purpose))
            self._known[purpose] = bytes.fromhex(opened[0])
        return self._known[purpose]


def hashing_key_binding(purpose: str) -> str:
    """Return what a key is bound to where it is kept."""
    return f"hashing_keys/{purpose}"


def _kept(uow: UnitOfWork, purpose: str, keyring: Keyring) -> bytes:
    named = {"purpose": purpose}
    kept = uow.run(statements.HASHING_KEY, named).scalar()
    if kept is None:
        # Derived as hashes were made before there was this table: those that exist still fit.
        made = sha256(f"talkhub {purpose} {keyring.oldest}".encode()).hexdigest()
        closed = encrypt([made], keyring, bound_to=hashing_key_binding(purpose))
        uow.run(statements.ADD_HASHING_KEY, {**named, "key": closed})
        kept = uow.run(statements.HASHING_KEY, named).scalar_one()  # another may have been first
    return bytes(kept)
