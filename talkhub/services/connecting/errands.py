"""Do one errand at a CRM, and draw the conclusions from what it said."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from talkhub import metrics
from talkhub.crm.calls import Calls
from talkhub.crm.model import Contact, Deal, Note, Person, Place, Prepared
from talkhub.crm.registry import CONNECTORS, Account, calls_to
from talkhub.encryption import Keyring
from talkhub.errors import TalkHubError, Unavailable
from talkhub.names import SendFailure
from talkhub.names.crm import CRMAction
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts, SendRefused
from talkhub.services.connecting.rules import VARIABLES
from talkhub.services.sending.channel_accounts import read_credentials
from talkhub.services.sending.replying import settled_as
from talkhub.services.sending.templates import fill
from talkhub.services.telling.crm import connector_binding
from talkhub.services.telling.delivering import MAX_ATTEMPTS, wait_after
from talkhub.store.statements import crm as statements
from talkhub.store.statements.messages import SETTLE_REFUSED_BY_CRM, SETTLE_TAKEN_BY_CRM
from talkhub.store.uow import UnitOfWork

logger = structlog.get_logger(__name__)

LONGEST_TITLE = 255


@dataclass(frozen=True, slots=True)
class Errand:
    """Claimed work at a CRM."""

    id: int
    workspace_id: int
    connector_id: int
    profile_id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    fence: int
    created_at: datetime
    crm: str
    address: str
    public_token: str
    credentials_encrypted: bytes
    fields: dict[str, str]
    prepared: dict[str, Any] | None


@dataclass(slots=True)
class Result:
    """What became of an attempt, as far as it came; `refused` says why it did not come further."""

    duration_ms: int = 0
    profile_id: int = 0
    prepared: Prepared | None = None
    contact_id: str | None = None
    told: Person | None = None
    made_id: str | None = None
    refused: SendRefused | None = None


def person_told(uow: UnitOfWork, errand: Errand) -> dict[str, Any] | None:
    """Return whom an errand is about, as they are now; None for somebody who was erased."""
    params = {
        "workspace_id": errand.workspace_id,
        "connector_id": errand.connector_id,
        "profile_id": errand.profile_id,
        "slot": errand.payload.get("slot"),
    }
    row = uow.run(statements.TOLD_OF_PERSON, params).mappings().first()
    return None if row is None else dict(row)


def attempt(
    client: GuardedClient,
    hosts: Hosts,
    errand: Errand,
    person: Mapping[str, Any] | None,
    *,
    keyring: Keyring,
) -> Result:
    """Call the CRM. Opens no transaction: this may take seconds."""
    started = time.monotonic()
    result = Result()
    try:
        _do(client, hosts, errand, person, result, keyring=keyring)
    except SendRefused as refused:
        result.refused = refused
    except TalkHubError as error:  # the key does not open what it should, or a text is not filled
        is_passing = isinstance(error, Unavailable)
        failure = SendFailure.TEMPORARY if is_passing else SendFailure.PERMANENT
        result.refused = SendRefused(failure, str(error))
    except Exception as error:  # noqa: BLE001 -- settled like any other failure
        # Its text and its traceback may quote a credential; its name does not.
        name = type(error).__name__
        logger.error("crm_errand_failed", message=errand.id, error=name)  # noqa: TRY400
        result.refused = SendRefused(SendFailure.TEMPORARY, f"Unexpected: {name}")
    result.duration_ms = round((time.monotonic() - started) * 1000)
    return result


def settle(uow: UnitOfWork, errand: Errand, result: Result) -> None:
    """Write down how far an attempt came: what the CRM keeps is remembered, whatever followed."""
    _remember(uow, errand, result)
    params = {
        "workspace_id": errand.workspace_id,
        "id": errand.id,
        "account_id": errand.connector_id,
        "fence": errand.fence,
        "duration_ms": result.duration_ms,
    }
    if result.refused is None:
        metrics.outgoing.labels(errand.crm, "sent").inc()
        done_as = result.made_id or result.contact_id
        uow.run(SETTLE_TAKEN_BY_CRM, {**params, "external_id": done_as})
        return
    metrics.outgoing.labels(errand.crm, result.refused.failure.value).inc()
    planned = wait_after(errand.attempts, result.refused.wait)
    refusal = settled_as(result.refused, planned=planned, max_attempts=MAX_ATTEMPTS)
    uow.run(SETTLE_REFUSED_BY_CRM, params | refusal)


def _do(
    client: GuardedClient,
    hosts: Hosts,
    errand: Errand,
    person: Mapping[str, Any] | None,
    result: Result,
    *,
    keyring: Keyring,
) -> None:
    if person is None:
        raise SendRefused(SendFailure.PERMANENT, "There is no such person any more.")
    bound_to = connector_binding(errand.workspace_id, errand.public_token)
    credentials = read_credentials(errand.credentials_encrypted, keyring, bound_to=bound_to)
    account = Account(errand.crm, errand.address, credentials, errand.prepared)
    connector = CONNECTORS[errand.crm]
    calls = calls_to(account, client, hosts)
    if errand.prepared is None:
        result.prepared = connector.test_connection(calls)
        calls = replace(calls, prepared=result.prepared)  # and no more time: the lease goes on
    result.profile_id = person["profile_id"]
    known_id = person["contact_id"]
    if known_id is None or errand.kind == CRMAction.UPSERT_CONTACT:
        told = Person.of(person)
        contact = Contact(person["user_id"], told, _fields(errand.fields, person))
        result.contact_id = connector.upsert_contact(calls, contact, known_id)
        result.told = told
    if errand.kind != CRMAction.UPSERT_CONTACT:
        place = Place(result.contact_id or known_id, person["deal_id"], may_exist=errand.fence > 1)
        result.made_id = person["made_id"] or _make(calls, errand, person, place)


def _make(calls: Calls, errand: Errand, person: Mapping[str, Any], place: Place) -> str:
    connector = CONNECTORS[errand.crm]
    payload = errand.payload
    told = Person.of(person)
    values = {**payload["values"], **told.as_row(), "first_name": told.name.partition(" ")[0]}
    # What nobody knows stays empty: a note that is never written would be worse.
    known = dict.fromkeys(VARIABLES, "") | values
    text = fill(payload["text"], known, at=("text",), variables=VARIABLES)
    if errand.kind == CRMAction.ADD_NOTE:
        note = Note(payload["reference"], text, errand.created_at)
        return connector.add_note(calls, place, note)
    title = " ".join(text.split())[:LONGEST_TITLE]
    deal = Deal(payload["reference"], title, payload["pipeline"], payload["stage"])
    return connector.create_deal(calls, place, deal)


def _fields(wanted: Mapping[str, str], person: Mapping[str, Any]) -> dict[str, str]:
    """Return what else of a person goes to the CRM, by the CRM's names."""
    found: dict[str, str] = {}
    for name, property_ in wanted.items():
        group, _, inner = name.partition(".")
        value = person["custom"].get(inner) if group == "custom" else person[name]
        if isinstance(value, list):
            value = ", ".join(str(each) for each in value)
        if value not in (None, "") and not isinstance(value, dict):
            found[property_] = str(value)
    return found


def _remember(uow: UnitOfWork, errand: Errand, result: Result) -> None:
    key = {"workspace_id": errand.workspace_id, "connector_id": errand.connector_id}
    if result.prepared is not None:
        prepared = {"id": errand.connector_id, "prepared": uow.json(dict(result.prepared))}
        uow.run(statements.REMEMBER_PREPARED, {**key, **prepared})
    if result.contact_id is not None and result.told is not None:
        contact = {
            "profile_id": result.profile_id,
            "external_id": result.contact_id,
            "seen": uow.json(result.told.as_row()),
            "credentials": errand.credentials_encrypted,
        }
        uow.run(statements.REMEMBER_CONTACT, {**key, **contact})
    if result.made_id is not None:
        made = {
            "profile_id": errand.profile_id,
            "slot": errand.payload["slot"],
            "external_id": result.made_id,
        }
        uow.run(statements.REMEMBER_MADE, {**key, **made})
