"""Exports: rows as a file of any size, piece by piece, written down in the audit trail.

Rows are read batch by batch, each in a short transaction of its own that may only read: nothing is
held in the database while a slow client takes its time, and what began meanwhile does no harm.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from talkhub.services.audit import audit
from talkhub.services.exporting.export_formats import ExportFormat, Style, encoded
from talkhub.services.exporting.pipes import ahead
from talkhub.services.exporting.rows import (
    AuditRow,
    ConversationRow,
    MessageRow,
    ProfileRow,
    Row,
    RowType,
    audit_rows,
    conversation_rows,
    message_rows,
    profile_rows,
)
from talkhub.store.queries.analytics import Period
from talkhub.store.queries.conversation_filters import ConversationFilter
from talkhub.store.queries.keysets import Begun, conversations_from, people_from
from talkhub.store.uow import Database, Scope

ROWS_AT_ONCE = 5_000
LOOKED_AT_AT_ONCE = 10_000
TRANSCRIPTS_AT_ONCE = 25
"""Of up to 256 KB each, and several times as much once they are read."""


class ExportKind(StrEnum):
    """What each row is of."""

    CONVERSATIONS = "conversations"
    MESSAGES = "messages"
    PROFILES = "profiles"
    AUDIT = "audit"


COLUMNS: Mapping[ExportKind, RowType] = {
    ExportKind.CONVERSATIONS: ConversationRow,
    ExportKind.MESSAGES: MessageRow,
    ExportKind.PROFILES: ProfileRow,
    ExportKind.AUDIT: AuditRow,
}


@dataclass(frozen=True, slots=True)
class Export:
    """What somebody takes with them; `asked` are their filters for the trail, without anybody's id.

    The trail is never changed, and what is in it outlives whom it names.
    """

    kind: ExportKind
    format: ExportFormat
    wanted: ConversationFilter = field(default_factory=ConversationFilter)
    style: Style = field(default_factory=Style)
    asked: Mapping[str, object] = field(default_factory=dict)
    address: str | None = None
    prefix: str = ""

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.kind}.{self.format}"


@dataclass(slots=True)
class _Told:
    """How many rows were read so far."""

    rows: int = 0


def exported(database: Database, scope: Scope, export: Export) -> Generator[bytes, None, None]:
    """Yield the file's pieces; whoever stops taking them ends the reading.

    Before anything is read it is written down who takes what, and at the end how much it was and
    whether it was all.
    """
    _note(database, scope, export, "begun", {"asked": export.asked})
    told = _Told()
    is_whole = False
    batches = ahead(_batches(database, scope, export))
    try:
        read = _counted(batches, told)
        # Before the first piece: what fails at once is no broken file, but no file.
        first = next(read, ())
        columns = COLUMNS[export.kind]
        yield from encoded(chain([first], read), columns, export.format, export.style)
        is_whole = True
    finally:
        batches.close()
        _note(database, scope, export, "ended", {"rows": told.rows, "is_whole": is_whole})


def _note(
    database: Database, scope: Scope, export: Export, what: str, detail: Mapping[str, object]
) -> None:
    with database.unit_of_work(scope) as uow:
        audit(
            uow,
            action=f"export.{what}",
            subject=export.name,
            address=export.address,
            detail=detail,
        )


def _counted(batches: Iterator[Sequence[Row]], told: _Told) -> Iterator[Sequence[Row]]:
    for batch in batches:
        told.rows += len(batch)
        yield batch


def _batches(database: Database, scope: Scope, export: Export) -> Iterator[Sequence[Row]]:
    if export.kind is ExportKind.PROFILES:
        return _batches_of_people(database, scope, export.wanted)
    if export.kind is ExportKind.AUDIT:
        return _batches_of_entries(database, scope, export.wanted.began)
    return _batches_of_conversations(database, scope, export)


def _batches_of_conversations(
    database: Database, scope: Scope, export: Export
) -> Iterator[Sequence[Row]]:
    of_messages = export.kind is ExportKind.MESSAGES
    at_once = TRANSCRIPTS_AT_ONCE if of_messages else ROWS_AT_ONCE
    read = message_rows if of_messages else conversation_rows
    place: Begun | None = None
    while True:
        with database.read_only(scope) as uow:
            page = conversations_from(
                uow, export.wanted, after=place, limit=ROWS_AT_ONCE, look_at=LOOKED_AT_AT_ONCE
            )
        # A page without any is a batch too: whoever has gone is noticed where one is passed on.
        for begin in range(0, max(len(page.ids), 1), at_once):
            with database.read_only(scope) as uow:
                rows = read(uow, page.ids[begin : begin + at_once])
            yield rows
        if page.next is None:
            return
        place = page.next


def _batches_of_people(
    database: Database, scope: Scope, wanted: ConversationFilter
) -> Iterator[Sequence[Row]]:
    place: int | None = None
    while True:
        with database.read_only(scope) as uow:
            page = people_from(
                uow, wanted, after=place, limit=ROWS_AT_ONCE, look_at=LOOKED_AT_AT_ONCE
            )
            rows = profile_rows(uow, page.ids)
        yield rows
        if page.next is None:
            return
        place = page.next


def _batches_of_entries(
    database: Database, scope: Scope, periods: Sequence[Period]
) -> Iterator[Sequence[Row]]:
    """Yield the trail's entries, the oldest first: in the order in which they are verified."""
    after = 0
    while True:
        with database.read_only(scope) as uow:
            rows = audit_rows(uow, periods, after=after, limit=ROWS_AT_ONCE)
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1][0]
