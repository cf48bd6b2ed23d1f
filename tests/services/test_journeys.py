"""Cohorts, funnels and satisfaction of a few people, as the API tells them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from callers import Caller
from conversation_rows import Row, insert_conversations
from factories import make_channel, rows
from flask.testing import FlaskClient

from talkhub import clock
from talkhub.names import Platform
from talkhub.services.reporting import funnels
from talkhub.store.uow import Database

NOW = datetime(2026, 3, 24, 15, tzinfo=UTC)  # a Tuesday
SECRET = {"Authorization": "Bearer s3cret-of-channel"}


@pytest.fixture(autouse=True)
def on_a_tuesday() -> Any:
    clock.use_source(lambda: NOW)
    yield
    clock.use_source(None)


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_cohorts_are_the_weeks_of_first_conversations(caller: Caller, database: Database) -> None:
    # Weeks from Sunday: 1-7, 8-14, 15-21 March, and the one that goes on.
    came = {"ana": [2, 3, 10, 23], "bia": [4], "caio": [9, 16, 17], "davi": [5, 11]}
    known = [Row(person, at(day)) for person, days in came.items() for day in days]
    insert_conversations(database, caller.workspace_id, [*known, Row("davi", at(2, month=2))])

    answer = caller.get("/api/v1/analytics/cohorts", start="2026-03-01", end="2026-03-24")

    assert [cohort["people"] for cohort in answer.json["cohorts"]] == [2, 1, 0, 0]
    first = answer.json["cohorts"][0]
    assert first["start"] == "2026-03-01T03:00:00Z"
    assert [one["people"] for one in first["returned"]] == [1, 0, 1]
    assert [one["is_over"] for one in first["returned"]] == [True, True, False]
    assert answer.json["average"] == [
        {"step": 1, "people": 2, "of": 3, "share": 0.6667},
        {"step": 2, "people": 0, "of": 2, "share": 0.0},
    ]
    assert "ETag" in answer.headers


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("cohorts", {"start": "2020-01-01"}, "period_too_long"),
        ("cohorts", {"start": "2026-03-03", "end": "2026-03-01"}, "period_empty"),
        ("cohorts", {"start": "9999-12-01", "end": "9999-12-31"}, "period_empty"),
        ("funnels", {"start": "2025-01-01"}, "period_too_long"),
        ("satisfaction", {"end": "0001-01-01"}, "period_empty"),
    ],
)
def test_periods_that_make_no_sense_are_refused(
    caller: Caller, path: str, query: dict[str, str], code: str
) -> None:
    answer = caller.get(f"/api/v1/analytics/{path}", **query)

    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


def test_a_funnel_counts_people_step_by_step(caller: Caller) -> None:
    def did(person: str, *events: tuple[str, datetime]) -> None:
        for name, moment in events:
            body = {"user_id": person, "name": name, "occurred_at": moment.isoformat(), "value": 2}
            assert caller.post("/api/v1/events", body).status_code == 201

    did("ana", ("visit", at(10)), ("cart", at(11)), ("paid", at(12)))
    did("bia", ("cart", at(11)), ("visit", at(10)))  # told late, and counted in its order
    did("caio", ("visit", at(10)), ("cart", at(20)))  # too late
    did("davi", ("visit", at(10, month=1)), ("cart", at(10)))  # begun before the period

    answer = caller.get("/api/v1/analytics/funnels", steps="visit,cart,paid").json

    assert answer["steps"] == [
        {"name": "visit", "people": 3, "share": 1.0, "share_of_previous": 1.0},
        {"name": "cart", "people": 2, "share": 0.6667, "share_of_previous": 0.6667},
        {"name": "paid", "people": 1, "share": 0.3333, "share_of_previous": 0.5},
    ]
    assert answer["events"] == [
        {"name": "cart", "count": 4, "people": 4, "value": 8.0},
        {"name": "visit", "count": 3, "people": 3, "value": 6.0},
        {"name": "paid", "count": 1, "people": 1, "value": 2.0},
    ]


def test_names_that_are_never_the_same_do_not_hold_a_funnel_up(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funnels, "MOST_NAMES", 3)
    body = {"user_id": "ana", "occurred_at": at(10).isoformat()}
    for name in ("paid_1", "paid_2", "paid_3", "paid_4", "visit"):
        assert caller.post("/api/v1/events", {**body, "name": name}).status_code == 201

    answer = caller.get("/api/v1/analytics/funnels", steps="visit").json

    assert [event["name"] for event in answer["events"]] == ["paid_1", "paid_2", "paid_3"]
    assert [step["people"] for step in answer["steps"]] == [1]


def test_scores_are_counted_for_what_people_gave(caller: Caller) -> None:
    scores = [("ana", "csat", 5, 20), ("bia", "csat", 2, 21), ("ana", "nps", 10, 22)]
    for person, kind, score, day in [*scores, ("bia", "csat", 4, 1)]:
        given = {"user_id": person, "kind": kind, "score": score, "comment": f"dia {day}"}
        body = {**given, "occurred_at": at(day).isoformat()}
        assert caller.post("/api/v1/scores", body).status_code == 201

    answer = caller.get(
        "/api/v1/analytics/satisfaction",
        start="2026-03-15",
        end="2026-03-24",
        granularity="week",
        compare="true",
    ).json

    assert (answer["csat"]["count"], answer["csat"]["average"]) == (2, 3.5)
    assert (answer["nps"]["count"], answer["nps"]["nps"]) == (1, 100.0)
    assert [step["csat"]["count"] for step in answer["series"]] == [2, 0]
    assert [step["nps"]["count"] for step in answer["series"]] == [0, 1]
    assert answer["previous"]["csat"]["count"] == 0
    assert [one["comment"] for one in answer["latest"]] == ["dia 22", "dia 21", "dia 20"]


@pytest.mark.parametrize(
    ("path", "wrong", "pointer"),
    [
        ("scores", {"kind": "csat", "score": 0}, ""),
        ("scores", {"kind": "nps", "score": 11}, "/score"),
        ("events", {"name": "a,b"}, "/name"),
        ("events", {"name": "paid", "value": 1.7e308}, "/value"),
        ("events", {"name": "visit", "occurred_at": "2031-01-01T00:00:00Z"}, "/occurred_at"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_its_name(
    caller: Caller, path: str, wrong: dict[str, Any], pointer: str
) -> None:
    answer = caller.post(f"/api/v1/{path}", {"user_id": "ana", **wrong})

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_retried_event_is_counted_once_and_follows_its_person(caller: Caller) -> None:
    clock.use_source(None)  # keys hold for a day of the database's
    body = {"user_id": "bia", "name": "visit"}
    once = [caller.post("/api/v1/events", body, **{"Idempotency-Key": "k"}).json for _ in range(2)]
    caller.post("/api/v1/events", {"user_id": "ana", "name": "visit"})

    caller.post("/api/v1/people/bia/merge", {"into": "ana"})

    (visits,) = caller.get("/api/v1/analytics/funnels").json["events"]
    assert once[0] == once[1]
    assert (visits["count"], visits["people"]) == (2, 1)


def test_flows_tell_events_and_scores_through_the_webhook_exactly_once(
    caller: Caller, client: FlaskClient, database: Database, drain: Callable[[], None]
) -> None:
    address = make_channel(database, caller.workspace_id, Platform.UCHAT)
    bodies = [
        {"event": "custom_event", "user_ns": "f1u1", "event_name": "paid", "price_value": "9,90"},
        {"event": "csat", "user_ns": "f1u1", "nota": "5", "comentario": "ótimo"},
        {"event": "custom_event", "user_ns": "f1u1", "event_name": "sold", "value": "1e308"},
        {"event": "nps", "user_ns": "f1u1", "score": "eleven"},
    ]
    for body in [*bodies, bodies[0]]:
        assert client.post(address, json=body, headers=SECRET).status_code == 200
    drain()

    told = rows(
        database,
        caller.workspace_id,
        "select user_id, name as what, value::float8 as worth from custom_events union all"
        " select user_id, kind || ': ' || comment, score from scores order by what",
    )
    states = rows(database, caller.workspace_id, "select state from inbound_events order by id")
    assert told == [
        {"user_id": "f1u1", "what": "csat: ótimo", "worth": 5.0},
        {"user_id": "f1u1", "what": "paid", "worth": 9.9},
        {"user_id": "f1u1", "what": "sold", "worth": None},
    ]
    assert [row["state"] for row in states] == ["done", "done", "done", "ignored"]
