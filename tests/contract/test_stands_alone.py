"""Each part works without `./run up`: the WSGI application, the migrations."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factories import WEBHOOK_SECRET, new_user, rows
from providers import said
from schema_databases import ROOT, new_database, run, written
from servers import Servers
from waiting import wait_until

from talkhub.names import Platform
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database

BIN = Path(sys.executable).parent


@contextmanager
def gunicorn(settings: Settings, *options: str) -> Iterator[str]:
    """Serve `wsgi:app` and yield its address; it must end well when told to."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [BIN / "gunicorn", "wsgi:app", "--bind", address, "--threads", "4", *options],
        cwd=ROOT,
        env=environment_of_child(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: process.poll() is not None or is_up(address))
        yield f"http://{address}"
    finally:
        process.send_signal(signal.SIGTERM)
        # A worker that is told while it boots does not hear it; gunicorn ends it after 30 s.
        process.wait(45)
    assert process.returncode == 0


def is_up(address: str) -> bool:
    try:
        return urllib.request.urlopen(f"http://{address}/livez", timeout=5).status == 200
    except OSError:  # nobody listens yet, or answers yet
        return False


@pytest.mark.parametrize("options", [["--workers", "1"], ["--workers", "2", "--preload"]])
def test_gunicorn_serves_the_application(
    settings: Settings, database: Database, options: list[str]
) -> None:
    person = new_user()
    event = json.dumps(said(Platform.UCHAT, "oi", person=person)).encode()
    headers = {"X-Webhook-Secret": WEBHOOK_SECRET}

    with gunicorn(settings, *options) as address:
        request = urllib.request.Request(f"{address}/uchat", event, headers)
        answer = json.loads(urllib.request.urlopen(request, timeout=30).read())

    stored = "select count(*) as n from inbound_events where payload::text like %(person)s"
    assert answer == {"accepted": 1, "duplicates": 0}
    assert rows(database, 1, stored, person=f"%{person}%") == [{"n": 1}]


def test_alembic_upgrades_the_database_that_the_environment_names(
    settings: Settings, servers: Servers
) -> None:
    with new_database(servers.database) as url:
        environment = {**environment_of_child(settings), "DATABASE_URL": written(url)}
        command = [BIN / "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

        head = (ROOT / "migrations" / ".current-head").read_text().strip()
        assert run(url, "select version_num from alembic_version") == [(head,)]
