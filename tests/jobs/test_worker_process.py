"""`python worker.py`: rung, it drains; told to stop, it finishes what it has begun."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from factories import make_channel, rows
from flask.testing import FlaskClient
from providers import Door, said
from servers import ROOT
from waiting import wait_until

from talkhub.jobs.queues import open_queue
from talkhub.names import Platform
from talkhub.settings import Settings, environment_of_child
from talkhub.store.statements.locks import LOCK
from talkhub.store.uow import Database, workspace_scope

STATES = "select state, attempts from inbound_events order by id"


@pytest.fixture(params=["simple", "fork"])
def worker(request: pytest.FixtureRequest, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A worker process of our own, which has begun to listen."""
    client = redis.Redis.from_url(settings.redis_url)
    client.delete(open_queue(client).key)  # what earlier tests rang for
    small = {"worker_processes": 1, "sentence_encoder": False}
    mine = settings.model_copy(update={**small, "worker_class": request.param})
    process = subprocess.Popen(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=environment_of_child(mine),
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: client.scard("rq:workers") > 0 or process.poll() is not None)
    yield process
    if process.poll() is None:
        process.terminate()
    process.communicate(timeout=40)
    client.close()


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Door:
    path = make_channel(database, workspace, Platform.TELEGRAM)
    return Door(client, Platform.TELEGRAM, path)


@contextmanager
def person_held(database: Database, workspace: int, user_id: str) -> Iterator[Callable[[], bool]]:
    """Keep a person locked, so that a drain stops in the middle; yields whether one waits."""
    waiting = "select count(*) as n from pg_locks where locktype = 'advisory' and not granted"
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(LOCK, {"key": f"person:{workspace}:{user_id}"})
        yield lambda: rows(database, workspace, waiting)[0]["n"] > 0


def test_a_worker_drains_when_it_is_rung_and_finishes_its_batch_when_told_to_stop(
    worker: subprocess.Popen[str], door: Door, database: Database, workspace: int
) -> None:
    def done() -> bool:
        return [row["state"] for row in rows(database, workspace, STATES)] == ["done"]

    door.post(said(Platform.TELEGRAM, "oi", person="77"))
    wait_until(done)

    with person_held(database, workspace, "77") as is_waiting:
        door.post(said(Platform.TELEGRAM, "tudo bem?", person="77", at="12:01"))
        wait_until(is_waiting)
        worker.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(0.3)

    assert worker.wait(20) == 0
    assert rows(database, workspace, STATES) == [{"state": "done", "attempts": 1}] * 2
    sql = "select jsonb_array_length(messages) as n from conversations"
    assert rows(database, workspace, sql) == [{"n": 2}]
