"""Says whether a workspace's CPF, CNPJ and card numbers are masked before they are stored."""

from __future__ import annotations

from talkhub.services.audit import audit_in
from talkhub.store.statements.masking import SET_MASKING
from talkhub.store.uow import Database, Scope, system_scope


def set_masking(database: Database, scope: Scope, *, masks: bool) -> None:
    """Have the numbers of a scope's workspace masked from now on, or no longer.

    What is stored stays as it is. The caller has looked whether the scope's actor may.
    """
    params = {"workspace_id": scope.workspace_id, "masks": masks}
    with database.unit_of_work(system_scope("what a workspace wants masked")) as uow:
        changed = uow.run(SET_MASKING, params).scalar()
        if changed is not None:
            audit_in(
                uow,
                changed,
                actor=scope.actor,
                action="masking.on" if masks else "masking.off",
                subject=None,
                address=None,
            )
