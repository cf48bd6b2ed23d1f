"""Has the oldest PostgreSQL that is promised plan whatever a whole run of tests executed.

`./run test` loads this: `-p tests.oldest_postgres`. It fails a run in which a statement of
`talkhub.store.statements` was never executed, or which that PostgreSQL does not understand.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import cache
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

from talkhub.store import statements
from talkhub.store.prepared import prepared
from talkhub.store.uow import Database

_PROLOGUE = re.compile(r"(set local [^;]*;\s*)+")
_PLACES = re.compile(r"_\d+")
_CAN_BE_PLANNED = re.compile(
    r"\s*(with|select|insert|update|delete|merge|values|declare)\b", re.IGNORECASE
)

_TEMPORARY = re.compile(r"\s*create temporary table\b")

_ran: dict[str, str] = {}
"""What ran, with values, by its text without them."""

_faults: list[str] = []


@cache
def _constants() -> dict[str, str]:
    """Return the constants that hold SQL, by their names; parts of others are known by those."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(statements.__path__):
        constants = vars(importlib.import_module(f"{statements.__name__}.{module.name}"))
        for name, value in constants.items():
            if name.isupper() and not name.startswith("_") and isinstance(value, str):
                found[f"{module.name}.{name}"] = value.strip()
    # A COPY passes no door that is watched; the statement that makes the table it fills does.
    return {name: text for name, text in found.items() if not text.startswith("copy ")}


def pytest_sessionstart() -> None:
    """Watch the doors that statements go through, without closing them."""
    event.listen(Engine, "after_cursor_execute", _note)
    single = Database.single

    def watched_single(
        self: Database, prologue: str, statement: str, params: Mapping[str, Any]
    ) -> list[Any]:
        rows = single(self, prologue, statement, params)
        _ran[statement] = prepared(statement).prepare
        return rows

    Database.single = watched_single  # type: ignore[method-assign]


def _note(_connection: object, cursor: Any, statement: str, *_: object) -> None:
    text = _PLACES.sub("", _PROLOGUE.sub("", statement, count=1))
    if text in _ran or not isinstance(cursor.query, bytes):
        return
    executed = _PROLOGUE.sub("", cursor.query.decode(), count=1)
    if _CAN_BE_PLANNED.match(executed):  # other statements are the migrations'
        _ran[text] = f"explain {executed}"
    elif _TEMPORARY.match(executed):
        _ran[text] = executed


def pytest_testnodedown(node: Any) -> None:
    """Take what one of several processes executed."""
    _ran.update(getattr(node, "workeroutput", {}).get("statements", {}))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let the run fail even if all of its tests passed."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["statements"] = _ran
    elif exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        _faults.extend(_never_executed())
        _faults.extend(not_understood(_database_on_oldest(), _ran.values()))
        if _faults:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the oldest PostgreSQL thinks of it all."""
    if _faults:
        terminalreporter.section("statements on the oldest PostgreSQL", red=True)
    for fault in _faults:
        terminalreporter.line(fault)


def _never_executed() -> Iterable[str]:
    everything = "\n\0\n".join(_ran)
    for name, text in sorted(_constants().items()):
        if _PLACES.sub("", text) not in everything and text not in everything:
            yield f"{name} was executed by no test"


def not_understood(address: str, ran: Iterable[str]) -> Iterable[str]:
    """Tell which of the statements a migrated database cannot plan, and why."""
    with closing(psycopg2.connect(address)) as connection:
        cursor = connection.cursor()
        for sql in sorted(ran, key=lambda sql: _TEMPORARY.match(sql) is None):
            cursor.execute("savepoint one")
            try:
                cursor.execute(sql)
            except psycopg2.Error as error:
                yield f"{str(error).splitlines()[0]}: {sql[:200]}"
            else:
                if _TEMPORARY.match(sql):  # what is planned after it reads it
                    continue
            cursor.execute("rollback to savepoint one")


def _database_on_oldest() -> str:
    """Return the address of a migrated database there."""
    from servers import OLDEST_POSTGRES, Servers, home_of, migrated_template

    from talkhub.embedded.services import ensure

    os.environ["TALKHUB_PG_BIN"] = str(OLDEST_POSTGRES)
    home = home_of("test")
    embedded = ensure(home, test=True, needs=frozenset({"postgres"}))
    servers = Servers(make_url(embedded.database_url), "", home)
    name = migrated_template(servers)
    return servers.database.set(drivername="postgresql", database=name).render_as_string(
        hide_password=False
    )
