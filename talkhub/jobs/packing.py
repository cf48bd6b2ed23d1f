"""Packs what the memory finds messages by, where no analysis did: old rows, and failed ones."""

from __future__ import annotations

from talkhub.services.recalling.memory import pack_waiting
from talkhub.store.statements.memory import WORKSPACES_WITHOUT_STEMS
from talkhub.store.uow import Database, system_scope, workspace_scope

BATCH = 200
# A slot's share of a large backlog: about ten seconds, then others get the processor.
MOST_AT_ONCE = 10_000


def pack_conversations(database: Database) -> None:
    """Pack conversations that nothing is found in yet, one workspace after another."""
    with database.read_only(system_scope("workspaces with conversations to pack")) as uow:
        workspaces = [row[0] for row in uow.run(WORKSPACES_WITHOUT_STEMS)]
    left = MOST_AT_ONCE
    for workspace_id in workspaces:
        packed = BATCH
        while packed == BATCH and left > 0:
            with database.unit_of_work(workspace_scope(workspace_id, "schedule")) as uow:
                packed = pack_waiting(uow, limit=BATCH)
            left -= packed
