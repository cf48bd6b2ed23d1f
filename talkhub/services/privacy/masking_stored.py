"""Masks the CPF, CNPJ and card numbers that were stored before a workspace wanted that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

from talkhub.analysis.identity_numbers import without_numbers
from talkhub.analysis.pipeline import outdated_versions
from talkhub.errors import Conflict
from talkhub.services.audit import audit
from talkhub.services.masking import masks_numbers
from talkhub.services.privacy.erasing import TIMEOUT_MS
from talkhub.services.privacy.masking_rows import (
    masked_conversation,
    masked_history,
    masked_sent,
)
from talkhub.services.talking.transcripts import fingerprint
from talkhub.store.statements import masking as statements
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

BATCH = 200
"""So many rows are held at once: whoever changes one of them meanwhile waits for these only."""

_ALL = "true"
_Opened: TypeAlias = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True, slots=True)
class _Texts:
    """Where a table keeps texts, and how its rows are masked.

    `longest` are the columns that hold only so much.
    """

    table: str
    columns: tuple[str, ...]
    only: str = _ALL
    longest: dict[str, int] = field(default_factory=dict)
    mask: Callable[[dict[str, Any]], dict[str, Any]] = without_numbers


_CONVERSATIONS: Final = "conversations"
_TEXTS: Final = (
    # What an analysis quotes is masked after what it is made of: one that runs is not stored.
    _Texts(
        _CONVERSATIONS,
        ("session_id", "messages", "metadata", "intent_analysis"),
        mask=masked_conversation,
    ),
    _Texts("conversation_analyses", ("result",)),
    _Texts("enrichments", ("result",)),
    _Texts("profile_facts", ("value", "quote")),
    _Texts("message_changes", ("value",)),
    _Texts("chat_sessions", ("user_data",)),
    _Texts("user_profiles", ("name", "preferences", "tags", "custom"), longest={"name": 255}),
    _Texts("profile_changes", ("changes",), mask=masked_history),
    _Texts("notes", ("body",)),
    _Texts("scores", ("comment",)),
    _Texts("custom_events", ("name",), longest={"name": 64}),
    _Texts("crm_records", ("seen",)),
    _Texts("subject_requests", ("details", "answer", "asked_by"), longest={"asked_by": 255}),
    _Texts("saved_views", ("filters",)),
    _Texts("outbound_messages", ("payload",), only="state = 'sent'", mask=masked_sent),
    _Texts("inbound_events", ("payload", "raw"), only="state = 'dead'"),
)


def rows_with_texts(database: Database, workspace_id: int, actor: str) -> int:
    """Return how many rows `mask_stored` looks at."""
    scope = workspace_scope(workspace_id, actor, timeout_ms=TIMEOUT_MS)
    with database.read_only(scope) as uow:
        key = {"workspace_id": workspace_id}
        tables = (it.table for it in _TEXTS)
        return sum(uow.run(statements.count_rows(it), key).scalar_one() for it in tables)


def mask_stored(
    database: Database,
    workspace_id: int,
    *,
    actor: str,
    is_dry: bool,
    tell: Callable[[int], None],
) -> dict[str, int]:
    """Mask what a workspace stored before; return by table how many rows were changed.

    A dry run only counts them. Each batch is a transaction: interrupted, it is run again, and what
    is masked is passed over. Raises Conflict for a workspace that does not want masks: what comes
    meanwhile would be stored whole.
    """
    scope = workspace_scope(workspace_id, actor, timeout_ms=TIMEOUT_MS)
    with database.read_only(scope) as uow:
        if not is_dry and not masks_numbers(uow):
            raise Conflict("Switch the masks on first: what comes meanwhile would not be masked.")
    opened = partial(database.read_only if is_dry else database.unit_of_work, scope)
    changed: dict[str, int] = {}
    done = 0
    for texts in _TEXTS:
        changed[texts.table] = after = 0
        seen = BATCH
        while seen == BATCH:
            with opened() as uow:
                seen, found, after = _mask_rows(uow, texts, after, is_dry=is_dry)
            changed[texts.table] += found
            done += seen
            tell(done)
    changed["inbound_events"] += _drop_bodies(opened, is_dry=is_dry)
    changed["idempotency_keys"] = _mask_answers(opened, is_dry=is_dry)
    if not is_dry and any(changed.values()):
        with database.unit_of_work(scope) as uow:
            rows = {"rows": sum(changed.values())}
            audit(uow, action="masking.applied", subject=None, address=None, detail=rows)
    return changed


def _mask_rows(uow: UnitOfWork, texts: _Texts, after: int, *, is_dry: bool) -> tuple[int, int, int]:
    """Return how many rows were looked at and changed, and the last one's id."""
    sql = statements.read_texts(texts.table, texts.columns, only=texts.only, locks=not is_dry)
    key = {"workspace_id": uow.workspace_id}
    found = uow.run(sql, {**key, "after": after, "limit": BATCH}).all()
    rows = [
        {"id": id_, **masked} for id_, said in found if (masked := _masked(texts, said)) != said
    ]
    if rows and not is_dry:
        if texts.table == _CONVERSATIONS:
            _write_conversations(uow, rows)
        else:
            sql = statements.write_texts(texts.table, texts.columns)
            uow.run(sql, {**key, "rows": uow.json(rows)})
    return len(found), len(rows), found[-1][0] if found else after


def _masked(texts: _Texts, said: dict[str, Any]) -> dict[str, Any]:
    masked = texts.mask(said)
    for column, longest in texts.longest.items():
        if masked[column] is not None:
            masked[column] = masked[column][:longest]
    if masked.get("raw") is not None:
        masked["raw"] = None  # byte for byte what the payload says
    return masked


def _write_conversations(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["fingerprint"] = fingerprint(row.pop("session_id"), row["messages"]).hex()
    params = {"workspace_id": uow.workspace_id, "rows": uow.json(rows)}
    uow.run(statements.MASK_CONVERSATIONS, {**params, "version": outdated_versions()[-1]})


def _drop_bodies(opened: _Opened, *, is_dry: bool) -> int:
    """Drop what channels sent and was settled, as masks have it dropped at once."""
    if is_dry:
        with opened() as uow:
            left = uow.run(statements.BODIES_LEFT, {"workspace_id": uow.workspace_id})
            return int(left.scalar_one())
    total, found = 0, BATCH
    while found == BATCH:
        with opened() as uow:
            params = {"workspace_id": uow.workspace_id, "limit": BATCH}
            found = uow.run(statements.DROP_BODIES, params).rowcount
        total += found
    return total


def _mask_answers(opened: _Opened, *, is_dry: bool) -> int:
    total, seen = 0, BATCH
    place = {"principal": "", "tool": "", "key": ""}
    while seen == BATCH:
        with opened() as uow:
            params = {"workspace_id": uow.workspace_id, "limit": BATCH}
            found = uow.run(statements.STORED_ANSWERS, {**params, **place}).mappings().all()
            rows = [
                {**row, "answer": masked}
                for row in found
                if (masked := without_numbers(row["answer"])) != row["answer"]
            ]
            if rows and not is_dry:
                uow.run(statements.MASK_ANSWERS, {**params, "rows": uow.json(rows)})
        total, seen = total + len(rows), len(found)
        if found:
            place = {name: found[-1][name] for name in place}
    return total
