"""Whoever speaks our contract: signed posts to one address, answered with an id.

Signed as webhooks are (Standard Webhooks). What is asked twice bears the same `reference`, and is
to be answered with the same id: so it is done once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from standardwebhooks import Webhook

from talkhub import clock
from talkhub.crm.calls import Calls, told_id
from talkhub.crm.model import Contact, Deal, Kept, Note, Person, Place
from talkhub.outbound.senders.base import document_of, is_taken


def headers(credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing: each body is signed by itself."""
    return {}


def query(credentials: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG001 -- the protocol
    """Return nothing."""
    return {}


def test_connection(calls: Calls) -> Mapping[str, Any]:
    """Send a test."""
    _post(calls, "connection.test", {"reference": "test"})
    return {}


def upsert_contact(calls: Calls, contact: Contact, known: Kept | None) -> Kept:
    """Tell of a contact, under the id that it is known by if there is one.

    Whom it takes for whom, its owner decides: by our reference it is ours.
    """
    data = {
        "reference": contact.reference,
        "id": known.id if known else None,
        **contact.person.as_row(),
        "fields": dict(contact.fields),
    }
    return Kept(told_id(_post(calls, "contact.upsert", data), "id"))


def add_note(calls: Calls, place: Place, note: Note) -> str:
    """Tell of a note."""
    at = {"contact_id": place.contact_id, "at": note.at.isoformat()}
    data = {"reference": note.reference, "text": note.text, **at}
    return told_id(_post(calls, "note.add", data), "id")


def create_deal(calls: Calls, place: Place, deal: Deal) -> str:
    """Tell of a deal."""
    where = {"pipeline": deal.pipeline, "stage": deal.stage}
    data = {"reference": deal.reference, "title": deal.title, **where}
    answer = _post(calls, "deal.create", {**data, "contact_id": place.contact_id})
    return told_id(answer, "id")


def read_contact(calls: Calls, contact_id: str) -> Person | None:
    """Ask what a contact says now; an answer without a name, e-mail and phone says nothing."""
    answer = _post(calls, "contact.read", {"reference": contact_id, "id": contact_id})
    person = Person.of(answer)
    return person if any(person.as_row().values()) else None


def _post(calls: Calls, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    now = clock.now()
    body = orjson.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
    message_id = f"{kind}:{data['reference']}"
    signature = Webhook(calls.credentials["secret"]).sign(message_id, now, body.decode())
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    answer = calls.exchange("POST", "", body, headers=signed)
    if not is_taken(answer):
        raise calls.refused(answer)
    return document_of(answer)
