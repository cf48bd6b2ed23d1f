"""HubSpot, by a private app's token: `Authorization: Bearer`.

Our ids are unique properties, so contacts and deals are made by upserts, which may be repeated.
A note has no such property: it names itself at its end, and is looked for there.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from talkhub import clock
from talkhub.channels.signatures import is_shared_secret
from talkhub.crm.calls import Calls, in_path, told_id, told_list
from talkhub.crm.hearing import ids
from talkhub.crm.model import (
    Contact,
    Deal,
    Heard,
    Kept,
    Note,
    Place,
    Said,
    as_html,
    text_with_reference,
)

USER_ID = "talkhub_user_id"
DEAL_ID = "talkhub_id"

_CONTACTS = "/crm/v3/objects/contacts"
_NOTES = "/crm/v3/objects/notes"
_DEALS = "/crm/v3/objects/deals"
_NOTE_TO_CONTACT = 202
_NOTES_READ_AT_ONCE = 100
_LONGEST_NOTE = 60_000
_SIGNED_SECONDS = 300
_DIGITS = 15
_CONTACT_TYPE = "0-1"


def headers(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header of a private app."""
    return {"Authorization": f"Bearer {credentials['token']}"}


def query(credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: the token stands in a header."""
    return {}


def test_connection(calls: Calls) -> Mapping[str, Any]:
    """Make the unique properties that hold our ids, where they are not there."""
    for kind, name, label in (
        ("contacts", USER_ID, "TalkHub user id"),
        ("deals", DEAL_ID, "TalkHub id"),
    ):
        if calls.find("GET", f"/crm/v3/properties/{kind}/{name}") is None:
            wanted = {
                "name": name,
                "label": label,
                "type": "string",
                "fieldType": "text",
                "groupName": f"{kind[:-1]}information",
                "hasUniqueValue": True,
            }
            calls.ask("POST", f"/crm/v3/properties/{kind}", wanted)
    return {}


def upsert_contact(calls: Calls, contact: Contact, known: Kept | None) -> Kept:
    """Change the contact that is known, or whom our id, e-mail or phone finds; else upsert it.

    Anybody may type anybody's e-mail: one that another of our people has is left to them, and of
    a contact that was not made by us only what is empty is filled.
    """
    wanted = _properties(contact)
    found = _read(calls, wanted, known.id, "id") if known else None
    found = found or _read(calls, wanted, contact.reference, USER_ID)
    instead: dict[str, str] = {}
    if _said(found, "email").casefold() != wanted.get("email", "").casefold():
        namesake = _read(calls, wanted, wanted.get("email"), "email")
        if found is None and namesake is not None and not _said(namesake, USER_ID):
            found = namesake
        elif namesake is not None:
            del wanted["email"]  # no two contacts have the same
            instead = {"email": _said(found, "email")}
    found = found or _find_by_phone(calls, contact.person.phone, wanted)
    if found is not None:
        return replace(_change(calls, found, wanted), instead=instead)
    upserted = {"id": contact.reference, "idProperty": USER_ID, "properties": wanted}
    answer = calls.ask("POST", f"{_CONTACTS}/batch/upsert", {"inputs": [upserted]})
    return Kept(told_id(answer, "results", 0, "id"), instead=instead)


def add_note(calls: Calls, place: Place, note: Note) -> str:
    """Add a note to the contact, unless an earlier try did."""
    if place.may_exist:
        existing = _find_note(calls, place.contact_id, note.reference)
        if existing is not None:
            return existing
    wanted = {
        "properties": {
            "hs_timestamp": note.at.isoformat(),
            "hs_note_body": as_html(text_with_reference(note.text[:_LONGEST_NOTE], note.reference)),
        },
        "associations": [
            {
                "to": {"id": place.contact_id},
                "types": [
                    {
                        "associationCategory": "HUBSPOT_DEFINED",
                        "associationTypeId": _NOTE_TO_CONTACT,
                    }
                ],
            }
        ],
    }
    return told_id(calls.ask("POST", _NOTES, wanted), "id")


def create_deal(calls: Calls, place: Place, deal: Deal) -> str:
    """Upsert a deal under our id, and tie it to the contact: both may be repeated."""
    properties = {DEAL_ID: deal.reference, "dealname": deal.title}
    if deal.pipeline:
        properties["pipeline"] = deal.pipeline
    if deal.stage:
        properties["dealstage"] = deal.stage
    wanted = {"id": deal.reference, "idProperty": DEAL_ID, "properties": properties}
    answer = calls.ask("POST", f"{_DEALS}/batch/upsert", {"inputs": [wanted]})
    deal_id = told_id(answer, "results", 0, "id")
    tie = f"associations/default/contacts/{in_path(place.contact_id)}"
    calls.ask("PUT", f"/crm/v4/objects/deals/{in_path(deal_id)}/{tie}")
    return deal_id


def read_contact(calls: Calls, contact_id: str, fields: Collection[str]) -> Said | None:
    """Return what a contact says now; for one that was merged HubSpot returns the one it is in."""
    names = ("firstname", "lastname", "email", "phone")
    asked = {"properties": ",".join([*names, *fields])}
    found = calls.find("GET", f"{_CONTACTS}/{in_path(contact_id)}", query=asked)
    if found is None:
        return None
    first, last, email, phone = (_said(found, name) for name in names)
    return Said(
        id=told_id(found, "id"),
        name=" ".join(f"{first} {last}".split()),
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        fields={name: _said(found, name) for name in fields},
    )


def is_proved(heard: Heard, credentials: Mapping[str, str], secret: str) -> bool:  # noqa: ARG001 -- the protocol
    """Tell whether the app's client secret signed it (v3), within the last five minutes."""
    sent_at = heard.headers.get("x-hubspot-request-timestamp", "")
    if not secret or not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= _DIGITS):
        return False
    age = clock.now().timestamp() - int(sent_at) / 1000
    signed = f"{heard.method}{heard.url}".encode() + heard.raw + sent_at.encode()
    expected = base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()
    given = heard.headers.get("x-hubspot-signature-v3", "")
    return is_shared_secret(given, [expected]) and abs(age) <= _SIGNED_SECONDS


def contacts_heard(document: Any) -> list[str]:
    """Return whom events of contacts name: who changed, and who was merged into whom."""
    found: list[str] = []
    for event in document if isinstance(document, list) else []:
        kind = str(event.get("subscriptionType", "")) if isinstance(event, dict) else ""
        is_contacts = kind.startswith("object.") and event.get("objectTypeId") == _CONTACT_TYPE
        if kind.startswith("contact.") or is_contacts:
            merged = event.get("mergedObjectIds")
            merged = merged if isinstance(merged, list) else []
            found += ids(event.get("objectId"), event.get("primaryObjectId"), *merged)
    return found


def _properties(contact: Contact) -> dict[str, str]:
    first, _, rest = contact.person.name.partition(" ")
    told = {
        USER_ID: contact.reference,
        "firstname": first,
        "lastname": rest,
        "email": contact.person.email,
        "phone": contact.person.phone,
        **contact.fields,
    }
    # An empty value would clear what the CRM knows.
    return {name: value for name, value in told.items() if value}


def _change(calls: Calls, found: Mapping[str, Any], wanted: Mapping[str, str]) -> Kept:
    contact_id = told_id(found, "id")
    is_adopted = not _said(found, USER_ID)
    if is_adopted:  # not made by us, nor marked: what is typed next fills no more
        is_empty = {name: not _said(found, name) for name in wanted}
        wanted = {name: value for name, value in wanted.items() if is_empty[name]}
        wanted.pop(USER_ID)
    if wanted:
        calls.ask("PATCH", f"{_CONTACTS}/{in_path(contact_id)}", {"properties": wanted})
    return Kept(contact_id, is_adopted=is_adopted)


def _read(
    calls: Calls, wanted: Mapping[str, str], value: str | None, name: str
) -> dict[str, Any] | None:
    """Return the contact that a property finds, with what it says of what is wanted."""
    if not value:
        return None
    asked = {"idProperty": name} if name != "id" else {}
    asked["properties"] = ",".join({*wanted, USER_ID})
    return calls.find("GET", f"{_CONTACTS}/{in_path(value)}", query=asked)


def _find_by_phone(calls: Calls, phone: str, wanted: Mapping[str, str]) -> dict[str, Any] | None:
    if not phone:
        return None
    having = {"propertyName": "phone", "operator": "EQ", "value": phone}
    groups = [{"filters": [having]}]
    asked = {"filterGroups": groups, "limit": 1, "properties": [*wanted]}
    found: list[dict[str, Any]] = told_list(
        calls.ask("POST", f"{_CONTACTS}/search", asked), "results"
    )
    return found[0] if found and not _said(found[0], USER_ID) else None


def _said(contact: Mapping[str, Any] | None, name: str) -> str:
    return str(((contact or {}).get("properties") or {}).get(name) or "")


def _find_note(calls: Calls, contact_id: str, reference: str) -> str | None:
    # By the contact, not by the search: that knows of a new note only after some seconds.
    path = f"/crm/v4/objects/contacts/{in_path(contact_id)}/associations/notes"
    tied = told_list(calls.ask("GET", path, query={"limit": "500"}), "results")
    newest = sorted((int(told_id(each, "toObjectId")) for each in tied), reverse=True)
    if not newest:
        return None
    inputs = [{"id": str(note_id)} for note_id in newest[:_NOTES_READ_AT_ONCE]]
    asked = {"properties": ["hs_note_body"], "inputs": inputs}
    for note in told_list(calls.ask("POST", f"{_NOTES}/batch/read", asked), "results"):
        if f"[{reference}]" in str((note.get("properties") or {}).get("hs_note_body")):
            return told_id(note, "id")
    return None
