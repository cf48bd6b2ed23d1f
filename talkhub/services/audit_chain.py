"""Seal the audit trail into a chain, and look whether somebody broke it.

Each workspace has a chain of its own. An entry's place in it is given when it is sealed, not when
it is written: a transaction that commits late is sealed late, and leaves no gap.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import RowMapping

from talkhub.store.statements import audit as statements
from talkhub.store.uow import Database, Scope, UnitOfWork, system_scope, workspace_scope

ENTRIES_AT_ONCE = 1_000

logger = structlog.get_logger(__name__)

Entry = RowMapping


class AuditKey:
    """What seals are made with: a secret, without which nobody can seal what they changed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, entry: Entry, *, position: int, after: bytes) -> bytes:
        """Return the link that an entry is at a position of its chain, `after` the one before."""
        said = [
            entry["workspace_id"],
            position,
            entry["id"],
            entry["actor"],
            entry["action"],
            entry["subject"],
            entry["detail"],
            entry["address"],
            entry["at"].astimezone(UTC).isoformat(),
        ]
        return self._digest("entry", after, said)

    def mark(self, workspace_id: int, *, entries: int, seal: bytes) -> bytes:
        """Return what proves how long a chain was, and how it ended."""
        return self._digest("chain", seal, [workspace_id, entries])

    def _digest(self, what: str, seal: bytes, said: list[Any]) -> bytes:
        text = json.dumps([what, seal.hex(), said], sort_keys=True, separators=(",", ":"))
        return hmac.digest(self._key, text.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in a trail; `fault` names the first thing that is wrong, None if nothing is.

    `unsealed` entries are younger than the last minute, or nobody runs the schedule.
    """

    entries: int
    unsealed: int
    unsealed_since: datetime | None
    fault: str | None = None


def seal_entries(database: Database, key: AuditKey) -> int:
    """Seal what was written down in all workspaces; return how many entries that were.

    A chain that somebody changed is left as it is: what follows must not hide it.
    """
    with database.read_only(_scope()) as uow:
        workspaces = list(uow.run(statements.WORKSPACES_TO_SEAL).scalars())
    total = 0
    for workspace_id in workspaces:
        sealed = ENTRIES_AT_ONCE
        while sealed == ENTRIES_AT_ONCE:
            with database.unit_of_work(_scope()) as uow:
                sealed = _seal_some(uow, workspace_id, key)
            total += sealed
    return total


def _seal_some(uow: UnitOfWork, workspace_id: int, key: AuditKey) -> int:
    own = {"workspace_id": workspace_id}
    uow.run(statements.OPEN_CHAIN, own)
    chain = uow.run(statements.HOLD_CHAIN, own).mappings().one()
    if not _is_marked(chain, workspace_id, key):
        logger.error("audit_chain_broken", workspace_id=workspace_id)
        return 0
    position, seal = chain["entries"], bytes(chain["seal"])
    ids, positions, seals = [], [], []
    for entry in uow.run(statements.UNSEALED, {**own, "limit": ENTRIES_AT_ONCE}).mappings():
        position += 1
        seal = key.seal(entry, position=position, after=seal)
        ids.append(entry["id"])
        positions.append(position)
        seals.append(seal)
    if ids:
        uow.run(statements.SEAL, {**own, "ids": ids, "positions": positions, "seals": seals})
        mark = key.mark(workspace_id, entries=position, seal=seal)
        uow.run(statements.MOVE_CHAIN, {**own, "entries": position, "seal": seal, "mark": mark})
    return len(ids)


def sealed_entries(database: Database, workspace_id: int, actor: str) -> int:
    """Return how long a workspace's chain says it is."""
    with database.read_only(workspace_scope(workspace_id, actor)) as uow:
        chain = uow.run(statements.READ_CHAIN, {"workspace_id": workspace_id}).mappings().first()
    return chain["entries"] if chain else 0


def verify_chain(
    database: Database,
    workspace_id: int,
    key: AuditKey,
    *,
    actor: str,
    tell: Callable[[int], None] = lambda _done: None,
) -> Verdict:
    """Look through a workspace's whole trail; `tell` hears how many entries were looked at."""
    own = {"workspace_id": workspace_id}
    with database.read_only(workspace_scope(workspace_id, actor)) as uow:
        chain = uow.run(statements.READ_CHAIN, own).mappings().first()
        tail = uow.run(statements.UNSEALED_TAIL, own).mappings().one()
    position, seal, fault = 0, b"", None
    for entry in _sealed(database, workspace_id, actor):
        fault = _fault_of(entry, key, position=position + 1, after=seal)
        if fault:
            break
        position, seal = entry["position"], bytes(entry["seal"])
        if position % ENTRIES_AT_ONCE == 0:
            tell(position)
    tell(position)
    if fault is None:
        fault = _fault_at_the_end(chain, workspace_id, key, entries=position, seal=seal)
    return Verdict(position, tail["entries"], tail["oldest_at"], fault)


def _sealed(database: Database, workspace_id: int, actor: str) -> Iterator[Entry]:
    after = 0
    while True:
        params = {"workspace_id": workspace_id, "after": after, "limit": ENTRIES_AT_ONCE}
        with database.read_only(workspace_scope(workspace_id, actor)) as uow:
            found = uow.run(statements.SEALED, params).mappings().all()
        yield from found
        if len(found) < ENTRIES_AT_ONCE:
            return
        after = found[-1]["position"]


def _fault_of(entry: Entry, key: AuditKey, *, position: int, after: bytes) -> str | None:
    if entry["position"] != position:
        gone = entry["position"] - position
        return f"{gone} entries are gone before entry {entry['id']}, from position {position} on."
    if not hmac.compare_digest(
        bytes(entry["seal"]), key.seal(entry, position=position, after=after)
    ):
        return f"Entry {entry['id']}, at position {position}, is not what was sealed."
    return None


def _fault_at_the_end(
    chain: Entry | None, workspace_id: int, key: AuditKey, *, entries: int, seal: bytes
) -> str | None:
    if chain is None:
        return f"There is no record of a chain of {entries} entries." if entries else None
    if not _is_marked(chain, workspace_id, key):
        return "The record of the chain's end was changed, or ENCRYPTION_KEY was another one."
    if entries < chain["entries"]:
        gone, last = chain["entries"] - entries, entries + 1
        return f"The last {gone} entries are gone, from position {last} on."
    # What was sealed while we read lies behind the end that was read first.
    is_end = entries > chain["entries"] or hmac.compare_digest(seal, bytes(chain["seal"]))
    return None if is_end else f"The chain does not end as it was sealed, at position {entries}."


def _is_marked(chain: Entry, workspace_id: int, key: AuditKey) -> bool:
    """Tell whether a chain's record is ours; one that was only just opened has no mark."""
    entries, seal = chain["entries"], bytes(chain["seal"])
    if not entries:
        return not seal and not bytes(chain["mark"])
    expected = key.mark(workspace_id, entries=entries, seal=seal)
    return hmac.compare_digest(bytes(chain["mark"]), expected)


def _scope() -> Scope:
    return system_scope("the seals of all workspaces' trails")
