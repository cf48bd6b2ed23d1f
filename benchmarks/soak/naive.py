"""The textbook design, to be killed beside ours: commit, then enqueue a job that adds one.

An event is known by its key, so a repeated one is acknowledged without another job; a failed
job is retried. It loses and doubles events all the same, which shows that the soak can see it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from typing import Any

import redis
from flask import Flask, request
from granian.constants import Interfaces
from granian.server import Server
from rq import Queue, Retry, SimpleWorker
from sqlalchemy import Engine, create_engine, text

from benchmarks.soak.stack import SERVERS, Kind, Program
from talkhub.embedded.boot import read_settings
from talkhub.embedded.children import ChildSpec
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.services import ensure
from talkhub.embedded.supervisor import Supervisor
from talkhub.embedded.up import answers
from talkhub.settings import environment_of_child

NAIVE = Program(
    command=("-m", "benchmarks.soak.naive", "up"),
    children={
        None: {
            "talkhub.embedded keep": Kind.KEEPER,
            "benchmarks.soak.naive web": Kind.WEB_PARENT,
            "rq.cli worker-pool": Kind.WORKER_PARENT,
        },
        Kind.WEB_PARENT: {"benchmarks.soak.naive web": Kind.WEB},
        Kind.WORKER_PARENT: {"rq.cli worker-pool": Kind.WORKER},
        **SERVERS,
    },
)

JOB_SECONDS = 20

app = Flask(__name__)


@app.post("/events")
def receive() -> tuple[dict[str, Any], int]:
    """Store an event once, then enqueue its job."""
    key = request.get_json()["key"]
    insert = text("insert into events (key) values (:key) on conflict do nothing returning key")
    with _engine().begin() as connection:
        is_new = connection.execute(insert, {"key": key}).first() is not None
    if is_new:
        _queue().enqueue(apply, key, retry=Retry(max=3), job_timeout=JOB_SECONDS)
    return {"ok": True}, 200


@app.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """Tell whether both servers answer."""
    with _engine().begin() as connection:
        connection.execute(text("select 1"))
    _queue().connection.ping()
    return {"ok": True}, 200


app.add_url_rule("/livez", view_func=ready, endpoint="livez")


def apply(key: str) -> None:
    """Have the event's effect."""
    with _engine().begin() as connection:
        add_one = text("update events set effects = effects + 1 where key = :key")
        connection.execute(add_one, {"key": key})


class PromptWorker(SimpleWorker):
    """RQ's quickest worker, told to look after abandoned jobs as often as is sensible."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options |= {"worker_ttl": 30, "maintenance_interval": 10, "job_monitoring_interval": 5}
        super().__init__(*arguments, **options)


@cache
def _engine() -> Engine:
    return create_engine(str(read_settings().database_url), pool_pre_ping=True)


@cache
def _queue() -> Queue:
    return Queue(connection=redis.Redis.from_url(str(read_settings().redis_url)))


def up() -> None:
    """Run everything under TalkHub's own supervisor, so that only the design differs."""
    settings = read_settings()
    servers = ensure(settings.home)
    found = {"database_url": servers.database_url, "redis_url": servers.redis_url}
    settings = settings.model_copy(update=found)
    engine = create_engine(servers.database_url)
    with engine.begin() as connection:
        table = "create table if not exists events (key text primary key, effects int default 0)"
        connection.execute(text(table))
    engine.dispose()
    pool = ("rq.cli", "worker-pool", "-n", str(settings.worker_processes))
    options = ("-u", servers.redis_url, "-w", "benchmarks.soak.naive.PromptWorker", "-q")
    specs = [
        ChildSpec("web", (sys.executable, "-m", "benchmarks.soak.naive", "web")),
        ChildSpec("workers", (sys.executable, "-m", *pool, *options)),
    ]

    def keep_servers() -> None:
        with suppress(CannotStart):
            ensure(settings.home)

    Supervisor(specs, environment_of_child(settings)).run(
        is_ready=lambda: answers(settings.host, settings.port),
        on_ready=lambda: None,
        keep_alive=keep_servers,
    )


def web() -> None:
    """Serve the application."""
    settings = read_settings()
    Server(
        "benchmarks.soak.naive:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    {"up": up, "web": web}[sys.argv[1]]()
