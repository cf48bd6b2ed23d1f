"""Whoever speaks our contract: signed posts to one address, answered with an id.

Signed as webhooks are (Standard Webhooks). What is asked twice bears the same `reference`, and is
to be answered with the same id: so it is done once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from standardwebhooks import Webhook, WebhookVerificationError

from talkhub import clock
from talkhub.crm.calls import Calls, told_id
from talkhub.crm.hearing import ids, members, part, scalar
from talkhub.crm.model import Contact, Deal, Heard, Kept, Note, Person, Place, Said
from talkhub.outbound.guarded import Answer
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


def read_contact(calls: Calls, contact_id: str, fields: Collection[str]) -> Said | None:
    """Ask what a contact says now; 404 or 410 say that it is gone."""
    answer = _exchanged(calls, "contact.read", {"reference": contact_id, "id": contact_id})
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return None
    if not is_taken(answer):
        raise calls.refused(answer)
    told = document_of(answer)
    person, custom = Person.of(told), part(told, "fields")
    return Said(
        id=contact_id,
        name=person.name,
        emails=(person.email,) if person.email else (),
        phones=(person.phone,) if person.phone else (),
        fields={name: scalar(custom.get(name)) for name in fields},
    )


def is_proved(heard: Heard, credentials: Mapping[str, str], secret: str) -> bool:  # noqa: ARG001 -- the protocol
    """Tell whether it is signed with the secret that our calls are signed with."""
    try:
        Webhook(credentials["secret"]).verify(heard.raw, dict(heard.headers), json_parse=False)
    except (WebhookVerificationError, ValueError, OverflowError, OSError):
        return False  # the library reads times and signatures of strangers as they come
    return True


def contacts_heard(document: Any) -> list[str]:
    """Return the contact that an event is of."""
    is_contacts = str(members(document).get("type", "")).startswith("contact.")
    return ids(part(document, "data").get("id")) if is_contacts else []


def _post(calls: Calls, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    answer = _exchanged(calls, kind, data)
    if not is_taken(answer):
        raise calls.refused(answer)
    return document_of(answer)


def _exchanged(calls: Calls, kind: str, data: Mapping[str, Any]) -> Answer:
    now = clock.now()
    body = orjson.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
    message_id = f"{kind}:{data['reference']}"
    signature = Webhook(calls.credentials["secret"]).sign(message_id, now, body.decode())
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return calls.exchange("POST", "", body, headers=signed)
