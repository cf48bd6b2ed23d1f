"""What is exchanged with a CRM, and what every connector provides."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from html import escape
from typing import Any, Protocol, Self

from talkhub.crm.calls import Calls

Prepared = Mapping[str, Any]
"""What a CRM told when it was asked to make room for our ids, such as its names for them."""

KNOWN_FIELDS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Person:
    """What a contact says of who it is; empty where nobody knows."""

    name: str = ""
    email: str = ""
    phone: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row, of ours or of a CRM, says."""
        return cls(**{name: " ".join(str(row.get(name) or "").split()) for name in KNOWN_FIELDS})

    def as_row(self) -> dict[str, str]:
        """Return it as it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Said:
    """What a CRM's contact says, the first e-mail and phone being its own; `id` is whom we got."""

    id: str
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def changed_since(self, seen: Person) -> dict[str, str]:
        """Return what is said otherwise than when it was seen last.

        What was only written otherwise is the same, and a number among several is still there. An
        e-mail or phone in a name's place is what a contact without a name was made with.
        """
        changed = {
            name: values[0]
            for name, values in (("email", self.emails), ("phone", self.phones))
            if values and compared(name, getattr(seen, name)) not in _all_compared(name, values)
        }
        stand_ins = {*_all_compared("name", self.emails), *_all_compared("name", self.phones)}
        name = compared("name", self.name)
        if name and name != compared("name", seen.name) and name not in stand_ins:
            changed["name"] = self.name
        return changed


@dataclass(frozen=True, slots=True)
class Heard:
    """A webhook of a CRM as it came in; the headers' names are in small letters."""

    method: str
    url: str
    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as a CRM is told of them. `reference` is our id; `fields` go by the CRM's names."""

    reference: str
    person: Person
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """The contact that a CRM keeps of a person, by its id there.

    An adopted one was there before us, found by an e-mail or phone that anybody may have typed: of
    it only what is empty is ever filled. `instead` is what it says where ours could not be told.
    """

    id: str
    is_adopted: bool = False
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to note at a contact."""

    reference: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal to begin with a contact; where, the CRM decides unless it is said."""

    reference: str
    title: str
    pipeline: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a note or deal belongs: the contact, and the last deal made for it if there is one.

    `may_exist` says that it was tried before: then it is looked for first.
    """

    contact_id: str
    deal_id: str | None
    may_exist: bool


@dataclass(frozen=True, slots=True)
class Session:
    """What a CRM lets us in with for so many seconds, and what asks for the next."""

    access_token: str
    refresh_token: str
    seconds: int


class Connector(Protocol):
    """The half of a connector that knows the CRM. Each is a module that has these members.

    Every call raises SendRefused where the CRM does not do it; whatever is tried again is
    looked for first, so that nothing is made twice.
    """

    def headers(self, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers that sign a call in."""

    def query(self, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Return the part of the address that signs a call in."""

    def test_connection(self, calls: Calls) -> Prepared:
        """See whether the CRM lets us in, and make room for our ids where it has to be made."""

    def upsert_contact(self, calls: Calls, contact: Contact, known: Kept | None) -> Kept:
        """Change the contact, the one that is known if it is there, or make it."""

    def add_note(self, calls: Calls, place: Place, note: Note) -> str:
        """Add a note and return its id."""

    def create_deal(self, calls: Calls, place: Place, deal: Deal) -> str:
        """Create a deal and return its id."""

    def read_contact(self, calls: Calls, contact_id: str, fields: Collection[str]) -> Said | None:
        """Return what a contact says now, also of fields by the CRM's names.

        None for one that there is not any more.
        """

    def is_proved(self, heard: Heard, credentials: Mapping[str, str], secret: str) -> bool:
        """Tell whether a webhook came from the CRM; `secret` is empty where nobody gave one.

        The address is a secret already. Where the CRM only calls people in, its word is not taken
        for more: what changed is read from the CRM itself.
        """

    def contacts_heard(self, document: Any) -> list[str]:
        """Return the ids of the contacts that a webhook says something of, in any order."""


def compared(name: str, value: str) -> str:
    """Return a value as it is compared: CRMs write phones and e-mails their own way."""
    if name == "phone":
        return re.sub(r"\D", "", value)
    return value.casefold()


def _all_compared(name: str, values: Collection[str]) -> set[str]:
    return {compared(name, value) for value in values}


def text_with_reference(text: str, reference: str) -> str:
    """Return a text that names itself: so it is found where a CRM has no place for our ids."""
    return f"{text}\n\n[{reference}]"


def as_html(text: str) -> str:
    """Return a text for a CRM whose notes are HTML: what somebody typed is no markup there."""
    return escape(text).replace("\n", "<br>")
