"""Servers of our own whose login is no superuser but may create roles, as on Supabase."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg2
import pytest
from schema_databases import run
from servers import home_of
from sqlalchemy.engine import URL, make_url

from talkhub.embedded.locks import locked
from talkhub.embedded.services import ensure

LOGIN = "th_modest"
PASSWORD = "only-on-this-machine"
API_ROLES = ("anon", "authenticated")


def server_with_modest_login(
    name: str, *, programs: Path | None = None, attributes: str = ""
) -> URL:
    """Return such a login's address; `programs` picks the server's version.

    Supabase's `postgres` has the attribute BYPASSRLS, other logins have not.
    """
    with ExitStack() as stack:
        if programs is not None:
            environment = stack.enter_context(pytest.MonkeyPatch.context())
            environment.setenv("TALKHUB_PG_BIN", str(programs))
        home = home_of(name)
        stack.enter_context(locked(home / "prepare.lock"))
        server = make_url(ensure(home, test=True, needs=frozenset({"postgres"})).database_url)
        # Once a test run: another of its processes may be using the roles already.
        run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(4))
        if not (prepared := home / "prepared").exists() or prepared.read_text() != run_id:
            _prepare(server, attributes)
            prepared.write_text(run_id)
    return server.set(username=LOGIN, password=PASSWORD, database="postgres")


def _prepare(server: URL, attributes: str) -> None:
    """Make the login, and let its migrations create our roles themselves."""
    left = run(server, "select datname from pg_database where datname like 'th\\_schema\\_%'")
    for (name,) in left:  # by a run that was killed
        run(server, f"drop database {name} with (force)")
    for role in ("talkhub_app", "talkhub_system"):
        run(server, f"drop role if exists {role}")
    for role in API_ROLES:
        with suppress(psycopg2.errors.DuplicateObject):
            run(server, f"create role {role} nologin")
    with suppress(psycopg2.errors.DuplicateObject):
        run(server, f"create role {LOGIN} login createrole createdb {attributes}")
    run(server, f"alter role {LOGIN} password '{PASSWORD}'")
