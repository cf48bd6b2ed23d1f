"""Be signed in at CRMs whose token is good for a while: by the session that is kept, or the next.

A CRM may take each refresh token once. So one errand at a time asks for the next session, which is
kept before anything is done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from talkhub.crm.calls import Calls
from talkhub.crm.model import Session
from talkhub.crm.registry import SIGN_IN, Account, AccountKey, base_of, errand_deadline
from talkhub.encryption import Keyring
from talkhub.names import SendFailure
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts, SendRefused
from talkhub.services.sending.channel_accounts import encrypted_credentials, read_credentials
from talkhub.services.telling.crm import session_binding
from talkhub.store.statements import crm_sessions as statements
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

_MARGIN = timedelta(minutes=5)
_SIGN_IN_LEASE = timedelta(seconds=30)
_WAIT_FOR_ANOTHER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What signing in takes beside the account; `__call__` takes no transaction along."""

    database: Database
    client: GuardedClient
    hosts: Hosts
    keyring: Keyring

    def __call__(self, account: Account, *, deadline: float | None = None) -> Account:
        """Return the account signed in, for CRMs where that is needed.

        Raises SendRefused where the CRM does not let us in, or another errand is at the door.
        """
        renew = SIGN_IN.get(account.kind)
        if renew is None or account.key is None:
            return account
        kept = self._do(account.key, _kept_session)
        if kept is None or not kept["is_fresh"]:
            kept = {"session_encrypted": self._renewed(account, account.key, renew, deadline)}
        encrypted = bytes(kept["session_encrypted"])
        session = self._read(account.key, encrypted)
        credentials = {**account.credentials, **session}
        return replace(account, credentials=credentials, session_encrypted=encrypted)

    def _renewed(
        self,
        account: Account,
        key: AccountKey,
        renew: Callable[[Calls, Mapping[str, str], str], Session],
        deadline: float | None,
    ) -> bytes:
        turn = self._do(key, _begin)
        if turn is None:
            reason = "Another errand is signing in."
            wait = _WAIT_FOR_ANOTHER
            raise SendRefused(SendFailure.RATE_LIMITED, reason, wait=wait, rests_account=True)
        before = self._read(key, turn["session_encrypted"])
        secrets = {**account.credentials, **before}
        base = base_of(account.kind, account.address, self.hosts)
        ends = errand_deadline() if deadline is None else deadline
        calls = Calls(self.client, base, ends, credentials=secrets)
        try:
            session = renew(calls, account.credentials, secrets["refresh_token"])
        except SendRefused:
            self._do(key, lambda uow, params: _give_up(uow, params, turn))
            raise
        told = {"access_token": session.access_token, "refresh_token": session.refresh_token}
        bound_to = session_binding(key.workspace_id, key.public_token)
        encrypted = encrypted_credentials(told, self.keyring, bound_to=bound_to) or b""
        kept = {"session": encrypted, "seconds": timedelta(seconds=session.seconds)}
        self._do(key, lambda uow, params: _keep(uow, params, turn, kept))
        return encrypted

    def _read(self, key: AccountKey, kept: bytes | None) -> dict[str, str]:
        bound_to = session_binding(key.workspace_id, key.public_token)
        return read_credentials(kept, self.keyring, bound_to=bound_to)

    def _do(
        self,
        key: AccountKey,
        work: Callable[[UnitOfWork, dict[str, Any]], Mapping[str, Any] | None],
    ) -> Mapping[str, Any] | None:
        params = {
            "workspace_id": key.workspace_id,
            "id": key.connector_id,
            "credentials": key.credentials_encrypted,
        }
        scope = workspace_scope(key.workspace_id, "crm sign-in")
        with self.database.unit_of_work(scope) as uow:
            return work(uow, params)


def _kept_session(uow: UnitOfWork, params: dict[str, Any]) -> Mapping[str, Any] | None:
    row = uow.run(statements.SESSION, {**params, "margin": _MARGIN}).mappings().first()
    return None if row is None else dict(row)


def _begin(uow: UnitOfWork, params: dict[str, Any]) -> Mapping[str, Any] | None:
    asked = {**params, "margin": _MARGIN, "lease": _SIGN_IN_LEASE}
    row = uow.run(statements.BEGIN_SIGN_IN, asked).mappings().first()
    return None if row is None else dict(row)


def _give_up(uow: UnitOfWork, params: dict[str, Any], turn: Mapping[str, Any]) -> None:
    uow.run(statements.GIVE_SIGN_IN_UP, {**params, "turn": turn["turn"]})


def _keep(
    uow: UnitOfWork, params: dict[str, Any], turn: Mapping[str, Any], kept: Mapping[str, Any]
) -> None:
    uow.run(statements.KEEP_SESSION, {**params, **kept, "turn": turn["turn"]})
