"""Who read which transcript, or what a bot is told of whom."""

from __future__ import annotations

from talkhub.store.statements import audit as statements
from talkhub.store.uow import UnitOfWork

TRANSCRIPT_READ = "transcript.read"


def note_reading(uow: UnitOfWork, what: str, *, address: str | None) -> None:
    """Write down that the unit of work's actor reads people's words, once within each hour.

    `what` is a conversation's id, or `of_person` for what was said in several.
    """
    uow.run(
        statements.WRITE_READING_DOWN,
        {
            "workspace_id": uow.workspace_id,
            "actor": uow.scope.actor,
            "action": TRANSCRIPT_READ,
            "subject": what,
            "address": address,
        },
    )


def of_person(profile_id: int) -> str:
    """Return how the trail names words out of several of a person's conversations."""
    return f"person {profile_id}"
