"""PgBouncer before a database, in transaction pooling."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure
from benchmarks.serving import free_port, running

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:/usr/local/bin")

_READY_SECONDS = 20
_CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {connections}
"""


@contextmanager
def pooled(url: URL, *, connections: int) -> Iterator[URL]:
    """Yield the address of a database behind a pooler that holds so many connections to it."""
    if PGBOUNCER is None:
        raise CannotMeasure("There is no PgBouncer: apt-get install pgbouncer")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="talkhub-pooler-") as name:
        folder = Path(name)
        users = folder / "users.txt"
        users.write_text(f'"{url.username}" "{url.password}"\n')
        file = folder / "pgbouncer.ini"
        file.write_text(
            _CONFIGURATION.format(
                host=url.host, port=url.port, own_port=port, users=users, connections=connections
            )
        )
        command = [PGBOUNCER, "-q", *_as_somebody_else(folder), str(file)]
        log = folder / "pgbouncer.log"
        with running(command, {"PATH": os.defpath}, log=log):
            there = url.set(host="127.0.0.1", port=port)
            _wait_until_it_answers(there, log)
            yield there


def _as_somebody_else(folder: Path) -> list[str]:
    """Return PgBouncer's option that names another account: it refuses to be root."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
    return ["-u", account.pw_name]


def _wait_until_it_answers(url: URL, log: Path) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            with closing(psycopg2.connect(address)):
                return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise CannotMeasure(f"PgBouncer: {error} {log.read_text()[-800:]}") from None
            time.sleep(0.05)
