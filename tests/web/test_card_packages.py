"""Each package that the product promises is in force: without it, its test goes red."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg2
import pytest
import redis
import sqlalchemy
from factories import make_channel, new_address
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token, decode_token
from prometheus_client.parser import text_string_to_metric_families
from providers import Door, said
from waiting import wait_until

from talkhub.jobs.queues import open_queue
from talkhub.names import Job, Platform
from talkhub.security import client_network
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope

NO_REDIS = "redis://127.0.0.1:1/0"


def ask_for_tokens(client: FlaskClient, times: int) -> list[int]:
    place = {"REMOTE_ADDR": new_address()}
    return [
        client.post("/api/v1/auth/token", json={}, environ_overrides=place).status_code
        for _ in range(times)
    ]


@pytest.mark.parametrize("redis_is", ["there", "away"])
def test_flask_limiter_limits_who_asks_for_tokens(
    make_client: Callable[..., FlaskClient], redis_is: str
) -> None:
    client = make_client(**({"redis_url": NO_REDIS} if redis_is == "away" else {}))

    statuses = ask_for_tokens(client, 22)

    assert statuses == [422] * 20 + [429] * 2


def test_flask_jwt_extended_reads_the_dashboards_cookie(
    app: Flask, workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    browser = browse(workspace)
    welcome = browser.get("/dashboard").status_code
    with app.app_context():
        claims = decode_token(browser.get_cookie("talkhub").value)
        own = {name: claims[name] for name in ("jti", "kind")}
        expired = create_access_token(
            "ana", additional_claims=own, expires_delta=timedelta(hours=-1)
        )
    browser.set_cookie("talkhub", expired)

    assert (welcome, browser.get("/dashboard").status_code) == (200, 303)


def test_flask_cors_lets_an_allowed_origin_in(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(allowed_origins=("https://app.talkhub.me",))

    answer = client.get("/api/v1/mcp/tools", headers={"Origin": "https://app.talkhub.me"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.talkhub.me"


def test_prometheus_flask_exporter_measures_pages(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client()
    client.get("/dashboard/login")

    families = text_string_to_metric_families(client.get("/metrics").text)

    counted = {
        sample.labels["endpoint"]
        for family in families
        if family.name == "flask_http_request_duration_seconds"
        for sample in family.samples
        if sample.name.endswith("_count")
    }
    assert "dashboard.login" in counted


def test_rq_holds_the_jobs_that_a_webhook_rings_for(
    client: FlaskClient, database: Database, workspace: int, redis_url: str
) -> None:
    connection = redis.Redis.from_url(redis_url)
    queue = open_queue(connection)
    queue.empty()
    path = make_channel(database, workspace, Platform.TELEGRAM)

    Door(client, Platform.TELEGRAM, path).post(said(Platform.TELEGRAM, "oi"))

    wait_until(lambda: len(queue) > 0)
    names = {job.func_name for job in queue.jobs}
    connection.close()
    assert f"talkhub.jobs.handlers.{Job.DRAIN_INBOX}" in names


def test_redis_counts_for_all_processes(
    make_client: Callable[..., FlaskClient], redis_url: str
) -> None:
    address = new_address()
    make_client().get("/api/v1/test", environ_overrides={"REMOTE_ADDR": address})

    connection = redis.Redis.from_url(redis_url)
    kept = list(connection.scan_iter(f"limit:address:{client_network(address)}:*"))
    connection.close()
    assert len(kept) == 1


def test_sqlalchemy_reaches_postgresql_through_psycopg2(
    settings: Settings, database: Database
) -> None:
    with database.read_only(system_scope("tests")) as uow:
        driver = uow.execute(sqlalchemy.text("select 1")).cursor

    assert isinstance(driver.connection.cursor(), psycopg2.extensions.cursor)
