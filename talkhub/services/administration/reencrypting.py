"""Encrypt anew what is kept encrypted: by the newest key, and in today's format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from talkhub.encryption import Keyring, decrypt, encrypt, is_current, key_id
from talkhub.errors import Unavailable
from talkhub.services.access.second_factors import factor_binding
from talkhub.services.sending.channel_accounts import account_binding, credentials_binding
from talkhub.services.telling.crm import connector_binding, session_binding, webhook_binding
from talkhub.services.telling.webhooks import endpoint_binding
from talkhub.store.hashing_keys import hashing_key_binding
from talkhub.store.statements import reencrypting as statements
from talkhub.store.uow import Database, UnitOfWork, system_scope

BATCH = 200
"""So many rows are held at once: whoever changes a channel meanwhile waits for these only."""


@dataclass(slots=True)
class Reencryption:
    """What was encrypted anew, what was so already, and by its binding what no key opens."""

    keyring: Keyring
    renewed: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)

    def renew(self, kept: bytes | None, bound_to: str) -> bytes | None:
        """Return what is to be kept instead: the very same bytes where nothing is to be done."""
        if not kept:  # of a removed account
            return kept
        kept = bytes(kept)
        if is_current(kept, self.keyring):
            self.current += 1
            return kept
        try:
            texts = decrypt(kept, self.keyring, bound_to=bound_to)
        except Unavailable:
            self.unreadable.append(bound_to)
            return kept
        self.renewed += 1
        return encrypt(texts, self.keyring, bound_to=bound_to)


def reencrypt_all(database: Database, keyring: Keyring) -> Reencryption:
    """Encrypt everything by the newest key, each batch in a transaction of its own.

    Interrupted, it goes on where it was; while it runs, all keys of the ring are read.
    """
    work = Reencryption(keyring)
    for renew_batch in (_renew_factors, _renew_channels, _renew_endpoints, _renew_crms):
        _renew_table(database, work, renew_batch)
    with database.unit_of_work(system_scope("what is encrypted of all workspaces")) as uow:
        for row in uow.run(statements.HASHING_KEYS_TO_READ).mappings().all():
            key = work.renew(row["key_encrypted"], hashing_key_binding(row["purpose"]))
            uow.run(statements.KEEP_HASHING_KEY, {"purpose": row["purpose"], "key": key})
    return work


def _renew_table(
    database: Database,
    work: Reencryption,
    renew_batch: Callable[[UnitOfWork, Reencryption, int], int | None],
) -> None:
    after: int | None = 0
    while after is not None:
        with database.unit_of_work(system_scope("what is encrypted of all workspaces")) as uow:
            after = renew_batch(uow, work, after)


def _renew_factors(uow: UnitOfWork, work: Reencryption, after: int) -> int | None:
    """Renew the batch after an id; return its last id, or None behind the last batch."""
    rows = uow.run(statements.SECOND_FACTORS_TO_READ, _page(after)).mappings().all()
    for row in rows:
        kept = bytes(row["secret_encrypted"])
        secret = work.renew(kept, factor_binding(row["user_id"]))
        if secret is not kept:
            own = {"user_id": row["user_id"], "key_id": key_id(work.keyring.current)}
            uow.run(statements.KEEP_SECOND_FACTOR, {**own, "secret": secret})
    return rows[-1]["user_id"] if rows else None


def _renew_channels(uow: UnitOfWork, work: Reencryption, after: int) -> int | None:
    rows = uow.run(statements.CHANNELS_TO_READ, _page(after)).mappings().all()
    for row in rows:
        bound_to = account_binding(row["workspace_id"], row["kind"], row["external_account_id"])
        renewed_before = work.renewed
        params = {
            "id": row["id"],
            "key_id": key_id(work.keyring.current),
            "secrets": work.renew(row["secrets_encrypted"], bound_to),
            "previous": work.renew(row["previous_secrets"], bound_to),
            "credentials": work.renew(row["credentials_encrypted"], credentials_binding(bound_to)),
        }
        if work.renewed > renewed_before:
            uow.run(statements.KEEP_CHANNEL, params)
    return rows[-1]["id"] if rows else None


def _renew_endpoints(uow: UnitOfWork, work: Reencryption, after: int) -> int | None:
    rows = uow.run(statements.ENDPOINTS_TO_READ, _page(after)).mappings().all()
    for row in rows:
        kept = bytes(row["secrets_encrypted"])
        secrets = work.renew(kept, endpoint_binding(row["workspace_id"], row["id"]))
        if secrets is not kept:
            uow.run(statements.KEEP_ENDPOINT, {"id": row["id"], "secrets": secrets})
    return rows[-1]["id"] if rows else None


def _renew_crms(uow: UnitOfWork, work: Reencryption, after: int) -> int | None:
    rows = uow.run(statements.CRMS_TO_READ, _page(after)).mappings().all()
    for row in rows:
        renewed_before = work.renewed
        at = (row["workspace_id"], row["public_token"])
        signed_in_by, session = connector_binding(*at), session_binding(*at)
        params = {
            "id": row["id"],
            "credentials": work.renew(
                row["credentials_encrypted"], credentials_binding(signed_in_by)
            ),
            "session": work.renew(row["session_encrypted"], credentials_binding(session)),
            "webhook_secret": work.renew(
                row["webhook_secret_encrypted"], credentials_binding(webhook_binding(*at))
            ),
        }
        if work.renewed > renewed_before:
            uow.run(statements.KEEP_CRM, params)
    return rows[-1]["id"] if rows else None


def _page(after: int) -> dict[str, int]:
    return {"after": after, "limit": BATCH}
