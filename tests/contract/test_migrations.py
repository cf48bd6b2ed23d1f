"""The migrations make the schema that the models declare, from any state, in both directions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from schema_databases import ROOT, alembic_config, new_database, run, upgrade
from servers import Servers
from sqlalchemy.engine import URL

TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"


@pytest.fixture
def server(servers: Servers) -> URL:
    """The server to migrate on. Another module runs these tests on other servers."""
    return servers.database


@pytest.fixture
def empty(server: URL) -> Iterator[URL]:
    with new_database(server) as url:
        yield url


def test_upgrading_an_empty_database_gives_what_the_models_declare(empty: URL) -> None:
    upgrade(empty)

    command.check(alembic_config(empty))  # raises where autogenerate would write a migration


def test_a_downgrade_leaves_nothing_and_can_be_upgraded_again(empty: URL) -> None:
    upgrade(empty)
    made = run(empty, TABLES)

    command.downgrade(alembic_config(empty), "base")
    left = run(empty, TABLES)
    upgrade(empty)

    assert left == [("alembic_version",)]
    assert run(empty, TABLES) == made


def test_upgrading_twice_changes_nothing(empty: URL) -> None:
    upgrade(empty)
    upgrade(empty)

    assert run(empty, "select count(*) from alembic_version") == [(1,)]


def test_there_is_one_head_and_the_file_names_it() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))

    named = (ROOT / "migrations" / ".current-head").read_text().strip()

    assert script.get_heads() == [named]


def test_the_revisions_are_numbered_without_gaps() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))

    revisions = [revision.revision for revision in script.walk_revisions()][::-1]

    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
