"""What a workspace decides for itself."""

from __future__ import annotations

from talkhub.store.statements.accounts import SET_SESSION_IDLE
from talkhub.store.uow import Database, system_scope


def set_session_idle(database: Database, workspace_id: int, minutes: int | None) -> None:
    """Let a workspace's sessions end after a silence of its own; None goes by the setting again."""
    with database.unit_of_work(system_scope("a workspace's silence between sessions")) as uow:
        uow.run(SET_SESSION_IDLE, {"workspace_id": workspace_id, "minutes": minutes})
