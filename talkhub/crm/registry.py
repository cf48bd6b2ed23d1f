"""The connectors that there are, how fast each CRM may be asked, and where it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub.crm import generic, hubspot, pipedrive, rd_station
from talkhub.crm.calls import Calls
from talkhub.crm.model import Connector, Session
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts

CONNECTORS: Mapping[str, Connector] = {
    CRMKind.HUBSPOT: hubspot,
    CRMKind.PIPEDRIVE: pipedrive,
    CRMKind.RD_STATION: rd_station,
    CRMKind.GENERIC: generic,
}

CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    CRMKind.HUBSPOT: ("token",),
    CRMKind.PIPEDRIVE: ("token",),
    CRMKind.RD_STATION: ("client_id", "client_secret", "refresh_token"),
    CRMKind.GENERIC: ("secret",),
}
"""What each needs to sign in."""

SIGN_IN: Mapping[str, Callable[[Calls, Mapping[str, str], str], Session]] = {
    CRMKind.RD_STATION: rd_station.sign_in,
}
"""Those whose token is good for a while: how the next is got."""

IDS_OF_ITS_OWN = frozenset({CRMKind.RD_STATION.value})
"""Whose ids no two accounts share: what is known there stays known when access is given anew."""

PACE: Mapping[str, timedelta] = {
    CRMKind.HUBSPOT: timedelta(milliseconds=300),
    CRMKind.PIPEDRIVE: timedelta(milliseconds=500),
    CRMKind.RD_STATION: timedelta(seconds=2),
    CRMKind.GENERIC: timedelta(milliseconds=50),
}
"""How far apart errands begin, each of up to four calls.

HubSpot takes 100 calls in ten seconds, RD Station 120 in a minute.
"""

ERRAND_SECONDS = 20.0
"""All calls of an errand together; it is over before the courier's lease is."""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Where a CRM's account is kept, and as what: who changed it meanwhile has another."""

    workspace_id: int
    connector_id: int
    public_token: str
    credentials_encrypted: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """A CRM with what opens it. `session_encrypted` is its session as it is kept, if it has one."""

    kind: str
    address: str
    credentials: Mapping[str, str]
    prepared: Mapping[str, Any] | None = None
    key: AccountKey | None = None
    session_encrypted: bytes | None = None


def errand_deadline() -> float:
    """Return when an errand that begins now ends, by the monotonic clock."""
    return time.monotonic() + ERRAND_SECONDS


def base_of(kind: str, address: str, hosts: Hosts) -> str:
    """Return where a CRM's interface is."""
    match kind:
        case CRMKind.HUBSPOT:
            return hosts.hubspot
        case CRMKind.RD_STATION:
            return hosts.rd_station
        case CRMKind.PIPEDRIVE:
            return hosts.pipedrive.format(company=address)
        case _:
            return address


def takes_address(kind: str) -> bool:
    """Return whether a CRM is somewhere else for each customer, so that they say where."""
    return base_of(kind, "here", Hosts()) != base_of(kind, "there", Hosts())


def calls_to(
    account: Account, client: GuardedClient, hosts: Hosts, *, deadline: float | None = None
) -> Calls:
    """Return the calls of an errand that begins now, or ends by a deadline already."""
    connector = CONNECTORS[account.kind]
    return Calls(
        client=client,
        base=base_of(account.kind, account.address, hosts),
        deadline=errand_deadline() if deadline is None else deadline,
        headers=connector.headers(account.credentials),
        query=connector.query(account.credentials),
        credentials=account.credentials,
        prepared=account.prepared or {},
    )
