"""The three ways to reach the database: units of work, single statements, reads.

Every transaction is lowered to one of two roles and one workspace before its first
statement, in the same message, so nothing can be read or written outside its scope
and nothing stays set on a pooled connection (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg2
from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event, exc

from talkhub import json_codec
from talkhub.errors import Unavailable
from talkhub.names import DatabaseRole, Job
from talkhub.security import Principal
from talkhub.store.remembering import Remember, found_anew
from talkhub.store.single_connections import CONNECT_OPTIONS, SingleConnections, register_codecs

STATEMENT_TIMEOUT_MS = 10_000
WEB_POOL_SIZE = 8
_SCOPE_KEY = "talkhub_prologue"

Tell = Callable[[int, Iterable[str], Mapping[str, bytes | None]], None]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows a transaction may touch, who acts, and how long a statement may take."""

    role: DatabaseRole
    workspace_id: int | None
    actor: str
    timeout_ms: int = STATEMENT_TIMEOUT_MS

    def prologue(self, *, read_only: bool = False) -> str:
        """Return the statement that precedes the transaction's first one."""
        return _prologue(self.role, self.workspace_id, self.timeout_ms, read_only=read_only)


def workspace_scope(
    workspace_id: int, actor: str, *, timeout_ms: int = STATEMENT_TIMEOUT_MS
) -> Scope:
    """Return the scope of one workspace: its rows and no others."""
    return Scope(DatabaseRole.APP, int(workspace_id), actor, timeout_ms)


def principal_scope(principal: Principal) -> Scope:
    """Return the scope of the workspace that a caller belongs to."""
    return workspace_scope(principal.workspace_id, principal.subject)


def system_scope(reason: str, *, timeout_ms: int = STATEMENT_TIMEOUT_MS) -> Scope:
    """Return the scope that sees every workspace, for a stated reason.

    Only for: the inbox writer, the drains' and reconciliation's claims, the sweeper, the
    schedule, finding the workspace of a key, token or login, the language model's budget and
    rests, health and metrics, and admin commands.
    """
    return Scope(DatabaseRole.SYSTEM, None, reason, timeout_ms)


class Database:
    """A PostgreSQL database, reached through two small pools.

    One pool is for units of work; the other holds autocommit connections for single
    statements. `ring` is called with each job that a committed unit of work asked for,
    `tell` with the workspace, the sessions that it changed and those to show as active or no
    longer; `remember` keeps what is found.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = WEB_POOL_SIZE,
        ring: Callable[[Job], None] | None = None,
        tell: Tell | None = None,
        remember: Remember | None = None,
    ) -> None:
        self.ring = ring or _nobody
        self.tell = tell or _nobody
        self.remember = remember or found_anew
        self._engine = _engine(url, pool_size)
        self._singles = SingleConnections(url, pool_size)
        event.listen(self._engine, "before_cursor_execute", _send_prologue, retval=True)

    @contextmanager
    def unit_of_work(self, scope: Scope) -> Iterator[UnitOfWork]:
        """Commit on exit, roll back on an exception, then ring the bells."""
        uow = UnitOfWork(self, scope)
        try:
            yield uow
            uow.commit()
        finally:
            uow.close()
        for job in dict.fromkeys(uow.bells):
            self.ring(job)
        if uow.touched or uow.shown:
            self.tell(uow.workspace_id, uow.touched, uow.shown)

    @contextmanager
    def read_only(self, scope: Scope) -> Iterator[UnitOfWork]:
        """Open a unit of work in which PostgreSQL refuses every write."""
        uow = UnitOfWork(self, scope, read_only=True)
        try:
            yield uow
        finally:
            uow.close()

    def dispose(self) -> None:
        """Close the pools' connections."""
        self._engine.dispose()
        self._singles.close()

    def connect(self, prologue: str) -> Connection:
        """Return a connection whose next statement carries `prologue` before it."""
        with _unavailable_when_lost():
            connection = self._engine.connect()
        connection.info[_SCOPE_KEY] = prologue
        return connection

    def single(self, prologue: str, statement: str, params: Mapping[str, Any]) -> list[Any]:
        """Send scope and one statement as one message; the server's implicit transaction.

        A connection lost after sending raises Unavailable although the statement may
        have committed: callers carry an idempotency key.
        """
        return self._singles.execute(prologue, statement, params)


class UnitOfWork:
    """One transaction. Sends nothing before its first statement; see Database."""

    def __init__(self, database: Database, scope: Scope, *, read_only: bool = False) -> None:
        self.scope = scope
        self.bells: list[Job] = []
        self.touched: set[str] = set()
        self.shown: dict[str, bytes | None] = {}
        self.remember = database.remember
        self._database = database
        self._read_only = read_only
        self._connection: Connection | None = None
        self._is_committed = False

    @property
    def workspace_id(self) -> int:
        """The workspace this unit of work belongs to."""
        if self.scope.workspace_id is None:
            raise RuntimeError("a system scope has no workspace")
        return self.scope.workspace_id

    def execute(
        self,
        statement: Executable,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute one statement in the transaction."""
        with _unavailable_when_lost():
            return self._open().execute(statement, params)

    def run(
        self, sql: str, params: Mapping[str, Any] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute one of `talkhub.store.statements`, with `%(name)s` parameters."""
        with _unavailable_when_lost():
            return self._open().exec_driver_sql(sql, dict(params or {}))

    def once(self, sql: str, params: Mapping[str, Any]) -> list[Any]:
        """Run a statement that may be the whole unit of work, and return its rows.

        With nothing sent before, scope and statement go as one message and commit by
        themselves; only if it yields no row, and so did nothing, may others follow, and
        after one that only reads.
        Later in a unit of work it is a statement of the transaction like any other.
        """
        if self._connection is not None:
            return list(self.run(sql, params).all())
        self._refuse_if_committed()
        prologue = self.scope.prologue(read_only=self._read_only)
        rows = self._database.single(prologue, sql, params)
        self._is_committed = bool(rows) and not self._read_only
        return rows

    def read(self, sql: str, params: Mapping[str, Any]) -> list[Any]:
        """Run a statement that only reads, planned once where all of the unit of work does."""
        if self._read_only:
            return self.once(sql, params)
        return list(self.run(sql, params).all())

    @staticmethod
    def json(value: object) -> str:
        """Return `value` as the text of a JSONB parameter."""
        return json_codec.dumps_text(value)

    def ring(self, job: Job) -> None:
        """Have `job` rung once the unit of work is committed."""
        self.bells.append(job)

    def touch(self, *session_ids: str) -> None:
        """Have whoever listens told, once this is committed, that these sessions changed."""
        self.touched.update(session_ids)

    def show(self, session_id: str, state: bytes | None) -> None:
        """Have a session shown as active, once this is committed; without a state no longer."""
        self.shown[session_id] = state

    def _open(self) -> Connection:
        self._refuse_if_committed()
        if self._connection is None:
            prologue = self.scope.prologue(read_only=self._read_only)
            self._connection = self._database.connect(prologue)
        return self._connection

    def _refuse_if_committed(self) -> None:
        if self._is_committed:
            raise RuntimeError("once() has committed this unit of work already")

    def commit(self) -> None:
        """Commit what was sent, if anything; only Database calls it."""
        if self._connection is not None:
            with _unavailable_when_lost():
                self._connection.commit()

    def close(self) -> None:
        """Return the connection, rolled back unless committed; only Database calls it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@lru_cache(maxsize=1024)
def _prologue(
    role: DatabaseRole, workspace_id: int | None, timeout_ms: int, *, read_only: bool
) -> str:
    # Not by set_config: a SELECT is planned, which takes PostgreSQL longer than the settings do.
    settings = [
        f"role {role.value}",
        f"app.workspace_id='{workspace_id or ''}'",
        f"statement_timeout={timeout_ms:d}",
    ]
    if read_only:
        settings.append("transaction_read_only=on")
    return "".join(f"set local {setting};" for setting in settings)


def _engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        pool_recycle=300,
        pool_pre_ping=True,
        connect_args=CONNECT_OPTIONS,
        json_serializer=json_codec.dumps_text,
        json_deserializer=json_codec.loads,
        hide_parameters=True,  # errors are logged, and parameters are what people wrote
    )
    event.listen(engine, "connect", lambda connection, _record: register_codecs(connection))
    return engine


def _send_prologue(
    connection: Connection,
    cursor: Any,
    statement: str,
    parameters: Any,
    _context: object,
    executemany: bool,  # noqa: FBT001 -- SQLAlchemy calls it by position
) -> tuple[str, Any]:
    prologue = connection.info.pop(_SCOPE_KEY, None)
    if prologue is None:
        return statement, parameters
    if executemany:
        cursor.execute(prologue)
        return statement, parameters
    return prologue + statement, parameters


@contextmanager
def _unavailable_when_lost() -> Iterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise Unavailable("The database cannot be reached right now.") from error
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise Unavailable("The database cannot be reached right now.") from error


def _nobody(*_told: object) -> None:
    """Stand in for the dispatcher and the hints in processes that have none."""
