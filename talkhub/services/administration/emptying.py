"""Delete what is in closed workspaces, a batch at a time, until nothing of them is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from talkhub.security import TOKEN_LIFETIME
from talkhub.store.statements import workspaces as statements
from talkhub.store.statements.locks import TRY_LOCK
from talkhub.store.uow import Database, Scope, UnitOfWork, system_scope

ROWS_AT_ONCE = 2_000
TOKENS_LIVE = TOKEN_LIFETIME + timedelta(hours=1)
"""So long the list of revoked tokens is needed: a token that it does not name would be valid."""

_KEPT_MEANWHILE = frozenset({"tokens", "api_keys"})
_TIMEOUT_MS = 60_000
_LAST_TIMEOUT_MS = 30 * 60_000
"""The audit trail goes with its workspace, in one statement, however long it is."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed workspace; once it is silent no token reaches it any more."""

    workspace_id: int
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows of a closed workspace were deleted, and whether it is gone altogether.

    It is finished if nothing that may go now is left: not while another deletes it too.
    """

    workspace_id: int
    rows: int
    is_finished: bool
    is_gone: bool


def closed_workspaces(database: Database) -> list[Closed]:
    """Return the workspaces that are closed and not gone yet."""
    with database.read_only(_scope()) as uow:
        rows = uow.run(statements.CLOSED_WORKSPACES, {"tokens_live": TOKENS_LIVE}).mappings()
        return [Closed(row["id"], row["is_silent"]) for row in rows]


def delete_closed(
    database: Database, closed: Closed, *, is_stopping: Callable[[], bool] = lambda: False
) -> Deleted:
    """Delete the rows of a closed workspace, and once no token can reach it the workspace.

    What is interrupted goes on with the next call. Rows that were still under way when it was
    closed are met by the last call, a day later. Where another deletes the same it leaves it to
    them.
    """
    key = {"workspace_id": closed.workspace_id}
    kept = frozenset() if closed.is_silent else _KEPT_MEANWHILE
    unfinished = Deleted(closed.workspace_id, 0, is_finished=False, is_gone=False)
    with database.unit_of_work(_scope()) as uow:
        if not _is_ours(uow, closed):
            return unfinished
        tables = [it for it in uow.run(statements.TABLES_WITH_ROWS).scalars() if it not in kept]
        uow.run(statements.UNTIE_ALIASES, key)
    total = 0
    for table in tables:
        batch = ROWS_AT_ONCE
        while batch >= ROWS_AT_ONCE:
            if is_stopping():
                return replace(unfinished, rows=total)
            with database.unit_of_work(_scope()) as uow:
                if not _is_ours(uow, closed):
                    return replace(unfinished, rows=total)
                params = {**key, "limit": ROWS_AT_ONCE}
                batch = uow.run(statements.delete_rows(table), params).rowcount
            total += batch
    is_gone = closed.is_silent and not is_stopping() and _delete_workspace(database, closed)
    return Deleted(closed.workspace_id, total, is_finished=True, is_gone=is_gone)


def _delete_workspace(database: Database, closed: Closed) -> bool:
    with database.unit_of_work(_scope(_LAST_TIMEOUT_MS)) as uow:
        is_ours = _is_ours(uow, closed)
        if is_ours:
            uow.run(statements.DELETE_WORKSPACE, {"workspace_id": closed.workspace_id})
    return is_ours


def _is_ours(uow: UnitOfWork, closed: Closed) -> bool:
    """Tell whether nobody else deletes the same now; whoever does goes on alone."""
    return bool(uow.run(TRY_LOCK, {"key": f"emptying:{closed.workspace_id}"}).scalar_one())


def _scope(timeout_ms: int = _TIMEOUT_MS) -> Scope:
    return system_scope("what is in closed workspaces", timeout_ms=timeout_ms)
