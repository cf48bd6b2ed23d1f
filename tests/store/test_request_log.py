"""The log of requests: who called what and how it ended, written beside the requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from callers import Caller
from factories import new_user, rows
from flask.testing import FlaskClient
from waiting import wait_until

from talkhub import clock, metrics
from talkhub.errors import Unavailable
from talkhub.jobs import context, schedule
from talkhub.jobs.schedule import tend_the_request_log
from talkhub.settings import Settings
from talkhub.store import request_log
from talkhub.store.queries.requests import (
    Ending,
    RequestFilter,
    latest_requests,
    requests_by_name,
)
from talkhub.store.request_log import NotedRequest, RequestLog
from talkhub.store.uow import Database, workspace_scope
from talkhub.volatile import limits

LOGGED = "select channel, name, status, principal, principal_kind from request_log order by id"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "EVERY_SECONDS", 0.01)


def a_request(workspace: int, **changed: object) -> NotedRequest:
    told = {
        "workspace_id": workspace,
        "requested_at": clock.now(),
        "channel": "rest",
        "name": "list_profiles",
        "principal_kind": "api",
        "principal": "ana",
        "status": 200,
        "duration_ms": 4.0,
        "request_id": "abc",
    }
    return NotedRequest(**{**told, **changed})


def logged(database: Database, workspace: int, count: int) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []

    def is_there() -> bool:
        found[:] = [tuple(row.values()) for row in rows(database, workspace, LOGGED)]
        return len(found) == count

    wait_until(is_there)
    return found


def test_calls_of_either_door_are_logged_with_how_they_ended(
    caller: Caller, database: Database
) -> None:
    def protocol(name: str, **arguments: object) -> None:
        params = {"name": name, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        assert caller.post("/mcp", body).status_code == 200

    def block(user: str) -> None:
        given = {"user_id": user}
        caller.post(
            "/mcp",
            {"integration": "mcp_server", "action": "search_memory", "parameters": given},
        )

    user = new_user()
    calls = [
        lambda: caller.get("/api/v1/profiles"),
        lambda: caller.get("/api/v1/profiles", limit="0"),
        lambda: caller.get(f"/api/v1/people/{user}/facts"),
        lambda: protocol("get_user_context", user_id=user),
        lambda: protocol("search_memory", user_id=user),
        lambda: protocol("no_such_tool"),
        lambda: block(user),
    ]
    for call in calls:
        call()
    caller.client.get("/api/v1/profiles")  # nobody's

    found = logged(database, caller.workspace_id, len(calls))

    assert [told[:3] for told in found] == [
        ("rest", "list_profiles", 200),
        ("rest", "list_profiles", 422),
        ("rest", "list_facts", 404),
        ("mcp", "get_user_context", 200),
        ("mcp", "search_memory", 422),
        ("mcp", "tools/call", 400),
        ("mcp", "search_memory", 422),
    ]
    assert {told[3:] for told in found} == {("ana", "api")}


def test_who_is_beyond_a_limit_fills_no_log(
    make_client: Callable[..., FlaskClient],
    sign_token: Callable[..., str],
    database: Database,
    workspace: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    client = make_client(role="api", rate_limit_principal=1)
    ana, bia = (
        Caller(client, workspace, sign_token(workspace, subject=new_user())) for _ in range(2)
    )

    statuses = [who.get("/api/v1/test").status_code for who in (ana, ana, ana, bia)]

    assert statuses == [200, 429, 429, 200]
    assert [told[1:3] for told in logged(database, workspace, 2)] == [("test", 200)] * 2


def test_what_waits_while_the_database_is_away_is_bounded_and_written_when_it_is_back(
    database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_log, "MOST_WAITING", 5)
    is_away, was_refused = True, threading.Event()
    single = Database.single

    def sometimes(self: Database, *given: object) -> object:
        if is_away:
            was_refused.set()
            raise Unavailable
        return single(self, *given)

    monkeypatch.setattr(Database, "single", sometimes)
    log, before = RequestLog(database), metrics.unlogged_requests._value.get()
    log.note(a_request(workspace))
    assert was_refused.wait(30)

    for number in range(8):
        log.note(a_request(workspace, name=f"call_{number}"))

    assert metrics.unlogged_requests._value.get() - before == 3
    is_away = False
    names = [told[1] for told in logged(database, workspace, 6)]
    assert names == ["list_profiles", *(f"call_{number}" for number in range(5))]


def test_figures_tell_shares_and_times_of_those_that_are_meant(
    database: Database, workspace: int
) -> None:
    log = RequestLog(database)
    for number in range(1, 21):
        log.note(a_request(workspace, duration_ms=float(number)))
    log.note(a_request(workspace, name="get_funnel", status=503, principal="bia"))
    log.note(a_request(workspace, status=404, requested_at=clock.now() - timedelta(hours=2)))
    logged(database, workspace, 22)
    hour = RequestFilter(clock.now() - timedelta(hours=1))

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        everything, profiles, funnels = requests_by_name(uow, hour)
        (failed,) = latest_requests(
            uow, RequestFilter(hour.since, name="get_funnel", principal="bia"), before=None
        )
        page = latest_requests(uow, hour, before=(failed.requested_at, failed.id))
        of_refused = requests_by_name(uow, RequestFilter(hour.since, ending=Ending.REFUSED))

    assert (everything.requests, everything.refused, everything.failed) == (21, 0, 1)
    assert round(everything.error_rate, 4) == 0.0476
    assert (profiles.name, profiles.p50_ms, profiles.p95_ms) == ("list_profiles", 10.0, 19.0)
    assert (funnels.requests, failed.ending) == (1, Ending.FAILED)
    assert len(page) == 20
    assert [(one.requests, one.is_all) for one in of_refused] == [(0, True)]


@pytest.fixture
def own_database(own_database_url: str, settings: Settings) -> Iterator[Database]:
    """A database of this test's own: its partitions are not the others'."""
    before = context._context
    began = context.begin(settings.model_copy(update={"database_url": own_database_url}))
    yield began.database
    began.database.dispose()
    context._context = before


def test_requests_go_with_their_age_and_have_a_partition_for_each_month(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FORGET_BATCH", 1)  # several batches
    log = RequestLog(own_database)
    tend_the_request_log(own_database)
    for days in (0, 29, 100, 101):
        log.note(a_request(1, requested_at=clock.now() - timedelta(days=days)))
    logged(own_database, 1, 4)

    tend_the_request_log(own_database)

    assert len(logged(own_database, 1, 2)) == 2
    months = rows(
        own_database,
        1,
        "select count(*) as n from pg_inherits where inhparent = 'request_log'::regclass",
    )
    assert months == [{"n": 3}]
