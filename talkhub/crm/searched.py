"""How a contact is upserted where a CRM has no upsert, and no place for our ids: by searching."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from talkhub.crm.model import Contact, Kept
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


def filling(body: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
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
