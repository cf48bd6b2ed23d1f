"""The connections on which single statements take turns, each committing by itself.

SQLAlchemy's pool would be a tenth of what a hot call costs: this one hands a connection
out, and takes it back, by two calls into C.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import psycopg2
from psycopg2.extras import register_default_jsonb
from sqlalchemy.engine import make_url

from talkhub import json_codec
from talkhub.errors import Unavailable
from talkhub.store.prepared import execute_prepared

LONGEST_WAIT_SECONDS = 3
LONGEST_LIFE_SECONDS = 300

CONNECT_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "application_name": "talkhub",
    # A server that vanished without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


@dataclass(slots=True)
class _Single:
    """A connection, and the statements that were prepared through it."""

    connection: Any
    known: set[str] = field(default_factory=set)
    opened_at: float = field(default_factory=time.monotonic)


class SingleConnections:
    """At most `size` connections, opened when they are needed."""

    def __init__(self, url: str, size: int) -> None:
        self._address = (
            make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._permits.put(None)
        # The last one used is the next one used: its server's caches are warm.
        self._idle: list[_Single] = []

    def execute(self, prologue: str, statement: str, params: Mapping[str, Any]) -> list[Any]:
        """Send scope and statement as one message and return the rows.

        Raises Unavailable if no connection is to be had or the one taken is lost; the
        statement may have been committed even so.
        """
        try:
            self._permits.get(timeout=LONGEST_WAIT_SECONDS)
        except Empty:
            raise Unavailable("Too many requests wait for the database.") from None
        try:
            return self._execute(self._take(), prologue, statement, params)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise Unavailable("The database cannot be reached right now.") from error
        finally:
            self._permits.put(None)

    def _execute(
        self, single: _Single, prologue: str, statement: str, params: Mapping[str, Any]
    ) -> list[Any]:
        try:
            with single.connection.cursor() as cursor:
                execute_prepared(cursor, single.known, prologue, statement, params)
                return list(cursor.fetchall())
        finally:
            if single.connection.closed:
                # Its neighbours died with the same server: do not try them one by one.
                self.close()
            else:
                self._idle.append(single)

    def close(self) -> None:
        """Close the connections that nobody uses right now."""
        while single := self._pop():
            single.connection.close()

    def _take(self) -> _Single:
        single = self._pop()
        if single is not None:
            if time.monotonic() - single.opened_at < LONGEST_LIFE_SECONDS:
                return single
            single.connection.close()
        connection = psycopg2.connect(self._address, **CONNECT_OPTIONS)
        connection.autocommit = True
        register_codecs(connection)
        return _Single(connection)

    def _pop(self) -> _Single | None:
        try:  # asking first would be a race with the other threads
            return self._idle.pop()
        except IndexError:
            return None


def register_codecs(connection: Any) -> None:
    """Have a connection read JSONB as our codec does."""
    register_default_jsonb(connection, loads=json_codec.loads)
