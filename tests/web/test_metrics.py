"""What `/metrics` tells, to whom, and of which processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from callers import Caller
from factories import make_channel, transcript
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from providers import Door, said

from requirements import requirement
from talkhub.names import Metric, Platform


def samples(
    client: FlaskClient, name: str = ""
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return what is told now, or of it what has such a name: to read all of it takes long."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    told = "\n".join(line for line in answer.text.splitlines() if line.startswith(name))
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(f"{told}\n")
        for sample in family.samples
    }


def value(client: FlaskClient, name: str, **labels: str) -> float:
    return samples(client, name).get((name, frozenset(labels.items())), 0)


@requirement("monitoring:prometheus", "analytics:error-rate")
def test_requests_are_timed_by_endpoint_and_status(caller: Caller) -> None:
    name = f"{Metric.HTTP_SECONDS}_count"
    labels = {"method": "POST", "endpoint": "get_user_context"}
    before = [value(caller.client, name, **labels, status=status) for status in ("200", "422")]

    caller.tool("get_user_context", {"user_id": "ana"})
    caller.tool("get_user_context", {})

    after = [value(caller.client, name, **labels, status=status) for status in ("200", "422")]
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 1]


def test_events_jobs_and_analyses_are_counted(
    caller: Caller, database: object, drain: Callable[[], None]
) -> None:
    client = caller.client
    drain()
    names = [
        (Metric.WEBHOOK_EVENTS, {"platform": "telegram", "result": "accepted"}),
        (Metric.WEBHOOK_EVENTS, {"platform": "telegram", "result": "duplicate"}),
        (Metric.WEBHOOK_EVENTS, {"platform": "telegram", "result": "refused"}),
        (Metric.JOBS, {"job": "drain_inbox", "result": "done"}),
        (Metric.ANALYSES, {"result": "stored"}),
    ]
    before = [value(client, name, **labels) for name, labels in names]
    left = value(client, Metric.INBOX_DEPTH)  # what other tests let wait
    path = make_channel(database, caller.workspace_id, Platform.TELEGRAM)
    door, document = Door(client, Platform.TELEGRAM, path), said(Platform.TELEGRAM, "oi")

    door.post(document)
    waiting = value(client, Metric.INBOX_DEPTH), value(client, Metric.INBOX_AGE)
    door.post(document)
    door.post(document, secret="wrong")
    drain()

    after = [value(client, name, **labels) for name, labels in names]
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 1, 1, 1, 1]
    assert waiting[0] == left + 1
    assert waiting[1] > 0
    assert value(client, Metric.INBOX_DEPTH) == left


def test_looking_up_tokens_in_the_cache_is_counted(caller: Caller) -> None:
    labels = {"cache": "token", "result": "hit"}
    caller.get("/api/v1/test")
    before = value(caller.client, Metric.CACHE_LOOKUPS, **labels)

    caller.get("/api/v1/test")

    assert value(caller.client, Metric.CACHE_LOOKUPS, **labels) == before + 1


def test_browser_routes_are_measured_by_their_extension(client: FlaskClient) -> None:
    client.post("/api/v1/auth/token", json={})

    names = {name for name, _ in samples(client)}

    assert {"flask_http_request_total", "flask_http_request_duration_seconds_count"} <= names


def test_metrics_are_not_for_the_public(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert answer.status_code == 404


def test_metrics_name_nobody(caller: Caller) -> None:
    body = {
        "session_id": "sessao-secreta",
        "user_id": "5511987654321",
        "messages": transcript("oi"),
    }
    caller.tool("save_conversation", body)
    caller.get("/api/v1/mcp/get_user_context/5511987654321")

    text = caller.client.get("/metrics").text

    assert "5511987654321" not in text
    assert "sessao-secreta" not in text


def test_without_a_database_the_other_metrics_are_still_told(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client(database_url="postgresql+psycopg2://nobody@127.0.0.1:1/nothing")

    names = {name for name, _ in samples(client)}

    assert f"{Metric.HTTP_SECONDS}_count" in names
    assert Metric.INBOX_DEPTH not in names


def test_processes_that_share_a_folder_are_told_of_together(
    make_client: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    count = "from talkhub import metrics; metrics.jobs.labels('drain_inbox', 'done').inc()"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], env=environment, check=True)

    client = make_client(metrics_dir=tmp_path)

    assert value(client, Metric.JOBS, job="drain_inbox", result="done") == 2


def test_every_metric_that_has_a_name_is_told(caller: Caller, drain: Callable[[], None]) -> None:
    caller.get("/api/v1/test")
    drain()

    families = {
        family.name for family in text_string_to_metric_families(caller.client.get("/metrics").text)
    }

    assert {metric.removesuffix("_total") for metric in Metric} - families == set()
