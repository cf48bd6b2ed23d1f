"""Pipedrive, by a user's API token: `x-api-token`.

It has no upsert: a person is looked for by e-mail and phone before one is made. Notes and deals
name themselves, in their text and title, and are looked for at the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from talkhub.crm.calls import Calls, in_path, told_id, told_list
from talkhub.crm.hearing import ids, part, shows_secret
from talkhub.crm.model import (
    Contact,
    Deal,
    Heard,
    Kept,
    Note,
    Person,
    Place,
    Said,
    as_html,
    compared,
    text_with_reference,
)
from talkhub.crm.searched import change_searched, said_by, upsert_searched
from talkhub.names import SendFailure
from talkhub.outbound.senders.base import SendRefused

_PERSONS = "/api/v2/persons"
_NOTES = "/api/v1/notes"
_DEALS = "/api/v2/deals"
_NEWEST = {"limit": "100"}
_LONGEST_NOTE = 60_000
_LONGEST_TITLE = 200


def headers(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header of a token."""
    return {"x-api-token": credentials["token"]}


def query(credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: the token stands in a header."""
    return {}


def test_connection(calls: Calls) -> Mapping[str, Any]:
    """Ask whose token it is; there is nothing to make room for."""
    calls.ask("GET", "/api/v1/users/me")
    return {}


def upsert_contact(calls: Calls, contact: Contact, known: Kept | None) -> Kept:
    """Change the person who is known, or whom e-mail or phone finds; else make one."""
    return upsert_searched(
        contact,
        known,
        find=lambda: _find(calls, contact.person),
        change=lambda kept: _change(calls, contact, kept),
        make=lambda: told_id(calls.ask("POST", _PERSONS, _body(contact, {})), "data", "id"),
    )


def add_note(calls: Calls, place: Place, note: Note) -> str:
    """Add a note to the person, unless an earlier try did."""
    if place.may_exist:
        asked = {"person_id": place.contact_id, "sort": "add_time DESC", **_NEWEST}
        found = _named(calls.ask("GET", _NOTES, query=asked), "content", note.reference)
        if found is not None:
            return found
    wanted = {
        "content": as_html(text_with_reference(note.text[:_LONGEST_NOTE], note.reference)),
        "person_id": _number(place.contact_id),
    }
    return told_id(calls.ask("POST", _NOTES, wanted), "data", "id")


def create_deal(calls: Calls, place: Place, deal: Deal) -> str:
    """Create a deal with the person, unless an earlier try did."""
    if place.may_exist:
        order = {"sort_by": "add_time", "sort_direction": "desc", **_NEWEST}
        asked = {"person_id": place.contact_id, **order}
        found = _named(calls.ask("GET", _DEALS, query=asked), "title", deal.reference)
        if found is not None:
            return found
    wanted: dict[str, Any] = {
        "title": f"{deal.title[:_LONGEST_TITLE]} [{deal.reference}]",
        "person_id": _number(place.contact_id),
    }
    for name, value in (("pipeline_id", deal.pipeline), ("stage_id", deal.stage)):
        if value:
            wanted[name] = _number(value)
    return told_id(calls.ask("POST", _DEALS, wanted), "data", "id")


def read_contact(calls: Calls, contact_id: str, fields: Collection[str]) -> Said | None:
    """Return what a person's card says now."""
    found = calls.find("GET", f"{_PERSONS}/{in_path(contact_id)}")
    said = (found or {}).get("data")
    if not said or said.get("is_deleted"):
        return None
    return said_by(said, fields, _values)


def is_proved(heard: Heard, credentials: Mapping[str, str], secret: str) -> bool:  # noqa: ARG001 -- the protocol
    """Tell whether it shows the password that was given, where one was; it signs nothing."""
    return not secret or shows_secret(heard, secret)


def contacts_heard(document: Any) -> list[str]:
    """Return the person that an event is of, in the older version or the newer."""
    meta = part(document, "meta")
    if "person" not in (meta.get("entity"), meta.get("object")):  # a list may hold what no set may
        return []
    return ids(meta.get("entity_id") or meta.get("id"))


def _change(calls: Calls, contact: Contact, kept: Kept) -> bool:
    """Change somebody who is there; what they have of e-mails and phones stays beside ours."""
    path = f"{_PERSONS}/{in_path(kept.id)}"
    return change_searched(
        kept,
        read=lambda: calls.find("GET", path),
        body=lambda said: _body(contact, said),
        write=lambda change: calls.find("PATCH", path, change) is not None,
    )


def _body(contact: Contact, said: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if contact.person.name or not said:
        told["name"] = contact.person.name or contact.person.email or contact.person.phone
    for name, ours in (("email", contact.person.email), ("phone", contact.person.phone)):
        theirs = _values(said, f"{name}s")
        if ours and compared(name, ours) not in {compared(name, value) for value in theirs}:
            values = [*theirs, ours]
            told[f"{name}s"] = [
                {"value": value, "primary": at == 0} for at, value in enumerate(values)
            ]
    if contact.fields:
        told["custom_fields"] = dict(contact.fields)
    return told


def _values(said: Mapping[str, Any], name: str) -> list[str]:
    return [str(each["value"]) for each in said.get(name) or [] if each.get("value")]


def _find(calls: Calls, person: Person) -> str | None:
    for name, value in (("email", person.email), ("phone", person.phone)):
        if value:
            asked = {"term": value, "fields": name, "exact_match": "true", "limit": "1"}
            answer = calls.ask("GET", f"{_PERSONS}/search", query=asked)
            if told_list(answer, "data", "items"):
                return told_id(answer, "data", "items", 0, "item", "id")
    return None


def _named(answer: Mapping[str, Any], name: str, reference: str) -> str | None:
    # It says null where there is none.
    listed = answer if answer.get("data", False) is not None else {"data": []}
    for each in told_list(listed, "data"):
        if f"[{reference}]" in str(each.get(name)):
            return told_id(each, "id")
    return None


def _number(written: str) -> int:
    if not (written.isascii() and written.isdigit()):
        raise SendRefused(SendFailure.PERMANENT, f"Pipedrive's ids are numbers: {written[:64]}")
    return int(written)
