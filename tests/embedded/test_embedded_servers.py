"""Real PostgreSQL and Valkey, started by whoever needs them first."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
import redis
from embedded_clients import CLIENT, ROOT, Client, is_alive, query, wait_until
from sqlalchemy.engine import make_url

from talkhub.embedded import layout as layouts
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import lay_out
from talkhub.embedded.processes import command_line
from talkhub.embedded.services import EmbeddedServers, ensure

on_linux = pytest.mark.skipif(not Path("/proc").exists(), reason="this needs Linux")
StartClient = Callable[..., Client]


def test_processes_that_start_at_once_share_one_pair_of_servers(
    start_client: StartClient, home: Path
) -> None:
    clients = [start_client() for _ in range(3)]

    answers = [client.servers() for client in clients]

    first = answers[0]
    assert answers == [first] * 3
    assert all(is_alive(pid) for pid in first.pids.values())
    assert query(first, "select current_database(), lower('ÁGUA')") == [("talkhub", "água")]
    everyone = {int(entry.name) for entry in Path("/proc").glob("[0-9]*")}  # none but on Linux
    keepers = {pid for pid in everyone if f" keep {home} " in command_line(pid)}
    assert keepers == ({first.pids["keeper"]} if everyone else set())


def test_the_servers_stop_when_their_last_client_is_killed(start_client: StartClient) -> None:
    first, second = start_client(), start_client()
    pids = first.servers().pids.values()
    second.servers()

    first.end()
    second.process.send_signal(signal.SIGKILL)

    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def test_who_started_the_servers_ends_without_a_word_of_them(home: Path) -> None:
    command = [sys.executable, "-W", "always::ResourceWarning", "-c", CLIENT, home, "test"]

    ended = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=True)

    assert ended.stderr == ""


def test_data_and_addresses_are_the_same_after_a_restart(start_client: StartClient) -> None:
    client = start_client("durable")
    before = client.servers()
    query(before, "create table t as select 42 as n; select 1")
    redis.Redis.from_url(before.redis_url).set("k", "v")
    client.end()
    wait_until(lambda: not is_alive(before.pids["keeper"]))

    after = start_client("durable").servers()

    assert query(after, "select n from t") == [(42,)]
    assert redis.Redis.from_url(after.redis_url).get("k") == b"v"
    assert (after.database_url, after.redis_url) == (before.database_url, before.redis_url)


@on_linux
def test_a_killed_keeper_leaves_nothing_and_the_next_client_starts_anew(
    start_client: StartClient,
) -> None:
    before = start_client("durable").servers()
    query(before, "create table t as select 42 as n; select 1")

    os.kill(before.pids["keeper"], signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in before.pids.values()))
    after = start_client("durable").servers()

    assert query(after, "select n from t") == [(42,)]
    assert after.database_url == before.database_url


def do_answer(servers: EmbeddedServers) -> bool:
    try:
        return (
            query(servers, "select 1") == [(1,)]
            and redis.Redis.from_url(servers.redis_url).ping() is True
        )
    except (psycopg2.OperationalError, redis.ConnectionError):
        return False


def test_a_killed_server_comes_back_at_the_same_address(start_client: StartClient) -> None:
    servers = start_client().servers()

    for pid in (servers.pids["postgres"], servers.pids["valkey"]):
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: not is_alive(pid))
        wait_until(lambda: do_answer(servers))

    again = start_client().servers()
    assert (again.database_url, again.redis_url) == (servers.database_url, servers.redis_url)
    assert all(is_alive(pid) for pid in again.pids.values())


def test_a_port_that_is_taken_by_now_is_replaced_for_good(
    start_client: StartClient, home: Path
) -> None:
    client = start_client()
    before = client.servers()
    client.end()
    wait_until(lambda: not is_alive(before.pids["keeper"]))
    old_port = make_url(before.database_url).port
    assert old_port is not None

    with socket.create_server(("127.0.0.1", old_port)):
        after = start_client().servers()

    new_port = make_url(after.database_url).port
    assert new_port != old_port
    assert query(after, "select 1") == [(1,)]
    assert json.loads((home / "servers.json").read_text())["postgres_port"] == new_port


def test_data_of_another_major_version_is_refused_in_a_sentence(home: Path) -> None:
    (home / "pgdata").mkdir(parents=True)
    (home / "pgdata" / "PG_VERSION").write_text("12\n")

    with pytest.raises(CannotStart, match=r"was made by PostgreSQL 12.*TALKHUB_PG_BIN"):
        ensure(home, test=True)


def test_a_folder_without_postgres_is_refused_in_a_sentence(
    start_client: StartClient,
) -> None:
    client = start_client(TALKHUB_PG_BIN="/nowhere")

    assert client.answer() == {"error": "TALKHUB_PG_BIN: there is no PostgreSQL in /nowhere."}


@pytest.mark.skipif(
    not Path("/usr/lib/postgresql/15/bin/initdb").exists(), reason="there is no PostgreSQL 15"
)
def test_the_oldest_supported_postgres_serves_as_well(start_client: StartClient) -> None:
    servers = start_client(TALKHUB_PG_BIN="/usr/lib/postgresql/15/bin").servers()

    version = query(servers, "select current_setting('server_version_num')::int / 10000")

    assert version == [(15,)]
    assert query(servers, "select lower('ÁGUA')") == [("água",)]


def test_one_server_alone_starts_and_who_needs_the_other_is_told(home: Path) -> None:
    alone = ensure(home, test=True, needs=frozenset({"valkey"}))
    try:
        assert redis.Redis.from_url(alone.redis_url).ping() is True
        assert alone.pids.keys() == {"keeper", "valkey"}
        with pytest.raises(CannotStart, match="already run without postgres"):
            ensure(home, test=True)
    finally:
        os.kill(alone.pids["keeper"], signal.SIGTERM)  # this process goes on holding its lock


def test_a_home_that_cannot_be_made_is_refused_in_a_sentence(home: Path) -> None:
    home.write_text("a file")

    with pytest.raises(CannotStart, match=r"cannot be written by this account.*TALKHUB_HOME"):
        ensure(home / "below", test=True)

    home.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another account")
def test_a_closed_folder_stays_closed_and_the_servers_live_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0o700)
    monkeypatch.setattr(layouts, "_OUTSIDE_HOME", home / "elsewhere")

    layout = lay_out(closed / "home", "nobody")

    assert layout.root.parent == home / "elsewhere"
    assert closed.stat().st_mode & 0o777 == 0o700
