"""The three ways to the database: what they send, what they leave behind, how they fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import exc, text

from talkhub.errors import Unavailable
from talkhub.names import Job
from talkhub.settings import Settings
from talkhub.store.uow import Database, Scope, system_scope, workspace_scope

NOWHERE = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
SETTINGS = """
select current_user::text, coalesce(current_setting('app.workspace_id', true), ''),
       current_setting('statement_timeout'), current_setting('transaction_read_only')
"""
INSERT_SLOT = "insert into schedule_runs (name, slot) values (%(name)s, now()) returning name"
FIND_SLOT = "select name from schedule_runs where name = %(name)s"
BACKEND = "select pg_backend_pid()"


@pytest.fixture
def alone(settings: Settings) -> Iterator[Database]:
    """A database with one connection in each pool, so that each use meets the last one's."""
    database = Database(settings.database_url, pool_size=1)
    yield database
    database.dispose()


def untouched(database: Database, *, single: bool = False) -> list[tuple[str, ...]]:
    """Return what the pooled connection is set to when no scope is sent."""
    if single:
        return database.single("", SETTINGS, {})
    connection = database.connect("")
    rows = [tuple(row) for row in connection.exec_driver_sql(SETTINGS)]
    connection.close()
    return rows


def effective(uow: object) -> tuple[str, ...]:
    return tuple(uow.run(SETTINGS).one())


def kill_connections(database: Database, pids: list[int]) -> None:
    with database._engine.connect() as connection:
        for pid in pids:
            connection.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_workspace_scope_lowers_the_transaction_to_the_app_role(
    database: Database, workspace: int
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        assert effective(uow) == ("talkhub_app", str(workspace), "10s", "off")


def test_a_system_scope_lowers_the_transaction_to_the_system_role(database: Database) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        assert effective(uow) == ("talkhub_system", "", "10s", "off")


def test_the_first_of_many_rows_is_written_within_the_scope(
    database: Database, workspace: int
) -> None:
    rows = [{"workspace": workspace}, {"workspace": workspace}]
    statement = text("insert into dirty_buckets (workspace_id, hour) values (:workspace, now())")

    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.execute(statement, rows)
        role = effective(uow)[0]

    assert role == "talkhub_app"


@pytest.mark.parametrize("scope", [workspace_scope(1, "ana"), system_scope("tests")])
def test_nothing_stays_set_after_a_commit(alone: Database, scope: Scope) -> None:
    before = untouched(alone)

    with alone.unit_of_work(scope) as uow:
        effective(uow)

    assert untouched(alone) == before
    assert before[0][0] not in {"talkhub_app", "talkhub_system"}


def test_nothing_stays_set_after_a_failure(alone: Database) -> None:
    before = untouched(alone)

    with pytest.raises(exc.ProgrammingError), alone.unit_of_work(system_scope("tests")) as uow:
        uow.run("select no_such_column from schedule_runs")

    assert untouched(alone) == before


def test_nothing_stays_set_after_a_read(alone: Database) -> None:
    before = untouched(alone)

    with alone.read_only(workspace_scope(1, "ana")) as uow:
        assert effective(uow)[3] == "on"

    assert untouched(alone) == before


@pytest.mark.parametrize("scope", [workspace_scope(1, "ana"), system_scope("tests")])
def test_nothing_stays_set_after_a_single_statement(alone: Database, scope: Scope) -> None:
    before = untouched(alone, single=True)

    with alone.unit_of_work(scope) as uow:
        inside = uow.once(SETTINGS, {})

    assert inside[0][0] == scope.role
    assert untouched(alone, single=True) == before


def test_nothing_stays_set_after_a_single_statement_that_failed(alone: Database) -> None:
    before = untouched(alone, single=True)

    with pytest.raises(Exception, match="no_such_column"), alone.read_only(system_scope("")) as uow:
        uow.once("select no_such_column", {})

    assert untouched(alone, single=True) == before


def test_nothing_is_sent_before_the_first_statement() -> None:
    database = Database(NOWHERE)

    with database.unit_of_work(workspace_scope(1, "ana")):
        pass


def test_work_is_committed_on_exit(database: Database, workspace: int) -> None:
    name = {"name": f"slot {workspace}"}

    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(INSERT_SLOT, name)

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(FIND_SLOT, name).all() == [(name["name"],)]


def test_work_is_rolled_back_on_an_exception(database: Database, workspace: int) -> None:
    name = {"name": f"slot {workspace}"}

    def interrupted() -> None:
        with database.unit_of_work(system_scope("tests")) as uow:
            uow.run(INSERT_SLOT, name)
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(FIND_SLOT, name).all() == []


def test_a_single_statement_is_committed_at_once(database: Database, workspace: int) -> None:
    name = {"name": f"slot {workspace}"}

    def interrupted() -> None:
        with database.unit_of_work(system_scope("tests")) as uow:
            uow.once(INSERT_SLOT, name)
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(FIND_SLOT, name).all() == [(name["name"],)]


def test_nothing_follows_a_single_statement_that_did_something(database: Database) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.once("select 1", {})
        with pytest.raises(RuntimeError, match="committed"):
            uow.run("select 1")
        with pytest.raises(RuntimeError, match="committed"):
            uow.once("select 1", {})


def test_a_transaction_may_follow_a_single_statement_without_a_row(database: Database) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        nothing = uow.once("select 1 where false", {})

        assert nothing == []
        assert uow.run("select 2").scalar_one() == 2


def test_a_later_single_statement_belongs_to_the_transaction(
    database: Database, workspace: int
) -> None:
    name = {"name": f"slot {workspace}"}

    def interrupted() -> None:
        with database.unit_of_work(system_scope("tests")) as uow:
            uow.run("select 1")
            uow.once(INSERT_SLOT, name)
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(FIND_SLOT, name).all() == []


@pytest.mark.parametrize("way", ["run", "once"])
def test_a_read_refuses_to_write(database: Database, workspace: int, way: str) -> None:
    name = {"name": f"slot {workspace}"}

    with (
        pytest.raises(Exception, match="read-only transaction"),
        database.read_only(system_scope("tests")) as uow,
    ):
        getattr(uow, way)(INSERT_SLOT, name)


def test_bells_ring_once_each_after_the_commit(settings: Settings) -> None:
    rung: list[Job] = []
    database = Database(settings.database_url, ring=rung.append)

    with database.unit_of_work(system_scope("tests")) as uow:
        uow.ring(Job.DRAIN_STATS)
        uow.ring(Job.DRAIN_INBOX)
        uow.ring(Job.DRAIN_STATS)
        rung_before = list(rung)
    database.dispose()

    assert rung_before == []
    assert rung == [Job.DRAIN_STATS, Job.DRAIN_INBOX]


def test_a_failed_unit_of_work_rings_no_bell() -> None:
    rung: list[Job] = []
    database = Database(NOWHERE, ring=rung.append)

    def interrupted() -> None:
        with database.unit_of_work(system_scope("tests")) as uow:
            uow.ring(Job.DRAIN_STATS)
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()

    assert rung == []


@pytest.mark.parametrize("way", ["run", "once"])
def test_a_database_that_is_away_is_unavailable(way: str) -> None:
    database = Database(NOWHERE)

    with pytest.raises(Unavailable), database.unit_of_work(system_scope("tests")) as uow:
        getattr(uow, way)("select 1", {})


@pytest.mark.parametrize("way", ["run", "once"])
def test_a_statement_that_takes_too_long_is_unavailable(database: Database, way: str) -> None:
    scope = system_scope("tests", timeout_ms=20)

    with pytest.raises(Unavailable), database.unit_of_work(scope) as uow:
        getattr(uow, way)("select pg_sleep(5)", {})


def test_a_connection_that_died_in_the_pool_is_replaced(
    alone: Database, database: Database
) -> None:
    with alone.read_only(system_scope("tests")) as uow:
        pid = uow.run(BACKEND).scalar_one()

    kill_connections(database, [pid])

    with alone.read_only(system_scope("tests")) as uow:
        assert uow.run(BACKEND).scalar_one() != pid


def test_a_single_statement_fails_once_after_its_connection_died(
    alone: Database, database: Database
) -> None:
    scope = system_scope("tests")
    pid = alone.single(scope.prologue(), BACKEND, {})[0][0]

    kill_connections(database, [pid])

    with pytest.raises(Unavailable):
        alone.single(scope.prologue(), BACKEND, {})
    assert alone.single(scope.prologue(), BACKEND, {})[0][0] != pid


def test_a_connection_lost_before_the_commit_is_unavailable(
    alone: Database, database: Database, workspace: int
) -> None:
    name = {"name": f"slot {workspace}"}

    def interrupted() -> None:
        with alone.unit_of_work(system_scope("tests")) as uow:
            uow.run(INSERT_SLOT, name)
            kill_connections(database, [uow.run(BACKEND).scalar_one()])

    with pytest.raises(Unavailable):
        interrupted()

    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(FIND_SLOT, name).all() == []


def test_a_system_scope_has_no_workspace(database: Database) -> None:
    with (
        database.unit_of_work(system_scope("tests")) as uow,
        pytest.raises(RuntimeError, match="no workspace"),
    ):
        assert uow.workspace_id
