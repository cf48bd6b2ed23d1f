"""Notes on conversations: for the team alone, never sent, never analysed."""

from __future__ import annotations

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound
from talkhub.services.audit import audit
from talkhub.services.fitting import without_nul
from talkhub.services.masking import as_stored
from talkhub.store.base import LARGEST_ID
from talkhub.store.statements import teamwork as statements
from talkhub.store.uow import UnitOfWork

LONGEST_NOTE = 4_000
MOST_NOTES = 200
"""On one conversation."""


def add_note(uow: UnitOfWork, conversation_id: str, body: str) -> int:
    """Write a note in the name of the unit of work's actor, and return its number.

    Raises Invalid for an empty or long one, and Conflict where there is no such conversation
    (any more) or no room.
    """
    params = {
        **_key(uow, conversation_id),
        "body": _checked(uow, body),
        "most": MOST_NOTES,
    }
    found = uow.run(statements.ADD_NOTE, params).scalar()
    if found is None:
        raise Conflict("There is no such conversation any more, or it has too many notes.")
    return int(found)


def change_note(uow: UnitOfWork, conversation_id: str, note_id: int, body: str) -> None:
    """Write a note of the actor's own anew. Raises NotFound for those of others, and Invalid."""
    params = {
        **_key(uow, conversation_id),
        "id": min(note_id, LARGEST_ID),
        "body": _checked(uow, body),
    }
    if uow.run(statements.CHANGE_NOTE, params).first() is None:
        raise NotFound("There is no such note of yours.")


def delete_note(uow: UnitOfWork, conversation_id: str, note_id: int) -> None:
    """Delete a note of the actor's own. Raises NotFound for those of others."""
    params = {**_key(uow, conversation_id), "id": min(note_id, LARGEST_ID)}
    if uow.run(statements.DELETE_NOTE, params).first() is None:
        raise NotFound("There is no such note of yours.")
    audit(uow, action="note.deleted", subject=str(note_id), address=None)


def _key(uow: UnitOfWork, conversation_id: str) -> dict[str, object]:
    return {
        "workspace_id": uow.workspace_id,
        "conversation_id": without_nul(conversation_id),
        "author": uow.scope.actor,
        "now": clock.now(),
    }


def _checked(uow: UnitOfWork, body: str) -> str:
    said = without_nul(body).replace("\r\n", "\n").strip()
    if not 0 < len(said) <= LONGEST_NOTE:
        detail = f"A note has from 1 to {LONGEST_NOTE} characters."
        raise Invalid.at("body", detail=detail, code="note_invalid")
    return as_stored(uow, said)
