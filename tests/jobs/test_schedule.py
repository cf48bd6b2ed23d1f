"""The schedule: sweeps for lost bells, closes the silent, forgets the old, once a slot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from callers import Caller
from factories import make_channel, rows, transcript
from providers import Door, said

from talkhub import clock
from talkhub.encryption import key_id
from talkhub.jobs import handlers, schedule
from talkhub.jobs.forgetting import forget_the_old
from talkhub.jobs.schedule import (
    Task,
    change_signing_key,
    close_silent_sessions,
    forget_settled_events,
    run_due_tasks,
    sweep,
)
from talkhub.names import Job, Platform
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope, workspace_scope

SESSIONS = "select status, close_reason from chat_sessions order by id"
AGE_EVENTS = "update inbound_events set due_at = now() - interval '3 seconds'"


@pytest.fixture
def rung(settled: None, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The bells that this process rings."""
    rung: list[Job] = []
    monkeypatch.setattr(database, "ring", rung.append)
    return rung


@pytest.fixture
def tomorrow() -> Iterator[None]:
    """Let a day and a minute pass at once."""
    later = clock.now() + timedelta(days=1, minutes=1)
    clock.use_source(lambda: later)
    yield
    clock.use_source(None)


@pytest.fixture
def tell(caller: Caller, database: Database) -> Callable[[str], None]:
    path = make_channel(database, caller.workspace_id, Platform.TELEGRAM)
    door = Door(caller.client, Platform.TELEGRAM, path)
    return lambda text: door.post(said(Platform.TELEGRAM, text))


def age(database: Database, workspace: int, sql: str) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(sql)


def test_work_whose_bell_was_lost_is_rung_for_again(
    caller: Caller,
    database: Database,
    settings: Settings,
    tell: Callable[[str], None],
    *,
    drain: Callable[[], None],
    rung: list[Job],
) -> None:
    drain()
    tell("oi")
    sweep(database, settings)
    rung_at_once = list(rung)
    age(database, caller.workspace_id, AGE_EVENTS)

    sweep(database, settings)

    assert rung_at_once == []
    assert rung == [Job.DRAIN_INBOX]


def test_a_lost_analysis_and_lost_statistics_are_rung_for_too(
    caller: Caller, database: Database, settings: Settings, drain: Callable[[], None], rung: Any
) -> None:
    drain()
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("oi")}
    caller.tool("save_conversation", body)
    age(
        database,
        caller.workspace_id,
        "update conversations set analysis_due_at = now() - interval '3 seconds'",
    )
    sweep(database, settings)
    handlers.drain_analysis()
    age(
        database,
        caller.workspace_id,
        "update user_profiles set stats_due_at = now() - interval '3 seconds'",
    )
    sweep(database, settings)

    assert rung == [Job.DRAIN_ANALYSIS, Job.DRAIN_STATS]


def test_without_redis_the_sweeper_does_the_work_itself(
    caller: Caller,
    database: Database,
    settings: Settings,
    tell: Callable[[str], None],
    drain: Callable[[], None],
) -> None:
    drain()
    tell("oi")
    age(database, caller.workspace_id, AGE_EVENTS)
    without = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})

    sweep(database, without)

    sql = "select messages -> 0 ->> 'content' as content from conversations"
    assert rows(database, caller.workspace_id, sql) == [{"content": "oi"}]


def test_an_event_that_ends_its_workers_is_given_up(
    caller: Caller,
    database: Database,
    settings: Settings,
    tell: Callable[[str], None],
    drain: Callable[[], None],
) -> None:
    tell("oi")
    killed = f"update inbound_events set attempts = {handlers.MAX_ATTEMPTS}"
    age(database, caller.workspace_id, killed)

    sweep(database, settings)
    drain()

    sql = "select state, last_error from inbound_events"
    assert rows(database, caller.workspace_id, sql) == [
        {"state": "dead", "last_error": "The worker ended during each attempt."}
    ]


def test_a_silent_session_is_closed_with_its_conversation(
    caller: Caller,
    database: Database,
    tell: Callable[[str], None],
    drain: Callable[[], None],
    tomorrow: None,
) -> None:
    tell("quero cancelar")
    drain()

    close_silent_sessions(database)
    drain()

    assert rows(database, caller.workspace_id, SESSIONS) == [
        {"status": "completed", "close_reason": "idle"}
    ]
    sql = "select status, outcome, ended_at = last_message_at as ended from conversations"
    assert rows(database, caller.workspace_id, sql) == [
        {"status": "closed", "outcome": "unanswered", "ended": True}
    ]


def test_a_session_that_is_not_silent_stays_open(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    caller.tool("create_chat_session", {"user_id": "ana"})

    close_silent_sessions(database)

    assert rows(database, caller.workspace_id, SESSIONS) == [
        {"status": "active", "close_reason": None}
    ]


def test_all_silent_sessions_are_closed_however_many(
    caller: Caller,
    database: Database,
    drain: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "CLOSE_BATCH", 2)
    for _ in range(5):
        caller.tool("create_chat_session", {"user_id": "ana"})
    silent = "update chat_sessions set created_at = created_at - interval '2 days'"
    age(database, caller.workspace_id, silent)

    close_silent_sessions(database)

    closed = {"status": "completed", "close_reason": "idle"}
    assert rows(database, caller.workspace_id, SESSIONS) == [closed] * 5


def test_a_slot_is_taken_by_one_scheduler_only(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    task = Task(f"task {workspace}", timedelta(days=3650), lambda _: runs.append("run"))
    monkeypatch.setattr(schedule, "TASKS", (task,))

    with ThreadPoolExecutor(4) as schedulers:
        list(schedulers.map(lambda _: run_due_tasks(database), range(8)))

    assert runs == ["run"]


def test_the_next_slot_is_another_run(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    task = Task(f"task {workspace}", timedelta(days=3650), lambda _: runs.append("run"))
    monkeypatch.setattr(schedule, "TASKS", (task,))
    run_due_tasks(database)
    with database.unit_of_work(system_scope("tests")) as uow:
        move = "update schedule_runs set slot = slot - interval '1 day' where name = %(name)s"
        uow.run(move, {"name": task.name})

    run_due_tasks(database)

    assert runs == ["run", "run"]


def test_a_slow_task_holds_up_nothing(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, ended = threading.Event(), threading.Event()

    def wait(_: Database) -> None:
        if released.wait(10):
            ended.set()

    task = Task(f"slow {workspace}", timedelta(days=3650), wait, is_slow=True)
    monkeypatch.setattr(schedule, "TASKS", (task,))

    run_due_tasks(database)
    released.set()

    assert ended.wait(10)


def test_a_slow_task_does_not_run_twice_at_once(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, released = threading.Event(), threading.Event()
    runs: list[str] = []

    def wait(_: Database) -> None:
        runs.append("run")
        started.set()
        released.wait(10)

    task = Task(f"slow {workspace}", timedelta(microseconds=1), wait, is_slow=True)
    monkeypatch.setattr(schedule, "TASKS", (task,))

    run_due_tasks(database)
    assert started.wait(10)
    run_due_tasks(database)
    meanwhile = (list(runs), schedule.is_running(task))
    released.set()
    next(it for it in threading.enumerate() if it.name == task.name).join(10)

    assert meanwhile == (["run"], True)
    assert not schedule.is_running(task)


def test_what_is_past_its_time_is_forgotten_and_nothing_else(
    caller: Caller, database: Database
) -> None:
    for key in ("old", "new"):
        caller.tool("create_chat_session", {"user_id": "ana", "idempotency_key": key})
    age(
        database,
        caller.workspace_id,
        "update idempotency_keys set expires_at = now() - interval '1 second' where key = 'old'",
    )

    forget_the_old(database)

    sql = "select key from idempotency_keys"
    assert rows(database, caller.workspace_id, sql) == [{"key": "new"}]


def test_settled_events_are_deleted_after_their_days_and_what_is_dead_stays(
    caller: Caller,
    database: Database,
    tell: Callable[[str], None],
    drain: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "FORGET_BATCH", 2)
    for text in "abcdefg":
        tell(text)
    drain()
    for position, changed in enumerate(
        (
            "state = 'dead', done_at = null, received_at = now() - interval '90 days'",
            "done_at = now() - interval '29 days'",
            "state = 'ignored', done_at = now() - interval '31 days'",
            *["done_at = now() - interval '31 days'"] * 4,
        )
    ):
        of = f"(select id from inbound_events order by id offset {position} limit 1)"
        age(database, caller.workspace_id, f"update inbound_events set {changed} where id = {of}")

    forget_settled_events(database)

    sql = "select state, payload #>> '{message,text}' as text from inbound_events order by id"
    assert rows(database, caller.workspace_id, sql) == [
        {"state": "dead", "text": "a"},
        {"state": "done", "text": "b"},
    ]


def test_a_key_that_has_expired_can_be_used_again(caller: Caller, database: Database) -> None:
    body = {"user_id": "ana", "idempotency_key": "k"}
    first = caller.tool("create_chat_session", body).json
    age(database, caller.workspace_id, "update idempotency_keys set expires_at = now()")

    again = caller.tool("create_chat_session", {**body, "platform": "whatsapp"})

    assert again.status_code == 201
    assert again.json["session_id"] != first["session_id"]


def test_a_signing_key_of_a_month_is_changed_and_its_tokens_stay(
    caller: Caller, database: Database, settings: Settings, drain: Callable[[], None]
) -> None:
    drain()  # begins the worker, whose settings the schedule reads
    secret_id = key_id(settings.signing_secrets[0])
    grow_old = (
        "update signing_keys set created_at = created_at - interval '31 days'"
        " where secret_id = %(id)s and retired_at is null returning kid"
    )
    with database.unit_of_work(system_scope("tests")) as uow:
        old = uow.run(grow_old, {"id": secret_id}).scalar_one()

    change_signing_key(database)

    with database.read_only(system_scope("tests")) as uow:
        retired = "select kid from signing_keys where retired_at is not null"
        assert old in uow.run(retired).scalars().all()
    assert caller.get("/api/v1/test").status_code == 200
