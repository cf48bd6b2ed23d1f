"""RD Station CRM, over its API v2, signed in by OAuth: `Authorization: Bearer`.

Not over the older v1: its token is simpler to get, but it ties a new deal to contacts by their
texts and not by an id, so nothing would keep it from making them twice. v2 has no upsert and no
place for our ids: a contact is looked for by e-mail and phone, deals and notes name themselves, in
their name and text. It keeps notes at deals only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from talkhub.crm.calls import Calls, SignInRefused, in_path, told_id, told_list
from talkhub.crm.hearing import ids, members, part, shows_secret
from talkhub.crm.model import (
    Contact,
    Deal,
    Heard,
    Kept,
    Note,
    Person,
    Place,
    Said,
    Session,
    compared,
    text_with_reference,
)
from talkhub.crm.searched import change_searched, said_by, upsert_searched
from talkhub.names import SendFailure
from talkhub.outbound.senders.base import SendRefused, document_of, is_taken

_CONTACTS = "/crm/v2/contacts"
_DEALS = "/crm/v2/deals"
_PAGE = 100
_MOST_PAGES = 5
_LONGEST_NOTE = 60_000
_LONGEST_TITLE = 200
_KEYS = {"emails": "email", "phones": "phone"}
_SIGN_IN_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def sign_in(calls: Calls, credentials: Mapping[str, str], refresh_token: str) -> Session:
    """Return the next session. The refresh token counts once: the answer holds the next one.

    An answer that is lost takes it along: then somebody has to give us access anew.
    """
    wanted = {
        "client_id": credentials["client_id"],
        "client_secret": credentials["client_secret"],
        "refresh_token": refresh_token,
        "grant_type": "refresh_token",
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = calls.exchange("POST", "/oauth2/token", urlencode(wanted).encode(), headers=form)
    if answer.status in _SIGN_IN_REFUSED:
        raise SignInRefused(calls.refused(answer).reason)
    if not is_taken(answer):
        raise calls.refused(answer)
    told = document_of(answer)
    access, following, seconds = (
        told.get(name) for name in ("access_token", "refresh_token", "expires_in")
    )
    if not (isinstance(access, str) and access and isinstance(following, str) and following):
        raise SignInRefused("RD Station answered the sign-in without its tokens.")
    return Session(access, following, seconds if isinstance(seconds, int) else 0)


def headers(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header of a session; raises SendRefused where there is none."""
    if "access_token" not in credentials:
        raise SendRefused(SendFailure.TEMPORARY, "Nobody is signed in at RD Station.")
    return {"Authorization": f"Bearer {credentials['access_token']}"}


def query(credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: the token stands in a header."""
    return {}


def test_connection(calls: Calls) -> Mapping[str, Any]:
    """Ask for one contact; there is nothing to make room for."""
    told_list(calls.ask("GET", _CONTACTS, query={"page[number]": "1", "page[size]": "1"}), "data")
    return {}


def upsert_contact(calls: Calls, contact: Contact, known: Kept | None) -> Kept:
    """Change the contact that is known, or that e-mail or phone finds; else make one."""

    def make() -> str:
        made = calls.ask("POST", _CONTACTS, {"data": _body(contact, {})})
        return told_id(made, "data", "id")

    return upsert_searched(
        contact,
        known,
        find=lambda: _find(calls, contact.person),
        change=lambda kept: _change(calls, contact, kept),
        make=make,
    )


def add_note(calls: Calls, place: Place, note: Note) -> str:
    """Add a note to the last deal that was made for the person, unless an earlier try did."""
    if place.deal_id is None:
        reason = "RD Station keeps notes at deals: let a rule make one for new people first."
        raise SendRefused(SendFailure.PERMANENT, reason)
    path = f"{_DEALS}/{in_path(place.deal_id)}/notes"
    if place.may_exist:
        found = _named(calls, path, "description", note.reference)
        if found is not None:
            return found
    text = text_with_reference(note.text[:_LONGEST_NOTE], note.reference)
    return told_id(calls.ask("POST", path, {"data": {"description": text}}), "data", "id")


def create_deal(calls: Calls, place: Place, deal: Deal) -> str:
    """Create a deal that has the contact from the beginning, unless an earlier try did."""
    if place.may_exist:
        # RDQL: the name contains it. A reference is letters, figures and a hyphen.
        asked = {"filter": f'name:~"{deal.reference}"'}
        found = _named(calls, _DEALS, "name", deal.reference, asked)
        if found is not None:
            return found
    where = {"pipeline_id": deal.pipeline, "stage_id": deal.stage}
    wanted = {
        "name": f"{deal.title[:_LONGEST_TITLE]} [{deal.reference}]",
        "contact_ids": [place.contact_id],
        **{name: value for name, value in where.items() if value},
    }
    return told_id(calls.ask("POST", _DEALS, {"data": wanted}), "data", "id")


def read_contact(calls: Calls, contact_id: str, fields: Collection[str]) -> Said | None:
    """Return what a contact says now."""
    said = (calls.find("GET", f"{_CONTACTS}/{in_path(contact_id)}") or {}).get("data")
    if not said:
        return None
    return said_by(said, fields, _values)


def is_proved(heard: Heard, credentials: Mapping[str, str], secret: str) -> bool:  # noqa: ARG001 -- the protocol
    """Tell whether it shows the key that was given, where one was; it signs nothing."""
    return not secret or shows_secret(heard, secret)


def contacts_heard(document: Any) -> list[str]:
    """Return the contact that an event is of."""
    is_contacts = str(members(document).get("event_name", "")).startswith("crm_contact")
    told = part(document, "document") if is_contacts else {}
    return ids(told.get("id") or told.get("_id"))


def _change(calls: Calls, contact: Contact, kept: Kept) -> bool:
    """Change one who is there; what they have of e-mails and phones stays beside ours."""
    path = f"{_CONTACTS}/{in_path(kept.id)}"
    return change_searched(
        kept,
        read=lambda: calls.find("GET", path),
        body=lambda said: _body(contact, said),
        write=lambda change: calls.find("PUT", path, {"data": change}) is not None,
    )


def _body(contact: Contact, said: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if contact.person.name or not said:
        told["name"] = contact.person.name or contact.person.email or contact.person.phone
    for name, ours in (("emails", contact.person.email), ("phones", contact.person.phone)):
        if ours and not _has(said, name, ours):
            more = {"type": "mobile"} if name == "phones" else {}
            told[name] = [*(said.get(name) or []), {_KEYS[name]: ours, **more}]
    if contact.fields:
        told["custom_fields"] = dict(contact.fields)
    return told


def _find(calls: Calls, person: Person) -> str | None:
    digits = re.sub(r"\D", "", person.phone)
    phones = [f'"{it}"' for it in dict.fromkeys((person.phone, f"+{digits}", digits)) if digits]
    for name, value, written in (
        ("emails", person.email, f'"{person.email}"'),
        ("phones", person.phone, f"({','.join(phones)})"),
    ):
        # A quotation mark would end the value: whoever has one is found by the other, or made.
        if value and '"' not in value:
            asked = {"filter": f"{_KEYS[name]}:{written}", "page[number]": "1"}
            for each in told_list(calls.ask("GET", _CONTACTS, query=asked), "data"):
                if _has(each, name, value):
                    return told_id(each, "id")
    return None


def _has(said: Mapping[str, Any], name: str, ours: str) -> bool:
    key = _KEYS[name]
    return compared(key, ours) in {compared(key, value) for value in _values(said, name)}


def _values(said: Mapping[str, Any], name: str) -> list[str]:
    return [str(each[_KEYS[name]]) for each in said.get(name) or [] if each.get(_KEYS[name])]


def _named(
    calls: Calls, path: str, name: str, reference: str, query: Mapping[str, str] | None = None
) -> str | None:
    """Return the id of what bears a reference of ours, of the first pages of a list."""
    for number in range(1, _MOST_PAGES + 1):
        page = {"page[number]": str(number), "page[size]": str(_PAGE)}
        listed = told_list(calls.ask("GET", path, query={**(query or {}), **page}), "data")
        for each in listed:
            if f"[{reference}]" in str(each.get(name)):
                return told_id(each, "id")
        if len(listed) < _PAGE:
            break
    return None
