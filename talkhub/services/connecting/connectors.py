"""The CRMs that a workspace is connected with: added, changed, tested, taken away."""

from __future__ import annotations

import re
import secrets as random_secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

from talkhub.crm.model import Prepared
from talkhub.crm.registry import (
    CONNECTORS,
    CREDENTIALS,
    IDS_OF_ITS_OWN,
    Account,
    AccountKey,
    calls_to,
)
from talkhub.encryption import Keyring
from talkhub.errors import Conflict, Invalid, NotFound, ProviderRefused
from talkhub.names import EndpointState
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import CallRefused, GuardedClient
from talkhub.outbound.senders.base import SendRefused
from talkhub.services.audit import audit
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.sending.channel_accounts import encrypted_credentials, read_credentials
from talkhub.services.telling.crm import connector_binding
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import crm as statements
from talkhub.store.uow import UnitOfWork

MAX_CONNECTORS = 10
MAX_FIELDS = 30
LONGEST_NAME = 80
LONGEST_PROPERTY = 100
LONGEST_CREDENTIAL = 4096
FIELDS = ("user_id", "locale", "timezone", "tags")
"""What of a person may go to a property of the CRM's, beside `custom.` and a key of theirs."""

_COMPANY = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_OF_CUSTOM = re.compile(r"custom\.[^.\s]{1,64}")


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A CRM as it stands; never what it is signed in with.

    `refused_at` is since when it does not let us in; None while it does. `trouble` is why it is
    left alone until `paused_until`, in its own words.
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
    waiting: int
    given_up: int
    contacts: int
    last_success_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """What of a CRM is to change; None leaves it as it is."""

    name: str | None = None
    address: str | None = None
    credentials: Mapping[str, str] | None = None
    fields: Mapping[str, str] | None = None
    state: EndpointState | None = None


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
    credentials = _checked_credentials(kind, change.credentials or {})
    public_token = random_secrets.token_urlsafe(24)
    bound_to = connector_binding(uow.workspace_id, public_token)
    params = {
        "workspace_id": uow.workspace_id,
        "kind": kind.value,
        "name": _checked_name(change.name or kind.value),
        "address": _checked_address(client, kind, change.address or ""),
        "credentials": encrypted_credentials(credentials, keyring, bound_to=bound_to),
        "fields": uow.json(_checked_fields(change.fields or {})),
        "public_token": public_token,
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
    wanted = _checked_credentials(kind, {**credentials, **(change.credentials or {})})
    fields = old["fields"] if change.fields is None else _checked_fields(change.fields)
    address = (
        old["address"] if change.address is None else _checked_address(client, kind, change.address)
    )
    if address != old["address"] and change.credentials is None:
        detail = "Another address is signed in at anew: give the credentials with it."
        raise Invalid.at("credentials", detail=detail, code="credentials_missing")
    may_be_another = wanted != credentials or address != old["address"]
    params = {
        **_key(uow, connector_id),
        "may_be_another": may_be_another,
        "forgets_ids": may_be_another and kind not in IDS_OF_ITS_OWN,
        "name": old["name"] if change.name is None else _checked_name(change.name),
        "address": address,
        "credentials": encrypted_credentials(wanted, keyring, bound_to=bound_to),
        "fields": uow.json(fields),
        "state": old["state"] if change.state is None else change.state.value,
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


def _locked(uow: UnitOfWork, connector_id: int) -> Mapping[str, Any]:
    found = uow.run(statements.LOCK_CONNECTOR, _key(uow, connector_id)).mappings().first()
    if found is None:
        raise NotFound("There is no such CRM.")
    return dict(found)


def _key(uow: UnitOfWork, connector_id: int) -> dict[str, int]:
    if not 0 < connector_id <= LARGEST_ID:
        raise NotFound("There is no such CRM.")
    return {"workspace_id": uow.workspace_id, "id": connector_id}


def _checked_name(name: str) -> str:
    said = " ".join(name.split())
    if not 0 < len(said) <= LONGEST_NAME:
        detail = f"A name has 1 to {LONGEST_NAME} characters."
        raise Invalid.at("name", detail=detail, code="name_invalid")
    return said


def _checked_address(client: GuardedClient, kind: CRMKind, address: str) -> str:
    if kind in {CRMKind.HUBSPOT, CRMKind.RD_STATION}:
        if address:
            detail = "This CRM is at one address for all; leave it out."
            raise Invalid.at("address", detail=detail, code="address_invalid")
        return ""
    if kind == CRMKind.PIPEDRIVE:
        if not _COMPANY.fullmatch(address):
            detail = (
                "Name the company as Pipedrive's address does: in clinica.pipedrive.com, clinica."
            )
            raise Invalid.at("address", detail=detail, code="address_invalid")
        return address
    try:
        client.check(address)
    except CallRefused as refused:
        raise Invalid.at("address", detail=str(refused), code="address_refused") from refused
    return address


def _checked_credentials(kind: CRMKind, given: Mapping[str, str]) -> dict[str, str]:
    needed = CREDENTIALS[kind]
    said = {name: value.strip() for name, value in given.items() if value.strip()}
    if not set(needed) <= set(said) <= set(needed):
        detail = f"It takes: {', '.join(needed)}."
        raise Invalid.at("credentials", detail=detail, code="credentials_invalid")
    for value in said.values():
        if len(value) > LONGEST_CREDENTIAL or not (value.isascii() and value.isprintable()):
            detail = "A credential is one line of printable ASCII."
            raise Invalid.at("credentials", detail=detail, code="credentials_invalid")
    if kind == CRMKind.GENERIC:
        _check_signing(said["secret"])
    return said


def _check_signing(secret: str) -> None:
    try:
        Webhook(secret)
    except (ValueError, RuntimeError) as error:
        detail = "A secret is whsec_ and base64."
        raise Invalid.at("credentials", detail=detail, code="credentials_invalid") from error


def _checked_fields(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > MAX_FIELDS:
        detail = f"At most {MAX_FIELDS} fields are told."
        raise Invalid.at("fields", detail=detail, code="fields_invalid")
    for name, property_ in given.items():
        if name not in FIELDS and not _OF_CUSTOM.fullmatch(name):
            detail = f"There are: {', '.join(FIELDS)}, and custom. with a key."
            raise Invalid.at("fields", name, detail=detail, code="field_unknown")
        if not 0 < len(property_.strip()) <= LONGEST_PROPERTY:
            detail = f"A property's name has 1 to {LONGEST_PROPERTY} characters."
            raise Invalid.at("fields", name, detail=detail, code="property_invalid")
    return {name: property_.strip() for name, property_ in given.items()}
