"""The CRMs that a workspace is connected with: added, changed, tested, taken away."""

from __future__ import annotations

import secrets as random_secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkhub.crm.model import Prepared
from talkhub.crm.registry import (
    CONNECTORS,
    IDS_OF_ITS_OWN,
    Account,
    AccountKey,
    calls_to,
)
from talkhub.encryption import Keyring
from talkhub.errors import Conflict, Invalid, NotFound, ProviderRefused
from talkhub.names import EndpointState
from talkhub.names.crm import CRMHearing, CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import SendRefused
from talkhub.services.audit import audit
from talkhub.services.connecting.checks import (
    checked_address,
    checked_credentials,
    checked_fields,
    checked_name,
    checked_secret,
)
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.sending.channel_accounts import encrypted_credentials, read_credentials
from talkhub.services.telling.crm import connector_binding, webhook_binding
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import crm as statements
from talkhub.store.uow import UnitOfWork

MAX_CONNECTORS = 10


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A CRM as it stands; never what it is signed in with.

    `refused_at` is since when it does not let us in; None while it does. `trouble` is why it is
    left alone until `paused_until`, in its own words. `heard_at` is when a proved webhook came
    last, to the minute.
    """

    id: int
    kind: str
    name: str
    address: str
    fields: dict[str, str]
    state: str
    created_at: datetime
    public_token: str
    paused_until: datetime | None
    is_prepared: bool
    refused_at: datetime | None
    hears: str
    heard_at: datetime | None
    has_webhook_secret: bool
    waiting: int
    given_up: int
    contacts: int
    last_success_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """What of a CRM is to change; None leaves it as it is, and an empty secret takes it away."""

    name: str | None = None
    address: str | None = None
    credentials: Mapping[str, str] | None = None
    fields: Mapping[str, str] | None = None
    state: EndpointState | None = None
    hears: CRMHearing | None = None
    webhook_secret: str | None = None


def list_connectors(uow: UnitOfWork, connector_id: int | None = None) -> tuple[ConnectorLine, ...]:
    """Return the workspace's CRMs, the oldest first, or the one of an id."""
    params = {"workspace_id": uow.workspace_id, "id": connector_id}
    rows = uow.run(statements.CONNECTORS, params).mappings()
    return tuple(ConnectorLine(**row) for row in rows)


def find_connector(uow: UnitOfWork, connector_id: int) -> ConnectorLine:
    """Return one CRM; raises NotFound."""
    found = list_connectors(uow, connector_id) if 0 < connector_id <= LARGEST_ID else ()
    if not found:
        raise NotFound("There is no such CRM.")
    return found[0]


def add_connector(
    uow: UnitOfWork,
    client: GuardedClient,
    kind: CRMKind,
    change: ConnectorChange,
    *,
    keyring: Keyring,
) -> int:
    """Connect a CRM and return its id; `keyring` encrypts what it is signed in with."""
    if len(list_connectors(uow)) >= MAX_CONNECTORS:
        raise Conflict(f"A workspace has at most {MAX_CONNECTORS} CRMs.")
    credentials = checked_credentials(kind, change.credentials or {})
    public_token = random_secrets.token_urlsafe(24)
    bound_to = connector_binding(uow.workspace_id, public_token)
    params = {
        "workspace_id": uow.workspace_id,
        "kind": kind.value,
        "name": checked_name(change.name or kind.value),
        "address": checked_address(client, kind, change.address or ""),
        "credentials": encrypted_credentials(credentials, keyring, bound_to=bound_to),
        "fields": uow.json(checked_fields(change.fields or {})),
        "public_token": public_token,
        **_heard_by(uow, kind, public_token, change, keyring=keyring),
    }
    connector_id: int = uow.run(statements.ADD_CONNECTOR, params).scalar_one()
    audit(uow, action="crm_connector.added", subject=str(connector_id), address=None)
    return connector_id


def change_connector(
    uow: UnitOfWork,
    client: GuardedClient,
    connector_id: int,
    change: ConnectorChange,
    *,
    keyring: Keyring,
) -> None:
    """Change what is given; of the credentials those that are given replace their like."""
    old = _locked(uow, connector_id)
    kind = CRMKind(old["kind"])
    bound_to = connector_binding(uow.workspace_id, old["public_token"])
    credentials = read_credentials(old["credentials_encrypted"], keyring, bound_to=bound_to)
    wanted = checked_credentials(kind, {**credentials, **(change.credentials or {})})
    fields = old["fields"] if change.fields is None else checked_fields(change.fields)
    address = (
        old["address"] if change.address is None else checked_address(client, kind, change.address)
    )
    if address != old["address"] and not change.credentials:
        detail = "Another address is signed in at anew: give the credentials with it."
        raise Invalid.at("credentials", detail=detail, code="credentials_missing")
    may_be_another = wanted != credentials or address != old["address"]
    params = {
        **_key(uow, connector_id),
        "may_be_another": may_be_another,
        "forgets_ids": may_be_another and kind not in IDS_OF_ITS_OWN,
        "name": old["name"] if change.name is None else checked_name(change.name),
        "address": address,
        "credentials": encrypted_credentials(wanted, keyring, bound_to=bound_to),
        "fields": uow.json(fields),
        "state": old["state"] if change.state is None else change.state.value,
        **_heard_by(uow, kind, old["public_token"], change, keyring=keyring, old=old),
    }
    uow.run(statements.CHANGE_CONNECTOR, params)
    audit(uow, action="crm_connector.changed", subject=str(connector_id), address=None)


def delete_connector(uow: UnitOfWork, connector_id: int) -> None:
    """Take a CRM away, and with it its rules, what waits for it and what it keeps for us."""
    if uow.run(statements.DELETE_CONNECTOR, _key(uow, connector_id)).first() is None:
        raise NotFound("There is no such CRM.")
    audit(uow, action="crm_connector.deleted", subject=str(connector_id), address=None)


def account_of(uow: UnitOfWork, connector_id: int, *, keyring: Keyring) -> Account:
    """Return a CRM with what opens it; raises NotFound. `sessions.SignIn` signs it in."""
    found = _locked(uow, connector_id)
    bound_to = connector_binding(uow.workspace_id, found["public_token"])
    credentials = read_credentials(found["credentials_encrypted"], keyring, bound_to=bound_to)
    kept = bytes(found["credentials_encrypted"])
    key = AccountKey(uow.workspace_id, connector_id, found["public_token"], kept)
    return Account(found["kind"], found["address"], credentials, found["prepared"], key)


def test_account(account: Account, sign_in: SignIn) -> Prepared:
    """Ask a CRM whether it lets us in; raises ProviderRefused. No transaction is open."""
    try:
        calls = calls_to(sign_in(account), sign_in.client, sign_in.hosts)
        return CONNECTORS[account.kind].test_connection(calls)
    except SendRefused as refused:
        raise ProviderRefused(f"The CRM refused: {refused.reason}") from refused


def remember_prepared(uow: UnitOfWork, connector_id: int, prepared: Prepared) -> None:
    """Keep what a CRM told when it was tested."""
    params = {**_key(uow, connector_id), "prepared": uow.json(dict(prepared))}
    uow.run(statements.REMEMBER_PREPARED, params)
    audit(uow, action="crm_connector.tested", subject=str(connector_id), address=None)


def _heard_by(
    uow: UnitOfWork,
    kind: CRMKind,
    public_token: str,
    change: ConnectorChange,
    *,
    keyring: Keyring,
    old: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return whose changes are taken over, and what proves that the CRM told of them."""
    before = old or {"hears": CRMHearing.NOTHING.value, "webhook_secret_encrypted": None}
    hears = before["hears"] if change.hears is None else change.hears.value
    kept = before["webhook_secret_encrypted"]
    if change.webhook_secret is not None:
        given = checked_secret(change.webhook_secret)
        bound_to = webhook_binding(uow.workspace_id, public_token)
        kept = encrypted_credentials(given, keyring, bound_to=bound_to)
    if kind == CRMKind.HUBSPOT and hears != CRMHearing.NOTHING and kept is None:
        detail = "HubSpot signs with the app's client secret: give it as webhook_secret."
        raise Invalid.at("webhook_secret", detail=detail, code="webhook_secret_missing")
    return {"hears": hears, "webhook_secret": kept}


def _locked(uow: UnitOfWork, connector_id: int) -> Mapping[str, Any]:
    found = uow.run(statements.LOCK_CONNECTOR, _key(uow, connector_id)).mappings().first()
    if found is None:
        raise NotFound("There is no such CRM.")
    return dict(found)


def _key(uow: UnitOfWork, connector_id: int) -> dict[str, int]:
    if not 0 < connector_id <= LARGEST_ID:
        raise NotFound("There is no such CRM.")
    return {"workspace_id": uow.workspace_id, "id": connector_id}
