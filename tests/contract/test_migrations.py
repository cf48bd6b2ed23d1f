"""The migrations make the schema that the models declare, from any state, in both directions."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory
from schema_databases import ROOT, alembic_config, run, upgrade
from sqlalchemy.engine import URL

TABLES = "select tablename from pg_tables where schemaname = 'public' order by tablename"


def test_upgrading_an_empty_database_gives_what_the_models_declare(migrated: URL) -> None:
    command.check(alembic_config(migrated))  # raises where autogenerate would write a migration


def test_a_downgrade_leaves_nothing_and_can_be_upgraded_again(migrated: URL) -> None:
    made = run(migrated, TABLES)

    command.downgrade(alembic_config(migrated), "base")
    left = run(migrated, TABLES)
    upgrade(migrated)

    assert left == [("alembic_version",)]
    assert run(migrated, TABLES) == made


def test_upgrading_twice_changes_nothing(migrated: URL) -> None:
    upgrade(migrated)

    assert run(migrated, "select count(*) from alembic_version") == [(1,)]


def test_there_is_one_head_and_the_file_names_it() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))

    named = (ROOT / "migrations" / ".current-head").read_text().strip()

    assert script.get_heads() == [named]


def test_the_revisions_are_numbered_without_gaps() -> None:
    script = ScriptDirectory(str(ROOT / "migrations"))

    revisions = [revision.revision for revision in script.walk_revisions()][::-1]

    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]


def test_an_index_is_made_beside_the_traffic_where_its_table_is_not_new() -> None:
    of_small_tables_or_told_in_operations = {"0006", "0011", "0021", "0023"}
    held_up = {
        path.name[:4]
        for path in (ROOT / "migrations" / "versions").glob("0*.py")
        if "create_index(" in (text := path.read_text())
        and "create_table(" not in text
        and "create table" not in text
        and "concurrently" not in text
    }

    assert held_up <= of_small_tables_or_told_in_operations
