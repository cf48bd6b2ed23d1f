"""Health, liveness, readiness and metrics, with the servers there and away."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from servers import Servers, admin
from sqlalchemy.engine import make_url

from talkhub import __version__
from talkhub.blueprints import health, leaving
from talkhub.store.uow import Database

NO_DATABASE = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_tells_of_both_servers(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    document = answer.json
    assert answer.status_code == 200
    assert document.pop("timestamp")
    assert document == {
        "status": "healthy",
        "supabase": "connected",
        "redis": "connected",
        "version": __version__,
        "service": "talkhub-all",
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_redis_the_service_is_degraded_but_up(
    make_client: Callable[..., FlaskClient],
) -> None:
    answer = make_client(redis_url=NO_REDIS).get("/api/health")

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["redis"]) == ("degraded", "disconnected")
    assert answer.json["supabase"] == "connected"


def test_without_a_database_the_service_is_down(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(database_url=NO_DATABASE)

    answer = client.get("/api/health")

    assert (answer.status_code, answer.json["status"]) == (503, "degraded")
    assert (answer.json["supabase"], answer.json["redis"]) == ("disconnected", "connected")
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200


def test_health_never_keeps_anyone_waiting(make_client: Callable[..., FlaskClient]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes calls and says nothing
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = make_client(database_url=f"postgresql+psycopg2://nobody@{address}/nothing")
        started = time.monotonic()

        statuses = [client.get("/health").status_code for _ in range(2)]
        waited = time.monotonic() - started

    assert statuses == [503, 503]
    assert waited < 2 * health.LONGEST_WAIT_SECONDS + 0.5


def test_health_is_asked_once_a_second_however_many_ask(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    database = app.extensions["talkhub"].database
    asked: list[str] = []
    single = database.single
    monkeypatch.setattr(database, "single", lambda *given: asked.append("") or single(*given))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: app.test_client().get("/health"), range(24)))

    assert len(asked) == 1


def test_a_role_that_is_lowered_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (
        200,
        {
            "status": "ready",
            "database": True,
            "role_is_safe": True,
            "schema": True,
            "redis": True,
        },
    )


def test_an_instance_that_is_about_to_stop_is_not_ready_but_alive(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "_mark", bytearray(1))

    leaving.announce()

    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "leaving"})
    assert client.get("/livez").status_code == 200


def test_a_role_that_owns_tables_is_not_ready(
    make_client: Callable[..., FlaskClient], own_database_url: str
) -> None:
    run_in(own_database_url, "alter table conversations owner to talkhub_system")

    answer = make_client(database_url=own_database_url).get("/readyz")

    assert (answer.status_code, answer.json["role_is_safe"]) == (503, False)


@pytest.mark.parametrize(("revision", "status"), [("0001", 503), ("9999", 200)])
def test_code_waits_for_its_schema_and_says_what_to_run(
    make_client: Callable[..., FlaskClient], own_database_url: str, revision: str, status: int
) -> None:
    run_in(own_database_url, f"update alembic_version set version_num = '{revision}'")

    answer = make_client(database_url=own_database_url).get("/readyz")

    assert (answer.status_code, answer.json["schema"]) == (status, status == 200)
    assert ("./deploy-talkhub.sh init-supabase" in answer.json.get("run", "")) is (status == 503)


def test_a_database_without_our_schema_is_not_ready(
    make_client: Callable[..., FlaskClient], servers: Servers
) -> None:
    client = make_client(database_url=str_of(servers, database="postgres"))

    assert client.get("/health").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_login_that_may_not_lower_itself_is_not_ready_until_it_may(
    make_client: Callable[..., FlaskClient],
    servers: Servers,
    own_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "REMEMBERED_SECONDS", 0)
    login = f"th_login_{secrets.token_hex(4)}"
    admin(servers, f"create role {login} login password '{login}'")
    name = make_url(own_database_url).database
    client = make_client(
        database_url=str_of(servers, username=login, password=login, database=name)
    )

    before = client.get("/readyz"), client.get("/health")
    admin(servers, f"grant talkhub_app, talkhub_system to {login}")
    after = client.get("/readyz")

    admin(servers, f"drop role {login}")
    assert [answer.status_code for answer in before] == [503, 200]
    assert after.status_code == 200


def run_in(url: str, sql: str) -> None:
    database = Database(url, pool_size=1)
    with database._engine.begin() as connection:
        connection.exec_driver_sql(sql)
    database.dispose()


def str_of(servers: Servers, **parts: str | None) -> str:
    """Return the address of the tests' server with other parts."""
    url = servers.database.set(drivername="postgresql+psycopg2", **parts)
    return url.render_as_string(hide_password=False)


def test_without_a_database_a_tool_asks_to_try_again(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str]
) -> None:
    headers = {"Authorization": f"Bearer {sign_token(1)}"}

    answer = make_client(database_url=NO_DATABASE).get("/api/v1/test", headers=headers)

    assert (answer.status_code, answer.json["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
