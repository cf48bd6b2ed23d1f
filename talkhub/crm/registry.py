"""The connectors that there are, how fast each CRM may be asked, and where it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from talkhub.crm import generic, hubspot, pipedrive
from talkhub.crm.calls import Calls
from talkhub.crm.model import Connector
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts

CONNECTORS: Mapping[str, Connector] = {
    CRMKind.HUBSPOT: hubspot,
    CRMKind.PIPEDRIVE: pipedrive,
    CRMKind.GENERIC: generic,
}

CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    CRMKind.HUBSPOT: ("token",),
    CRMKind.PIPEDRIVE: ("token",),
    CRMKind.GENERIC: ("secret",),
}
"""What each needs to sign in."""

PACE: Mapping[str, timedelta] = {
    CRMKind.HUBSPOT: timedelta(milliseconds=300),
    CRMKind.PIPEDRIVE: timedelta(milliseconds=500),
    CRMKind.GENERIC: timedelta(milliseconds=50),
}
"""How far apart errands begin, each of up to four calls: HubSpot takes 100 calls in ten seconds."""

ERRAND_SECONDS = 20.0
"""All calls of an errand together; it is over before the courier's lease is."""


@dataclass(frozen=True, slots=True)
class Account:
    """A CRM with what opens it."""

    kind: str
    address: str
    credentials: Mapping[str, str]
    prepared: Mapping[str, Any] | None = None


def base_of(kind: str, address: str, hosts: Hosts) -> str:
    """Return where a CRM's interface is."""
    match kind:
        case CRMKind.HUBSPOT:
            return hosts.hubspot
        case CRMKind.PIPEDRIVE:
            return hosts.pipedrive.format(company=address)
        case _:
            return address


def calls_to(account: Account, client: GuardedClient, hosts: Hosts) -> Calls:
    """Return the calls of an errand that begins now."""
    connector = CONNECTORS[account.kind]
    return Calls(
        client=client,
        base=base_of(account.kind, account.address, hosts),
        deadline=time.monotonic() + ERRAND_SECONDS,
        headers=connector.headers(account.credentials),
        query=connector.query(account.credentials),
        credentials=account.credentials,
        prepared=account.prepared or {},
    )
