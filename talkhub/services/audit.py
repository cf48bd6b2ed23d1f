"""A workspace's trail of who did what, which nobody can change."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.store.statements import audit as statements
from talkhub.store.uow import UnitOfWork


def audit(
    uow: UnitOfWork,
    *,
    action: str,
    subject: str | None,
    address: str | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry to the workspace's trail, in the change's own transaction."""
    audit_in(
        uow,
        uow.workspace_id,
        actor=uow.scope.actor,
        action=action,
        subject=subject,
        address=address,
        detail=detail,
    )


def audit_in(
    uow: UnitOfWork,
    workspace_id: int,
    *,
    actor: str,
    action: str,
    subject: str | None,
    address: str | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry to a workspace's trail from a unit of work that sees all workspaces."""
    uow.run(
        statements.WRITE_DOWN,
        {
            "workspace_id": workspace_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": uow.json(detail or {}),
            "address": address,
        },
    )
