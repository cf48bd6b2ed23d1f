"""Real PostgreSQL and Valkey for the tests, and an application on them.

Each test process has a database of its own, copied from a migrated template. Each test
makes its own workspace and really commits; nothing needs cleaning.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from factories import WEBHOOK_SECRET, WHATSAPP_SECRET, make_workspace
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token
from sqlalchemy.engine import URL, make_url

from talkhub.app import create_app
from talkhub.embedded.locks import locked
from talkhub.embedded.services import ensure
from talkhub.jobs import context, handlers
from talkhub.names import Scope
from talkhub.settings import Settings
from talkhub.store.uow import Database

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Servers:
    """Where the tests' servers are."""

    database: URL
    redis: str
    home: Path


@dataclass(frozen=True)
class Caller:
    """An API client of one workspace, with a token for the scopes asked for."""

    client: FlaskClient
    workspace_id: int
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: object, **headers: str):
        return self.client.post(path, json=body, headers={**self._auth(), **headers})

    def put(self, path: str, body: object):
        return self.client.put(path, json=body, headers=self._auth())

    def get(self, path: str, **query: str):
        return self.client.get(path, query_string=query, headers=self._auth())

    def tool(self, name: str, body: object, **headers: str):
        return self.post(f"/api/v1/mcp/{name}", body, **headers)

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The servers that TEST_DATABASE_URL and TEST_REDIS_URL name, else the embedded ones."""
    home = ROOT / ".talkhub" / "test"
    home.mkdir(parents=True, exist_ok=True)
    given = {name: os.environ.get(f"TEST_{name}_URL") for name in ("DATABASE", "REDIS")}
    if all(given.values()):
        return Servers(make_url(given["DATABASE"]), given["REDIS"], home)
    embedded = ensure(home, test=True)
    database = given["DATABASE"] or embedded.database_url
    return Servers(make_url(database), given["REDIS"] or embedded.redis_url, home)


@pytest.fixture(scope="session")
def database_url(servers: Servers) -> Iterator[str]:
    """A migrated database of this test process."""
    yield from _copy_of_template(servers)


@pytest.fixture
def own_database_url(servers: Servers) -> Iterator[str]:
    """A migrated database of one test, which may break it."""
    yield from _copy_of_template(servers)


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
        LOG_LEVEL="ERROR",
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
    app.extensions["talkhub"].database.dispose()
    app.extensions["talkhub"].redis.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def workspace(database: Database) -> int:
    """The id of a workspace that only this test knows."""
    return make_workspace(database)


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


def _copy_of_template(servers: Servers) -> Iterator[str]:
    template = _template(servers)
    name = f"th_test_{os.getpid()}_{secrets.token_hex(3)}"
    with locked(servers.home / "template.lock"):  # a template may have one reader at a time
        _admin(servers, f"create database {name} template {template}")
    yield servers.database.set(drivername="postgresql+psycopg2", database=name).render_as_string(
        hide_password=False
    )
    _admin(servers, f"drop database {name} with (force)")


def _template(servers: Servers) -> str:
    """Return the name of a database at the newest revision, made once for each state of it."""
    files = sorted((ROOT / "migrations").rglob("*.py"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    name = f"th_template_{digest}"
    with locked(servers.home / "template.lock"):
        exists = _admin(servers, f"select 1 from pg_database where datname = '{name}'")
        if not exists:
            _admin(servers, f"drop database if exists {name}_new")
            _admin(servers, f"create database {name}_new")
            config = Config(ROOT / "alembic.ini")
            url = servers.database.set(drivername="postgresql+psycopg2", database=f"{name}_new")
            config.attributes["database_url"] = url.render_as_string(hide_password=False)
            command.upgrade(config, "head")
            _admin(servers, f"alter database {name}_new rename to {name}")
    return name


def _admin(servers: Servers, sql: str) -> list[tuple]:
    url = servers.database.set(drivername="postgresql", database="postgres")
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
