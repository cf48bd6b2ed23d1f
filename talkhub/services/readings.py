"""Who read which transcript."""

from __future__ import annotations

from talkhub.store.statements import accounts as statements
from talkhub.store.uow import UnitOfWork


def note_reading(uow: UnitOfWork, conversation_id: str, *, address: str | None) -> None:
    """Write down that the unit of work's actor reads a transcript, once within each hour."""
    uow.run(
        statements.AUDIT_READING,
        {
            "workspace_id": uow.workspace_id,
            "actor": uow.scope.actor,
            "conversation_id": conversation_id,
            "address": address,
        },
    )
