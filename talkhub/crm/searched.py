"""What contacts of CRMs without an upsert, and without a place for our ids, have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from talkhub.crm.calls import told_id
from talkhub.crm.hearing import scalar
from talkhub.crm.model import Contact, Kept, Said
from talkhub.names import SendFailure
from talkhub.outbound.senders.base import SendRefused


def upsert_searched(
    contact: Contact,
    known: Kept | None,
    *,
    find: Callable[[], str | None],
    change: Callable[[Kept], bool],
    make: Callable[[], str],
) -> Kept:
    """Change the contact that is known, or the one that is found; else make one.

    `change` says whether it is there. Anybody may type anybody's e-mail: who is found is adopted,
    this time and every other. Raises SendRefused for whom nothing would find again.
    """
    if known is not None and change(known):
        return known
    found = find()
    if found is not None:
        adopted = Kept(found, is_adopted=True)
        if change(adopted):
            return adopted
    if not contact.person.email and not contact.person.phone:
        reason = "This CRM finds people by e-mail or phone, and this one has neither."
        raise SendRefused(SendFailure.PERMANENT, reason)
    return Kept(make())


def change_searched(
    kept: Kept,
    *,
    read: Callable[[], Mapping[str, Any] | None],
    body: Callable[[Mapping[str, Any]], dict[str, Any]],
    write: Callable[[dict[str, Any]], bool],
) -> bool:
    """Change a contact by what it says now; say whether it is there. Adopted ones are only filled.

    `body` is the change to one that says this; `write` tells whether the contact was still there.
    """
    found = read()
    if found is None:
        return False
    told_id(found, "data", "id")
    change = body(found["data"])
    if kept.is_adopted:
        change = _filling(change, found["data"])
    return not change or write(change)


def said_by(
    contact: Mapping[str, Any],
    fields: Collection[str],
    values: Callable[[Mapping[str, Any], str], list[str]],
) -> Said:
    """Return what a contact says; `values` are its texts of a list, `emails` or `phones`."""
    custom = contact.get("custom_fields") or {}
    return Said(
        id=told_id(contact, "id"),
        name=" ".join(scalar(contact.get("name")).split()),
        emails=tuple(values(contact, "emails")),
        phones=tuple(values(contact, "phones")),
        fields={name: scalar(custom.get(name)) for name in fields},
    )


def _filling(body: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a change says something where the contact says nothing."""
    known = said.get("custom_fields") or {}
    fields = {
        name: value
        for name, value in body.get("custom_fields", {}).items()
        if known.get(name) in (None, "")
    }
    filled = {
        name: it for name, it in body.items() if name != "custom_fields" and not said.get(name)
    }
    return {**filled, "custom_fields": fields} if fields else filled
