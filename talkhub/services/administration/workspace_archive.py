"""A workspace as one ZIP: its people, conversations and messages, and what was set and found.

It is written while it is sent: never more of it is held than one batch of rows.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from talkhub import json_codec
from talkhub.services.administration.administering import overseeing
from talkhub.services.audit import audit
from talkhub.services.exporting.export_formats import ExportFormat
from talkhub.services.exporting.exports import Export, ExportKind, exported
from talkhub.store.statements import archiving as statements
from talkhub.store.uow import Database, Scope

ROWS_AT_ONCE = 1_000
COMPRESSION = 6

SETTINGS = {
    "settings/workspace.ndjson": statements.OWN_WORKSPACE,
    "settings/channels.ndjson": statements.CHANNELS,
    "settings/webhook_endpoints.ndjson": statements.ENDPOINTS,
    "settings/api_keys.ndjson": statements.API_KEYS,
    "settings/crm_connectors.ndjson": statements.CRM_CONNECTORS,
    "settings/brands.ndjson": statements.BRAND,
    "settings/keeping_rules.ndjson": statements.all_of("keeping_rules"),
    "settings/call_pages.ndjson": statements.all_of("call_pages"),
    "settings/opt_out_words.ndjson": statements.all_of("opt_out_words"),
    "settings/subject_request_days.ndjson": statements.all_of("subject_request_days"),
    "settings/enrichment_consents.ndjson": statements.all_of("enrichment_consents"),
    "settings/reply_settings.ndjson": statements.all_of("reply_settings"),
}
"""What was set, without any secret; few rows each."""

TABLES = (
    "profile_facts",
    "corrections",
    "custom_events",
    "scores",
    "own_labels",
    "alert_rules",
    "alerts",
    "write_back_rules",
    "crm_rules",
    "crm_records",
    "chat_sessions",
    "calls",
    "identities",
    "profile_changes",
    "message_changes",
    "enrichments",
    "notes",
    "markers",
    "saved_views",
    "consent_texts",
    "consents",
    "subject_requests",
    "reply_sources",
    "reply_passages",
    "replies",
    "audit_entries",
)
"""The tables that are told row by row, beside the exports: they hold no secret, and an `id`."""

MEMBERS, MARKED = "settings/memberships.ndjson", "conversation_markers.ndjson"

LEFT_OUT = {
    "audit_chains": "the seals are of this installation's key",
    "browser_sessions": "who is signed in here",
    "bucket_stats": "figures, counted from what is told",
    "call_signals": "what browsers tell each other while a call goes on",
    "conversation_analyses": "each conversation is told with what its analysis found",
    "delivery_attempts": "a log of this installation",
    "dirty_buckets": "work that is under way",
    "dirty_days": "work that is under way",
    "enrichment_usage": "what this installation spent",
    "idempotency_keys": "answers kept for a day",
    "inbound_events": "what they brought is in the conversations",
    "intent_habits": "figures, counted from what is told",
    "invitations": "they hold for this installation only",
    "message_index": "the messages, where they are found",
    "oauth_grants": "who let which application in here",
    "outbound_messages": "what was said is in the conversations, the rest is deliveries from here",
    "own_models": "learned from the corrections, which are told",
    "reconciled_people": "work that is under way",
    "reconciliations": "work that is under way",
    "refresh_tokens": "secrets",
    "request_log": "a log of this installation",
    "tokens": "secrets",
    "tombstones": "digests by this installation's key, of who was erased",
    "usage_counts": "what was used here",
    "weekly_reports": "which week was told last",
}
"""What of a workspace is not taken along, and why. Add a table here only knowingly."""


class _Pieces(io.RawIOBase):
    """A file that is only written to: what was written is taken away piece by piece."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        """Tell that it can be written to; it can not be gone back in."""
        return True

    def write(self, piece: Any) -> int:
        """Keep a piece until it is taken."""
        self._written.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since."""
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def workspace_archive(
    database: Database, scope: Scope, *, address: str | None
) -> Generator[bytes, None, None]:
    """Yield the archive's pieces; each of its files is as `talkhub.cli export` would write it."""
    with database.unit_of_work(scope) as uow:
        audit(uow, action="workspace.exported", subject=str(scope.workspace_id), address=address)
    target = _Pieces()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        for name, statement in SETTINGS.items():
            yield from _file(archive, target, name, _settings(database, scope, statement))
        yield from _file(archive, target, MEMBERS, _members(database, scope))
        for kind in (ExportKind.PROFILES, ExportKind.CONVERSATIONS, ExportKind.MESSAGES):
            export = Export(kind=kind, format=ExportFormat.NDJSON, address=address)
            yield from _file(archive, target, export.name, exported(database, scope, export))
        for table in TABLES:
            rows = _rows(database, scope, statements.rows_of(table))
            yield from _file(archive, target, f"{table}.ndjson", rows)
        yield from _file(archive, target, MARKED, _rows(database, scope, statements.MARKED))
    yield target.take()


def _file(
    archive: ZipFile, target: _Pieces, name: str, pieces: Generator[bytes, None, None]
) -> Iterator[bytes]:
    try:
        # Of any size: how large it becomes is not known when it begins.
        with archive.open(name, "w", force_zip64=True) as entry:
            yield from _written(entry, target, pieces)
    finally:
        pieces.close()


def _written(
    entry: IO[bytes], target: _Pieces, pieces: Generator[bytes, None, None]
) -> Iterator[bytes]:
    for piece in pieces:
        entry.write(piece)
        if taken := target.take():
            yield taken


def _settings(database: Database, scope: Scope, statement: str) -> Generator[bytes, None, None]:
    with database.read_only(scope) as uow:
        rows = uow.run(statement, {"workspace_id": uow.workspace_id}).scalars().all()
    yield _lines(rows)


def _members(database: Database, scope: Scope) -> Generator[bytes, None, None]:
    with overseeing(database) as uow:
        key = {"workspace_id": scope.workspace_id}
        rows = uow.run(statements.MEMBERS, key).scalars().all()
    yield _lines(rows)


def _rows(database: Database, scope: Scope, statement: str) -> Generator[bytes, None, None]:
    after = 0
    while True:
        with database.read_only(scope) as uow:
            params = {"workspace_id": uow.workspace_id, "after": after, "limit": ROWS_AT_ONCE}
            rows = uow.run(statement, params).all()
        yield _lines([row[1] for row in rows])
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1][0]


def _lines(documents: Any) -> bytes:
    return b"".join(json_codec.dumps(document) + b"\n" for document in documents)
