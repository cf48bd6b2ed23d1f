"""Sends exports: counted apart from other requests, and few at once."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

import structlog
from flask import Response

from talkhub import clock
from talkhub.blueprints.streams import Holder, StreamSeats, closing
from talkhub.errors import Unavailable
from talkhub.services.administration.brands import face_of
from talkhub.services.administration.workspace_archive import workspace_archive
from talkhub.services.exporting.export_formats import MEDIA_TYPES
from talkhub.services.exporting.exports import Export, exported
from talkhub.settings import Settings
from talkhub.store.uow import Database, Scope
from talkhub.volatile.limits import LeasedLimiter, refuse_if_early

MAX_EXPORTS = 4
"""Of a process at once: each one holds a thread, and keeps the database busy."""

_HOUR = 3600
logger = structlog.get_logger(__name__)


class ExportDesk:
    """The one way out for exports of a web process, whoever asks for them."""

    def __init__(self, settings: Settings, database: Database, limiter: LeasedLimiter) -> None:
        self._limit = settings.rate_limit_exports
        self._database = database
        self._limiter = limiter
        self._seats = StreamSeats(most=MAX_EXPORTS, most_of_one=MAX_EXPORTS // 2)

    def send(self, scope: Scope, export: Export) -> Response:
        """Return an export as a file to be stored; raises what goes wrong before its first rows."""
        stream = exported(self._database, scope, export)
        name = f"{export.prefix}{export.name}"
        return self._send(scope, stream, name, MEDIA_TYPES[export.format])

    def send_archive(self, scope: Scope, *, address: str | None) -> Response:
        """Return everything that is in a workspace as one file; raises like `send`."""
        with self._database.read_only(scope) as uow:
            prefix = face_of(uow).file_prefix
        stream = workspace_archive(self._database, scope, address=address)
        return self._send(scope, stream, f"{prefix}workspace.zip", "application/zip")

    def _send(
        self, scope: Scope, stream: Generator[bytes, None, None], name: str, media_type: str
    ) -> Response:
        key = f"export:{scope.workspace_id}:{scope.actor}"
        wait = self._limiter.take(key, limit=self._limit, window_seconds=_HOUR)
        refuse_if_early(wait, self._limit, _HOUR)
        first: list[bytes] = []
        response = self._seats.send(
            _in_order(first, stream, name),
            Holder(scope.workspace_id or 0, scope.actor),
            mimetype=media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{_file_name(name)}"',
                "Cache-Control": "no-store",
            },
        )
        response.call_on_close(stream.close)
        try:  # what fails before the first rows are there is told as a problem
            first += islice(stream, 1)
        except BaseException:
            response.close()
            raise
        return response


def _in_order(
    first: list[bytes], stream: Generator[bytes, None, None], name: str
) -> Generator[bytes, None, None]:
    try:
        yield from first
        for piece in stream:
            yield piece
            if closing.is_set():
                yield stream.throw(Unavailable("The service ends."))
    except Exception:
        logger.exception("export_broken_off", export=name)
        raise


def _file_name(name: str) -> str:
    kind, _dot, form = name.rpartition(".")
    return f"{kind}-{clock.now():%Y-%m-%d}.{form}"
