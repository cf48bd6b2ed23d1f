"""Alerts are raised once and told once, and a week is reported once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conversation_rows import Row, insert_conversations
from factories import rows

from talkhub import clock
from talkhub.alerts.judging import AlertKind, Direction
from talkhub.alerts.rules import (
    RuleWish,
    add_rule,
    change_rule,
    delete_rule,
    list_alerts,
    list_rules,
)
from talkhub.alerts.watching import watch
from talkhub.errors import Invalid, Unavailable
from talkhub.jobs.watching import look_after, tell_weekly_reports, watch_alerts
from talkhub.names.feedback import ScoreKind
from talkhub.services.incoming.feedback import Given, record_score
from talkhub.services.privacy.closing_requests import RequestWish, record_request
from talkhub.services.privacy.subject_requests import RequestKind
from talkhub.services.reporting.weekly_report import tell_week
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

NOW = datetime(2026, 3, 22, 15, 30, tzinfo=UTC)  # a Sunday
ANGRY = RuleWish("Humor", AlertKind.NEGATIVE_SHARE, 0.5, 0.25, minimum=2)
EVENTS = ["alert.fired", "alert.cleared", "report.weekly"]
LISTEN = """
insert into webhook_endpoints (workspace_id, url, events, secrets_encrypted)
values (%(workspace)s, 'https://client.example/', %(events)s, '')
"""
TOLD = "select kind, payload from outbound_messages order by id"
FAILED = """
insert into delivery_attempts (workspace_id, outbound_message_id, webhook_endpoint_id, status_code,
  attempted_at)
select %(workspace)s, 1, endpoint, status, %(at)s
from unnest('{1,1,1,null}'::bigint[], '{500,200,null,500}'::int[]) as t (endpoint, status)
"""
WAITING = """
insert into inbound_events (workspace_id, platform, source, external_id, kind, payload, state,
  due_at, received_at)
select %(workspace)s, 'uchat', 'tests', due, 'message', '{}', 'pending',
  clock_timestamp() - due::interval, clock_timestamp() - interval '3 days'
from unnest('{90 seconds,-1 day}'::text[]) as t (due)
"""

Do = Callable[[Callable[[UnitOfWork], Any]], Any]


@pytest.fixture
def do(database: Database, workspace: int) -> Iterator[Do]:
    """Do something as the schedule would, in a transaction of this test's workspace."""

    def do(work: Callable[[UnitOfWork], Any]) -> Any:
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            return work(uow)

    do(lambda uow: uow.run(LISTEN, {"workspace": workspace, "events": EVENTS}))
    yield do
    # Other tests' couriers and schedules shall find nothing to do here.
    do(lambda uow: uow.run("update webhook_endpoints set state = 'disabled'"))
    do(lambda uow: uow.run("update alert_rules set is_enabled = false"))


def told(database: Database, workspace: int) -> list[tuple[str, dict[str, Any]]]:
    return [(row["kind"], row["payload"]["data"]) for row in rows(database, workspace, TOLD)]


def moods(*sentiments: str, before: timedelta = timedelta(minutes=10)) -> list[Row]:
    return [Row(f"p{n}", NOW - before, sentiment=mood) for n, mood in enumerate(sentiments)]


def test_an_alert_is_raised_once_however_many_schedulers_look(
    database: Database, workspace: int, do: Do
) -> None:
    insert_conversations(database, workspace, moods("negative", "negative", "positive"))
    do(lambda uow: add_rule(uow, ANGRY))

    with ThreadPoolExecutor(4) as schedulers:
        turned = list(schedulers.map(lambda _: do(lambda uow: watch(uow, NOW)), range(8)))

    assert sum(turned) == 1
    ((kind, data),) = told(database, workspace)
    assert (kind, data["name"], data["kind"]) == ("alert.fired", "Humor", "negative_share")
    assert data["value"] == pytest.approx(2 / 3)

    an_hour_later = NOW + timedelta(hours=2)
    assert do(lambda uow: watch(uow, an_hour_later)) == 1
    assert [kind for kind, _ in told(database, workspace)] == ["alert.fired", "alert.cleared"]
    (line,) = do(list_alerts)
    assert (line.fired_at, line.cleared_at, line.cleared_value) == (NOW, an_hour_later, None)


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({"minimum": 4}, None),
        ({"kind": AlertKind.VOLUME, "threshold": 3.0}, 3.0),
        ({"kind": AlertKind.VOLUME, "threshold": 3.0, "window_minutes": 5}, 0.0),
        ({"kind": AlertKind.HANDOFF_RATE, "threshold": 1.0}, 0.5),
        ({"kind": AlertKind.WEBHOOK_FAILURES, "threshold": 2.0}, 2.0),
        ({"kind": AlertKind.QUEUE_AGE, "threshold": 60.0}, pytest.approx(90, abs=30)),
        ({"kind": AlertKind.REQUESTS_DUE, "threshold": 1.0}, 1.0),
        ({"kind": AlertKind.REQUESTS_DUE, "threshold": 1.0, "window_minutes": 5}, 0.0),
    ],
)
def test_a_rule_watches_what_its_kind_says(
    database: Database, workspace: int, do: Do, changed: dict[str, Any], value: float | None
) -> None:
    asked = {"outcome": "contained", "handoff_requested": True, "handoff_done": False}
    known = moods("negative", "negative", "positive")
    courses = [asked, {**asked, "handoff_requested": False}, None]
    insert_conversations(
        database,
        workspace,
        [
            replace(row, course=course, is_analysed=course is not None)
            for row, course in zip(known, courses, strict=True)
        ],
    )
    at = {"workspace": workspace, "at": NOW - timedelta(minutes=1)}
    soon = RequestWish(RequestKind.ACCESS, "x", asked_at=NOW + timedelta(minutes=10, days=-15))
    do(lambda uow: (uow.run(FAILED, at), record_request(uow, soon)))
    do(lambda uow: add_rule(uow, replace(ANGRY, **changed)))

    def watch_while_events_wait(uow: UnitOfWork) -> None:
        uow.run(WAITING, at)
        watch(uow, NOW)
        uow.run("delete from inbound_events where source = 'tests'")

    do(watch_while_events_wait)

    (rule,) = do(list_rules)
    assert rule.value == value


def test_a_rule_is_made_as_it_was_wished(do: Do) -> None:
    wish = RuleWish(
        *("Parado", AlertKind.VOLUME, 1.0, 2.0),
        direction=Direction.BELOW,
        window_minutes=30,
        hold_minutes=15,
        minimum=3,
        is_enabled=False,
    )

    do(lambda uow: add_rule(uow, wish))

    (rule,) = do(list_rules)
    assert rule.wish == wish


@pytest.mark.parametrize("end", ["change", "delete"])
def test_an_alert_is_over_when_its_rule_is_changed_or_deleted(
    database: Database, workspace: int, do: Do, end: str
) -> None:
    rule_id = do(
        lambda uow: add_rule(
            uow, RuleWish("Parado", AlertKind.VOLUME, 0, 1, direction=Direction.BELOW)
        )
    )
    do(lambda uow: watch(uow, NOW))

    if end == "change":
        do(lambda uow: change_rule(uow, rule_id, {"is_enabled": False}))
    else:
        do(lambda uow: delete_rule(uow, rule_id))

    assert do(lambda uow: watch(uow, NOW)) == 0
    (_, (kind, data)) = told(database, workspace)
    assert (kind, data["reason"]) == ("alert.cleared", "rule_changed")
    audited = rows(database, workspace, "select action from audit_entries order by id")
    assert [row["action"] for row in audited] == ["alert_rule.created", f"alert_rule.{end}d"]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"threshold": 1.5}, "/threshold"),
        ({"clears_at": 0.5}, "/clears_at"),
        ({"direction": Direction.BELOW}, "/direction"),
        ({"window_minutes": 1}, "/window_minutes"),
        ({"name": " "}, "/name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(do: Do, wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(lambda uow: add_rule(uow, replace(ANGRY, **wrong)))

    assert refused.value.extra["errors"][0]["pointer"] == place


def test_a_week_is_told_once_when_it_is_over_in_the_workspaces_zone(
    database: Database, workspace: int, do: Do
) -> None:
    saturday_night = datetime(2026, 3, 22, 2, 59, tzinfo=UTC)  # in São Paulo
    known = [Row("ana", saturday_night, messages=4), Row("bia", saturday_night - timedelta(days=6))]
    before = Row("ana", saturday_night - timedelta(days=7))
    after = Row("caio", saturday_night + timedelta(minutes=1))
    insert_conversations(database, workspace, [*known, before, after])
    do(lambda uow: record_score(uow, Given("ana", ScoreKind.CSAT, 5, saturday_night)))
    week_end = datetime(2026, 3, 22, 3, tzinfo=UTC)

    moments = [week_end + timedelta(minutes=minutes) for minutes in (30, 61, 120, 1000)]
    is_told = [do(lambda uow, at=moment: tell_week(uow, at)) for moment in moments]

    assert is_told == [True, True, False, False]
    (kind, week_before), (_, data) = told(database, workspace)
    assert kind == "report.weekly"
    assert week_before["week"] == {"start": "2026-03-08", "end": "2026-03-14"}
    assert data["week"] == {"start": "2026-03-15", "end": "2026-03-21"}
    assert (data["total_conversations"], data["total_messages"]) == (2, 6)
    assert (data["new_users"], data["returning_users"]) == (1, 1)
    assert (data["csat"]["average"], data["previous"]["total_conversations"]) == (5.0, 1)
    assert len(json.dumps(data)) < 20_000


def test_the_schedule_looks_after_every_workspace_that_asked(
    database: Database, workspace: int, do: Do
) -> None:
    insert_conversations(database, workspace, moods("negative", "negative"))
    do(lambda uow: add_rule(uow, ANGRY))

    clock.use_source(lambda: NOW)
    try:
        watch_alerts(database)
        tell_weekly_reports(database)
    finally:
        clock.use_source(None)

    assert [kind for kind, _ in told(database, workspace)] == ["alert.fired", "report.weekly"]


def test_a_workspace_that_takes_too_long_keeps_no_other_from_its_turn(
    database: Database, workspace: int
) -> None:
    def too_slow(uow: UnitOfWork, _now: datetime) -> int:
        uow.run("set local statement_timeout = 1")
        uow.run("select pg_sleep(10)")
        raise AssertionError("it took all its time")

    assert look_after(database, workspace, too_slow) == 0


def test_a_database_that_is_away_ends_the_round() -> None:
    away = Database("postgresql+psycopg2://nobody@127.0.0.1:1/away")

    with pytest.raises(Unavailable):
        look_after(away, 1, watch)
