"""Each metric of docs/metrics.md on one small week that anybody can count by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from conversation_rows import Row, insert_conversations
from factories import make_workspace

from requirements import requirement
from talkhub.services.reporting.analytics import Question, conversation_analytics
from talkhub.services.reporting.bucket_stats import merge_days, recount_hours
from talkhub.services.reporting.calendar_steps import Step
from talkhub.services.reporting.definitions import MetricName
from talkhub.services.reporting.slices import Dimension
from talkhub.services.reporting.wishes import Filters
from talkhub.store.uow import Database, workspace_scope

WEEK = Question(start=date(2026, 3, 2), end=date(2026, 3, 8), metrics=tuple(MetricName))


def at(day: int, clock: str, month: int = 3) -> datetime:
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{clock}:00-03:00")


def went(outcome: str, resolution: str, **more: Any) -> dict[str, Any]:
    calm = {"handoff_requested": False, "handoff_done": False, "bot_failed": False}
    return {"outcome": outcome, "resolution": resolution, **calm, "unanswered_questions": 0, **more}


THE_WEEK_BEFORE = [
    Row("ana", at(24, "09:00", month=2), topics=["entrega"], course=went("contained", "silent")),
]
THE_WEEK = [
    Row(
        "ana",
        at(2, "10:00"),
        seconds=120,
        intent="purchase",
        sentiment="positive",
        topics=["preço"],
        messages=4,
        response_times=[2000, 4000],
        course=went("contained", "confirmed"),
    ),
    Row(
        "bia",
        at(2, "10:30"),
        seconds=600,
        intent="complaint",
        sentiment="negative",
        topics=["entrega"],
        messages=6,
        completion="unanswered",
        response_times=[60_000],
        course=went(
            "unanswered", "no", handoff_requested=True, bot_failed=True, unanswered_questions=2
        ),
    ),
    Row(
        "bia",
        at(3, "23:30"),
        platform="telegram",
        language="en",
        response_times=[1000],
        course=went("handed_off", "silent", handoff_requested=True, handoff_done=True),
    ),
    Row(
        "caio",
        at(8, "00:10"),
        seconds=30,
        platform="telegram",
        intent="purchase",
        language=None,
        topics=["preço", "entrega"],
        messages=3,
        course=went("contained", "silent"),
    ),
    Row(
        "caio",
        at(8, "12:00"),
        seconds=0,
        platform="telegram",
        intent=None,
        sentiment=None,
        language=None,
        messages=1,
        is_closed=False,
        completion="open",
        is_analysed=False,
    ),
]


def times(count: int, half: float, most: float) -> dict[str, Any]:
    """Return a distribution; its quantiles are at most 2.5 % off."""
    near = {"p50": pytest.approx(half, rel=0.026), "p95": pytest.approx(most, rel=0.026)}
    return {"count": count, **near}


EXPECTED: dict[str, Any] = {
    "total_conversations": 5,
    "unique_users": 3,
    "avg_messages_per_conversation": 3.2,
    "intent_distribution": {"purchase": 2, "complaint": 1, "support": 1},
    "sentiment_analysis": {"positive": 1, "neutral": 2, "negative": 1},
    "peak_hours": [
        {"hour": 10, "count": 2},
        {"hour": 0, "count": 1},
        {"hour": 12, "count": 1},
        {"hour": 23, "count": 1},
    ],
    "completion_rate": 0.75,  # three of the four that have ended
    "average_duration": 162.0,
    "average_response_time": 16.75,
    "total_messages": 16,
    "analysed_rate": 0.8,
    "topic_distribution": {"entrega": 2, "preço": 2},
    "channel_distribution": {"telegram": 3, "whatsapp": 2},
    "language_distribution": {"pt": 2, "en": 1},
    "heat_map": [
        {"weekday": 0, "hour": 0, "count": 1},
        {"weekday": 0, "hour": 12, "count": 1},
        {"weekday": 1, "hour": 10, "count": 2},
        {"weekday": 2, "hour": 23, "count": 1},
    ],
    "response_times": times(4, 2, 60),
    "first_response_times": times(3, 2, 60),
    "durations": times(4, 60, 600),
    "resolution_times": times(2, 30, 120),
    "containment_rate": 0.5,  # two of the four of which it is known
    "confirmed_containment_rate": 0.25,
    "silent_containment_rate": 0.25,
    "handoff_requested_rate": 0.5,
    "handoff_done_rate": 0.25,
    "bot_failure_rate": 0.25,
    "unanswered_questions": 2,
    "new_users": 2,  # Bia and Caio; Ana was there the week before
    "returning_users": 1,
    "movers": [
        {"dimension": "intent", "value": "purchase", "count": 2, "previous": 0, "change": 2},
        {"dimension": "topic", "value": "preço", "count": 2, "previous": 0, "change": 2},
        {"dimension": "intent", "value": "complaint", "count": 1, "previous": 0, "change": 1},
        {"dimension": "topic", "value": "entrega", "count": 2, "previous": 1, "change": 1},
    ],
    "error_rate": 0.2,  # two events and two messages were given up, beside 16 messages
}
DEAD = """
with came as (
  insert into inbound_events
    (workspace_id, platform, source, external_id, kind, state, received_at)
  select %(workspace)s, 'uchat', 'tests', n::text, 'message', 'dead', %(at)s
  from generate_series(1, 2) as n
)
insert into outbound_messages (workspace_id, channel_id, kind, payload, state, created_at)
select %(workspace)s, channel, 'message', '{}', 'dead', %(at)s
from unnest('{1,1,null}'::bigint[]) as channel
"""


@pytest.fixture(scope="module")
def counted(database: Database) -> int:
    """A workspace whose two weeks are counted, its days and months merged."""
    workspace = make_workspace(database)
    insert_conversations(database, workspace, [*THE_WEEK_BEFORE, *THE_WEEK])
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        recount_hours(uow, limit=100)
        merge_days(uow, limit=100, are_all_due=True)
        uow.run(DEAD, {"workspace": workspace, "at": at(4, "12:00")})
    return workspace


@pytest.fixture(scope="module")
def ask(database: Database, counted: int) -> Any:
    """Return what answers a question."""

    def ask(question: Question) -> dict[str, Any]:
        with database.read_only(workspace_scope(counted, "tests")) as uow:
            return conversation_analytics(uow, question)

    return ask


@pytest.fixture(scope="module")
def of_the_read_model(ask: Any) -> dict[str, Any]:
    return ask(WEEK)


@pytest.fixture(scope="module")
def of_the_rows(ask: Any) -> dict[str, Any]:
    return ask(changed(filters=Filters()))


def changed(**more: Any) -> Question:
    return replace(WEEK, **more)


@requirement("analytics:intents", "analytics:frequent-topics")
@pytest.mark.parametrize("metric", list(MetricName))
def test_metric_is_what_a_count_by_hand_gives(
    metric: MetricName, of_the_read_model: dict[str, Any], of_the_rows: dict[str, Any]
) -> None:
    assert of_the_read_model[metric.value] == EXPECTED[metric.value]
    assert of_the_rows[metric.value] == EXPECTED[metric.value]


def test_groups_tell_the_figures_of_each_value_the_most_frequent_first(ask: Any) -> None:
    metrics = (MetricName.TOTAL_CONVERSATIONS, MetricName.UNIQUE_USERS, MetricName.COMPLETION_RATE)

    answer = ask(changed(group_by=Dimension.CHANNEL, metrics=metrics))

    assert answer["groups"] == [
        {
            "value": "telegram",
            "total_conversations": 3,
            "unique_users": 2,
            "completion_rate": 1.0,
        },
        {"value": "whatsapp", "total_conversations": 2, "unique_users": 2, "completion_rate": 0.5},
    ]


@pytest.mark.parametrize("filters", [None, Filters()])
def test_a_series_has_every_step_of_the_period(ask: Any, filters: Filters | None) -> None:
    metrics = (MetricName.TOTAL_CONVERSATIONS,)

    answer = ask(changed(step=Step.DAY, metrics=metrics, filters=filters))

    assert [step["total_conversations"] for step in answer["series"]] == [2, 1, 0, 0, 0, 0, 2]
    assert answer["series"][0]["start"] == "2026-03-02T03:00:00Z"


def test_the_period_before_is_told_beside_the_period(ask: Any) -> None:
    answer = ask(changed(compare=True, metrics=(MetricName.UNIQUE_USERS,)))

    week_before = {"start": "2026-02-23T03:00:00Z", "end": "2026-03-02T03:00:00Z"}
    assert answer["previous"] == {
        "unique_users": 1,
        "period": {**week_before, "timezone": "America/Sao_Paulo"},
    }


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(channels=("telegram",)), 3),
        (Filters(intents=("purchase", "complaint")), 3),
        (Filters(intents=("purchase",), channels=("telegram",)), 1),
        (Filters(sentiments=("negative",)), 1),
        (Filters(languages=("pt", "en")), 3),
        (Filters(topics=("preço",)), 2),
        (Filters(labels=("vip",)), 0),
        (Filters(user_id="bia"), 2),
        (Filters(user_id="nobody"), 0),
    ],
)
def test_filters_leave_only_what_was_asked_for(ask: Any, filters: Filters, count: int) -> None:
    answer = ask(changed(filters=filters, metrics=(MetricName.TOTAL_CONVERSATIONS,)))

    assert answer["total_conversations"] == count


def test_what_became_of_one_persons_conversations_is_told(ask: Any) -> None:
    metrics = (
        MetricName.HANDOFF_REQUESTED_RATE,
        MetricName.HANDOFF_DONE_RATE,
        MetricName.UNANSWERED_QUESTIONS,
    )

    answer = ask(changed(filters=Filters(user_id="bia"), metrics=metrics))

    assert [answer[metric] for metric in metrics] == [1.0, 0.5, 2]
