"""Do one errand at a CRM, and draw the conclusions from what it said."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from talkhub import metrics
from talkhub.analysis.identity_numbers import holds_mask
from talkhub.crm.calls import Calls, SignInRefused
from talkhub.crm.model import Contact, Deal, Kept, Note, Person, Place, Prepared, Said
from talkhub.crm.registry import CONNECTORS, Account, AccountKey, calls_to, errand_deadline
from talkhub.errors import TalkHubError, Unavailable
from talkhub.names import SendFailure
from talkhub.names.crm import READ_CONTACT, RENEW_SESSION, CRMAction
from talkhub.outbound.senders.base import SHORT_WAIT, SendRefused
from talkhub.services.connecting.hearing import take_over
from talkhub.services.connecting.rules import VARIABLES
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.masking import as_stored
from talkhub.services.sending.channel_accounts import read_credentials
from talkhub.services.sending.replying import settled_as
from talkhub.services.sending.templates import fill
from talkhub.services.telling.crm import connector_binding
from talkhub.services.telling.delivering import MAX_ATTEMPTS, wait_after
from talkhub.store.statements import crm as statements
from talkhub.store.statements import crm_sessions
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
    profile_id: int | None
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
    was_refused: bool = False


@dataclass(slots=True)
class Result:
    """What became of an attempt, as far as it came; `refused` says why it did not come further."""

    duration_ms: int = 0
    profile_id: int = 0
    prepared: Prepared | None = None
    contact: Kept | None = None
    told: dict[str, Any] = field(default_factory=dict)
    made_id: str | None = None
    has_read: bool = False
    said: Said | None = None
    refused: SendRefused | None = None
    session_encrypted: bytes | None = None


def person_told(uow: UnitOfWork, errand: Errand) -> dict[str, Any] | None:
    """Return whom an errand is about, as they are now; None for nobody, or who was erased."""
    params = {
        "workspace_id": errand.workspace_id,
        "connector_id": errand.connector_id,
        "profile_id": errand.profile_id,
        "slot": errand.payload.get("slot"),
    }
    row = uow.run(statements.TOLD_OF_PERSON, params).mappings().first()
    return None if row is None else dict(row)


def attempt(errand: Errand, person: Mapping[str, Any] | None, sign_in: SignIn) -> Result:
    """Call the CRM. Holds no transaction open: this may take seconds."""
    started = time.monotonic()
    result = Result()
    try:
        _do(errand, person, result, sign_in)
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
    refused = _settle_session(uow, errand, result)
    if refused is None:
        metrics.outgoing.labels(errand.crm, "sent").inc()
        done_as = result.made_id or (result.contact and result.contact.id)
        uow.run(SETTLE_TAKEN_BY_CRM, {**params, "external_id": done_as})
        return
    metrics.outgoing.labels(errand.crm, refused.failure.value).inc()
    planned = wait_after(errand.attempts, refused.wait)
    refusal = settled_as(refused, planned=planned, max_attempts=MAX_ATTEMPTS)
    uow.run(SETTLE_REFUSED_BY_CRM, params | refusal)


def _settle_session(uow: UnitOfWork, errand: Errand, result: Result) -> SendRefused | None:
    """Write down whether the CRM lets us in; return what an attempt was refused for."""
    refused = result.refused
    key = {"workspace_id": errand.workspace_id, "id": errand.connector_id}
    credentials = {"credentials": errand.credentials_encrypted}
    if not isinstance(refused, SignInRefused):
        if refused is None and errand.was_refused:
            uow.run(crm_sessions.REMEMBER_LET_IN, {**key, **credentials})
        return refused
    session = result.session_encrypted
    # A session may have been ended before its time: the next attempt begins another.
    if session is None or errand.attempts > 1:
        newly = uow.run(crm_sessions.REMEMBER_REFUSED, {**key, **credentials}).first() is not None
        if newly:
            logger.error("crm_token_refused", connector=errand.connector_id, crm=errand.crm)
    if session is None:
        return refused
    uow.run(crm_sessions.END_SESSION, {**key, "session": session})
    return SignInRefused(refused.reason, wait=SHORT_WAIT)


def _do(errand: Errand, person: Mapping[str, Any] | None, result: Result, sign_in: SignIn) -> None:
    deadline = errand_deadline()
    account = sign_in(_account(errand, sign_in), deadline=deadline)
    result.session_encrypted = account.session_encrypted
    if errand.kind == RENEW_SESSION:
        return
    if person is None:
        raise SendRefused(SendFailure.PERMANENT, "There is no such person any more.")
    connector = CONNECTORS[errand.crm]
    calls = calls_to(account, sign_in.client, sign_in.hosts, deadline=deadline)
    if errand.prepared is None:
        result.prepared = connector.test_connection(calls)
        calls = replace(calls, prepared=result.prepared)  # and no more time: the lease goes on
    if errand.kind == READ_CONTACT:
        names = tuple(errand.fields.values())
        result.said = connector.read_contact(calls, errand.payload["contact_id"], names)
        result.has_read = True
        return
    result.profile_id = person["profile_id"]
    known_id = person["contact_id"]
    known = None if known_id is None else Kept(known_id, is_adopted=person["is_adopted"])
    if known is None or errand.kind == CRMAction.UPSERT_CONTACT:
        told = _without_mask(Person.of(person))
        contact = Contact(person["user_id"], told, _fields(errand.fields, person))
        known = result.contact = connector.upsert_contact(calls, contact, known)
        result.told = {**told.as_row(), **known.instead, "fields": dict(contact.fields)}
    if errand.kind != CRMAction.UPSERT_CONTACT:
        place = Place(known.id, person["deal_id"], may_exist=errand.fence > 1)
        result.made_id = person["made_id"] or _make(calls, errand, person, place)


def _account(errand: Errand, sign_in: SignIn) -> Account:
    bound_to = connector_binding(errand.workspace_id, errand.public_token)
    kept = bytes(errand.credentials_encrypted)
    credentials = read_credentials(kept, sign_in.keyring, bound_to=bound_to)
    key = AccountKey(errand.workspace_id, errand.connector_id, errand.public_token, kept)
    return Account(errand.crm, errand.address, credentials, errand.prepared, key)


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


def _without_mask(told: Person) -> Person:
    """Return who somebody is but for a name with a masked number: the CRM may know it whole."""
    return replace(told, name="") if holds_mask(told.name) else told


def _fields(wanted: Mapping[str, str], person: Mapping[str, Any]) -> dict[str, str]:
    """Return what else of a person goes to the CRM, by the CRM's names; no masked number."""
    found: dict[str, str] = {}
    for name, property_ in wanted.items():
        group, _, inner = name.partition(".")
        value = person["custom"].get(inner) if group == "custom" else person[name]
        if isinstance(value, list):
            value = ", ".join(str(each) for each in value)
        # A mask would take the place of the number that the CRM may know.
        is_told = value not in (None, "") and not isinstance(value, dict)
        if is_told and not holds_mask(str(value)):
            found[property_] = str(value)
    return found


def _remember(uow: UnitOfWork, errand: Errand, result: Result) -> None:
    key = {"workspace_id": errand.workspace_id, "connector_id": errand.connector_id}
    if result.prepared is not None:
        prepared = {"id": errand.connector_id, "prepared": uow.json(dict(result.prepared))}
        uow.run(statements.REMEMBER_PREPARED, {**key, **prepared})
    if result.has_read:
        read = {
            "profile_id": errand.profile_id,
            "contact_id": errand.payload["contact_id"],
            "credentials": errand.credentials_encrypted,
        }
        take_over(uow, {**key, **read}, result.said)
    if result.contact is not None:
        contact = {
            "profile_id": result.profile_id,
            "external_id": result.contact.id,
            "adopted": result.contact.is_adopted,
            "seen": uow.json(as_stored(uow, result.told)),
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
