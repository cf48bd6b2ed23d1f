"""Real PostgreSQL and Valkey for the tests, and an application on them.

Each test process has a database of its own, copied from a migrated template. Each test
makes its own workspace and really commits; nothing needs cleaning.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from typing import Any

import hypothesis
import psycopg2
import pytest
from argon2 import PasswordHasher
from callers import Caller
from factories import WEBHOOK_SECRET, WHATSAPP_SECRET, make_person, make_workspace
from flask import Flask, Response
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from jinja2.bccache import Bucket, BytecodeCache
from servers import Servers, await_end_of_servers, copy_of_template, home_of, make_home
from sqlalchemy.engine import make_url
from werkzeug.http import parse_cookie

from talkhub import security
from talkhub.app import create_app
from talkhub.blueprints.dashboard.visitors import let_in
from talkhub.blueprints.web import Application
from talkhub.embedded.services import ensure
from talkhub.jobs import context, handlers
from talkhub.names import Scope
from talkhub.services.access.browser_sessions import Device, begin_session
from talkhub.settings import Settings
from talkhub.store.uow import Database

# Busy machines are slow, and no example found on one of them shall decide elsewhere.
hypothesis.settings.register_profile(
    "talkhub",
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("talkhub")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(name): a promise of requirements.py")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect no garbage while tests are collected: these stay, and are many to look through."""
    gc.disable()
    found = yield
    gc.freeze()
    gc.enable()
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what may take minutes: else one process goes on with it when the others end."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Return when the servers have stopped too: nothing outlives a run of several processes."""
    if config.getoption("numprocesses", None):  # its workers, which used them, have ended
        await_end_of_servers(seconds=5)


@pytest.fixture(scope="session", autouse=True)
def service_hasher() -> Iterator[PasswordHasher]:
    """The service's own: tests hash passwords at the least cost, not in a third of a second."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        own = security._hasher
        patch.setattr(security, "_hasher", quick)
        yield own


class _CompiledTemplates(BytecodeCache):
    """What templates were compiled to, for all applications of this process."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (compiled := self._compiled.get(bucket.key)) is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "jinja_options", {"bytecode_cache": _CompiledTemplates()})
        yield


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The servers that TEST_DATABASE_URL and TEST_REDIS_URL name, else the embedded ones."""
    given = {name: os.environ.get(f"TEST_{name}_URL") for name in ("DATABASE", "REDIS")}
    if all(given.values()):
        return Servers(make_url(given["DATABASE"]), given["REDIS"], make_home("test"))
    home = home_of("test")
    embedded = ensure(home, test=True)
    database = given["DATABASE"] or embedded.database_url
    return Servers(make_url(database), given["REDIS"] or embedded.redis_url, home)


@pytest.fixture(scope="session")
def database_url(servers: Servers) -> Iterator[str]:
    """A migrated database of this test process."""
    yield from copy_of_template(servers)


@pytest.fixture
def own_database_url(servers: Servers) -> Iterator[str]:
    """A migrated database of one test, which may break it."""
    yield from copy_of_template(servers)


@pytest.fixture(scope="session")
def redis_url(servers: Servers) -> str:
    """A Redis database of this test process; eight of them are for the tests."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return (
        make_url(servers.redis)
        .set(database=str(8 + int(worker) % 8))
        .render_as_string(hide_password=False)
    )


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str, servers: Servers) -> Settings:
    """Complete settings of the role `all`."""
    return Settings(
        TALKHUB_ENV="test",
        TALKHUB_HOME=servers.home,
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        JWT_SECRET="tests-sign-with-this-key-of-enough-length",
        ADMIN_SECRET="tests-admin-secret",
        ADMIN_PASSWORD="tests-admin-password",
        WEBHOOK_SECRET=WEBHOOK_SECRET,
        WHATSAPP_APP_SECRET=WHATSAPP_SECRET,
        ENCRYPTION_KEY="dGVzdHMtZW5jcnlwdC13aXRoLXRoaXMta2V5LW9rISE=",
        RATE_LIMIT_MAX="1000000",
        RATE_LIMIT_PRINCIPAL="1000000",
        RATE_LIMIT_EXPORTS="1000000",
        LOG_LEVEL="INFO",
    )


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url, pool_size=4)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    _close(app)


def _close(app: Flask) -> None:
    app.extensions["talkhub"].close()


@pytest.fixture(autouse=True)
def _logs_outlive_what_reads_them() -> Iterator[None]:
    """Lead logs that were configured while a test captured its output to where they go else."""
    yield
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream.closed:
            handler.stream = sys.stdout  # `setStream` would flush the closed one


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Make an application whose settings differ in the given fields."""
    made: list[Flask] = []

    def make(**changed: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=changed)))
        return made[-1]

    yield make
    for app in made:
        _close(app)


@pytest.fixture(scope="session")
def shared_client(settings: Settings) -> Iterator[Callable[..., FlaskClient]]:
    """Make a client of an application with such settings, the same one for all tests.

    An application takes a fifth of a second to make. For tests that leave nothing in it.
    """
    made: dict[str, Flask] = {}

    def share(**changed: Any) -> FlaskClient:
        key = repr(sorted(changed.items()))
        if key not in made:
            made[key] = create_app(settings.model_copy(update=changed))
        return made[key].test_client()

    yield share
    for app in made.values():
        _close(app)


@pytest.fixture
def make_client(make_app: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """Make a client of such an application."""
    return lambda **changed: make_app(**changed).test_client()


@pytest.fixture
def workspace(database: Database) -> int:
    """The id of a workspace that only this test knows."""
    return make_workspace(database)


@pytest.fixture
def intruder(database_url: str, workspace: int) -> Iterator[Callable[..., None]]:
    """Somebody who may do everything in PostgreSQL."""
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    connection.autocommit = True

    def do(statement: str, **params: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"workspace_id": workspace, **params})

    yield do
    connection.close()


@pytest.fixture
def sign_token(app: Flask) -> Callable[..., str]:
    """Sign a token for a workspace; every scope unless some are named."""

    def sign(workspace_id: int, *scopes: str, subject: str = "ana") -> str:
        claims = {
            "ws": workspace_id,
            "scope": " ".join(scopes or [scope.value for scope in Scope]),
            "name": subject,
            "kind": "api",
        }
        with app.app_context():
            return create_access_token(identity=subject, additional_claims=claims)

    return sign


@pytest.fixture
def browse(app: Flask, database: Database) -> Callable[..., FlaskClient]:
    """Sign a browser in to a workspace: as Ana, who owns it, unless somebody else is named."""

    def sign_in(
        workspace_id: int, role: str = "owner", *, name: str = "ana", at: Flask = app
    ) -> FlaskClient:
        person = make_person(database, workspace_id, role, name=name)
        lifetime = timedelta(hours=1)
        device = Device("tests", "127.0.0.1")
        token_id = begin_session(database, person, device, method="password", lifetime=lifetime)
        client = at.test_client()
        with at.test_request_context():
            response = Response()
            let_in(response, person, token_id, lifetime)
        ((_name, cookie), *_) = parse_cookie(response.headers["Set-Cookie"]).items()
        client.set_cookie("talkhub", cookie)
        return client

    return sign_in


@pytest.fixture
def caller(client: FlaskClient, workspace: int, sign_token: Callable[..., str]) -> Caller:
    """Ana, who may do everything in this test's workspace."""
    return Caller(client, workspace, sign_token(workspace))


@pytest.fixture(scope="session")
def _worker(settings: Settings) -> Iterator[None]:
    began = context.begin(settings)
    yield
    began.database.dispose()


@pytest.fixture
def drain(_worker: None) -> Callable[[], None]:
    """Do, here and now, what the workers do when they are rung."""

    def run() -> None:
        handlers.drain_inbox()
        handlers.drain_analysis()
        handlers.drain_stats()

    return run
