"""Change the key that signs tokens, without ending a token (docs/decisions/0015)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from talkhub.encryption import key_id
from talkhub.security import TOKEN_LIFETIME
from talkhub.store.signing_keys import SETTLING
from talkhub.store.statements import signing as statements
from talkhub.store.uow import Database, system_scope

KEY_LIFETIME = timedelta(days=30)
_KEPT_FOR = TOKEN_LIFETIME + timedelta(hours=1)
"""How long a retired key still verifies: until the last token signed with it has ended."""


def rotate_signing_key(
    database: Database, signing_secret: str, *, older_than: timedelta = SETTLING
) -> bool:
    """Retire the key that signs and make another; False if none is older than that.

    Every process signs with the new one within seconds, and takes tokens of the old
    one until they end.
    """
    secret_id = key_id(signing_secret)
    with database.unit_of_work(system_scope("the rotation of signing keys")) as uow:
        params = {"secret_id": secret_id, "older_than": older_than}
        is_retired = uow.run(statements.RETIRE_SIGNING_KEY, params).first() is not None
        if is_retired:
            new = {"kid": secrets.token_hex(8), "secret_id": secret_id}
            uow.run(statements.ADD_SIGNING_KEY, new)
    return is_retired


def forget_retired_keys(database: Database) -> None:
    """Delete the keys under which no token can be valid any more."""
    with database.unit_of_work(system_scope("the rotation of signing keys")) as uow:
        uow.run(statements.DELETE_RETIRED_SIGNING_KEYS, {"kept_for": _KEPT_FOR})
