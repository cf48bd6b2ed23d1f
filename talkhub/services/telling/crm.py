"""Tell a workspace's CRMs what happened, by its rules, in the transaction in which it happened.

A workspace without rules costs one small read for each batch, and nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from talkhub.names.crm import CRMAction, CRMEvent, CRMRecordKind
from talkhub.services.telling.findings import shows, values_shown
from talkhub.services.telling.outbound import events_shown
from talkhub.store.statements import crm as statements
from talkhub.store.uow import UnitOfWork

RECORD_OF = {
    CRMAction.UPSERT_CONTACT: CRMRecordKind.CONTACT,
    CRMAction.ADD_NOTE: CRMRecordKind.NOTE,
    CRMAction.CREATE_DEAL: CRMRecordKind.DEAL,
}


def tell_crms(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue what the rules want told about analyses that were just stored.

    A note or deal is made once for each conversation, and what waits for a new person once for
    each person, however often they are analysed.
    """
    rules = uow.run(statements.ACTIVE_RULES, {"workspace_id": uow.workspace_id}).mappings().all()
    wanted = [
        (row, rule)
        for row in (rows if rules else ())
        for event in (CRMEvent.PERSON_NEW, *events_shown(row))
        for rule in rules
        if rule["event"] == event and shows(row, rule["sentiments"], rule["intents"])
    ]
    queued = [_errand(number, row, dict(rule)) for number, (row, rule) in enumerate(wanted)]
    if queued:
        params = {"workspace_id": uow.workspace_id, "rows": uow.json(queued)}
        uow.run(statements.QUEUE, params)


def tell_crms_of_change(uow: UnitOfWork, profile_id: int, *, source: str) -> None:
    """Queue a changed profile for the CRMs that know the person and want to hear of changes."""
    params = {
        "workspace_id": uow.workspace_id,
        "profile_id": profile_id,
        "source": source,
        "payload": uow.json({}),
    }
    uow.run(statements.QUEUE_CHANGED, params)


def connector_binding(workspace_id: int, public_token: str) -> str:
    """Return what a CRM's credentials are bound to where they are kept."""
    return f"crm_connectors/{workspace_id}/{public_token}"


def session_binding(workspace_id: int, public_token: str) -> str:
    """Return what a session at a CRM is bound to, so that no other secret stands for it."""
    return f"{connector_binding(workspace_id, public_token)}/session"


def webhook_binding(workspace_id: int, public_token: str) -> str:
    """Return what the secret of a CRM's webhooks is bound to."""
    return f"{connector_binding(workspace_id, public_token)}/webhook"


def _errand(number: int, row: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    is_contact = rule["action"] == CRMAction.UPSERT_CONTACT
    return {
        "number": number,
        "connector_id": rule["connector_id"],
        "profile_id": row["profile_id"],
        "conversation_id": row["id"],
        "kind": rule["action"],
        "record": RECORD_OF[CRMAction(rule["action"])].value,
        "slot": _slot(row, rule),
        "payload": {}
        if is_contact
        else {
            # Random: ids that count would begin anew with another database.
            "reference": f"talkhub-{secrets.token_hex(8)}",
            "slot": _slot(row, rule),
            "text": rule["text"],
            "values": {**values_shown(row), "platform": row["platform"]},
            "pipeline": rule["pipeline"],
            "stage": rule["stage"],
        },
    }


def _slot(row: Mapping[str, Any], rule: Mapping[str, Any]) -> str | None:
    """Name what is done once; None for what may be done again, as it changes nothing then."""
    if rule["event"] == CRMEvent.PERSON_NEW:
        return f"rule:{rule['id']}"
    if rule["action"] == CRMAction.UPSERT_CONTACT:
        return None
    return f"rule:{rule['id']}:{row['id']}"
