"""A backup holds every row although row security is forced, and comes back as it was."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from schema_databases import new_database, run, written
from servers import Servers, admin
from sqlalchemy.engine import URL, make_url

from talkhub.embedded.binaries import find_postgres
from talkhub.settings.groups import EmbeddedSettings

ROOT = Path(__file__).parents[2]
# A database of two words, and a cipher that fails half-way.
STAND_INS = {
    "psql": "echo t",
    "pg_dump": "echo dump",
    "pg_restore": "exit",
    "openssl": "echo half; exit 1",
}
TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = 'r' order by c.relname
"""
PEOPLE = """
insert into workspaces (slug, name, timezone)
select 'w' || n, 'W', 'UTC' from generate_series(1, 3) n;
select tend_delivery_attempts(interval '30 days');
insert into user_profiles (workspace_id, user_id, name)
select w.id, 'u' || n, 'José ' || n from workspaces w, generate_series(1, 20) n
"""


def contents(database: URL) -> dict[str, tuple[int, str]]:
    """Return each table's number of rows and a hash over them."""
    tables = [name for (name,) in run(database, TABLES)]
    sql = "select count(*), md5(string_agg(t::text, '|' order by t::text)) from {} t"
    return {table: run(database, sql.format(table))[0] for table in tables}


@pytest.fixture
def modest_login(servers: Servers) -> Iterator[str]:
    """A login that row security binds, and that may become what our policies let see all."""
    name = f"th_backup_{secrets.token_hex(4)}"
    admin(servers, f"create role {name} login password 'it''s%@me' in role talkhub_system")
    yield name
    admin(servers, f"drop role {name}")


def deploy(database: URL, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = find_postgres(EmbeddedSettings().pg_bin).folder
    return subprocess.run(
        [ROOT / "deploy-talkhub.sh", *words],
        env={
            "PATH": f"{programs}:{os.defpath}",
            "DATABASE_URL": written(database),
            "DIRECT_URL": written(database),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def dump_of(folder: Path) -> Path:
    (dump,) = [path for path in folder.iterdir() if path.suffix in {".dump", ".enc"}]
    return dump


def test_a_login_that_row_security_binds_takes_a_whole_dump_too(
    servers: Servers, own_database_url: str, modest_login: str, tmp_path: Path
) -> None:
    database = make_url(own_database_url).set(drivername="postgresql")
    run(database, PEOPLE)
    login = database.set(username=modest_login, password="it's%@me")

    taken = deploy(login, "backup", str(tmp_path))
    assert taken.returncode == 0, taken.stderr
    with new_database(servers.database) as empty:
        restored = deploy(empty, "restore", str(dump_of(tmp_path)), "--yes")
        back = contents(empty)

    assert restored.returncode == 0, restored.stderr
    assert back["user_profiles"][0] >= 60
    assert back == contents(database)


def test_an_encrypted_dump_replaces_all_but_what_is_left_of_erased_people(
    own_database_url: str, tmp_path: Path
) -> None:
    database = make_url(own_database_url).set(drivername="postgresql")
    run(database, PEOPLE)
    before = contents(database)

    deploy(database, "backup", str(tmp_path), BACKUP_PASSPHRASE="opens it")
    dump = dump_of(tmp_path)
    run(database, "delete from user_profiles; insert into tombstones values (1, 'x', now())")
    restored = deploy(database, "restore", str(dump), "--yes", BACKUP_PASSPHRASE="opens it")

    after = contents(database)
    assert restored.returncode == 0, restored.stderr
    assert (dump.suffix, dump.stat().st_mode & 0o077) == (".enc", 0)
    assert after.pop("tombstones")[0] == before.pop("tombstones")[0] + 1
    assert after == before


def test_a_dump_that_could_not_be_encrypted_leaves_nothing_behind(tmp_path: Path) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "backups"
    programs.mkdir()
    for name, does in STAND_INS.items():
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)

    failed = deploy(
        make_url("postgresql://nobody@127.0.0.1:1/x"),
        *("backup", str(folder)),
        PATH=f"{programs}:{os.defpath}",
        BACKUP_PASSPHRASE="opens it",
    )

    assert failed.returncode == 1
    assert "there is no backup" in failed.stderr
    assert list(folder.iterdir()) == []


def test_git_takes_neither_secrets_nor_dumps(tmp_path: Path) -> None:
    private = [".env", ".env.backup-20261122-101500", ".env.new", "backups/talkhub.dump"]
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    told = subprocess.run(
        ["git", "-C", tmp_path, "check-ignore", *private, ".env.example"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout.splitlines() == private


def test_a_damaged_dump_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    dump = tmp_path / "talkhub.dump"
    dump.write_bytes(b"not what it was")
    Path(f"{dump}.sha256").write_text("0" * 64)

    refused = deploy(make_url("postgresql://nobody@127.0.0.1:1/x"), "restore", str(dump))

    assert refused.returncode == 1
    assert "it is damaged" in refused.stderr
