"""`get_conversation_analytics`: each figure against a count by hand."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from callers import Caller
from factories import make_channel, make_workspace, rows
from providers import Door, said

from requirements import requirement
from talkhub.names import Platform
from talkhub.store.uow import Database

PATH = "/api/v1/mcp/get_conversation_analytics"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
WORDS = [
    "quero comprar o plano anual",
    "meu pedido não chegou, péssimo!",
    "qual o horário de funcionamento?",
    "obrigada, adorei o atendimento",
    "preciso de ajuda com o acesso",
    "quero cancelar",
    "oi",
]


def ask(caller: Caller, **query: str) -> dict[str, Any]:
    answer = caller.get(PATH, **query)
    assert answer.status_code == 200, answer.json
    return answer.json


def total(caller: Caller, **query: str) -> int:
    return ask(caller, metrics="total_conversations", **query)["total_conversations"]


def save(caller: Caller, session: str, *sent: tuple[str, str], user: str = "ana") -> None:
    """Save a transcript of (role, time) pairs."""
    messages = [{"role": role, "content": "oi", "timestamp": at} for role, at in sent]
    body = {"session_id": session, "user_id": user, "messages": messages}
    assert caller.tool("save_conversation", body).status_code == 200


@pytest.fixture(params=[1, 2])
def sent(
    request: pytest.FixtureRequest, caller: Caller, drain: Callable[[], None]
) -> list[dict[str, Any]]:
    """Forty random transcripts around a weekend, saved and analysed."""
    chance = random.Random(request.param)  # noqa: S311 -- it must repeat itself
    start = datetime(2026, 2, 28, tzinfo=UTC)
    conversations = []
    for number in range(40):
        moment = start + timedelta(seconds=chance.randrange(3 * 86400))
        messages = []
        for _ in range(chance.randrange(1, 7)):
            role = chance.choice(["user", "user", "bot", "agent", "system"])
            said_at = moment.isoformat()
            messages.append({"role": role, "content": chance.choice(WORDS), "timestamp": said_at})
            moment += timedelta(milliseconds=chance.randrange(90_000))
        user = f"user {chance.randrange(9)}"
        body = {"session_id": f"s{number}", "user_id": user, "messages": messages}
        assert caller.tool("save_conversation", body).status_code == 200
        conversations.append(body)
    drain()
    return conversations


def by_hand(conversations: list[dict[str, Any]], database: Database, workspace: int) -> Any:
    """Count what the analytics should say, from what was sent and what was analysed."""
    stored = {
        row["session_id"]: row for row in rows(database, workspace, "select * from conversations")
    }
    mine = [stored[body["session_id"]] for body in conversations]
    times = [[datetime.fromisoformat(m["timestamp"]) for m in c["messages"]] for c in conversations]
    responses = [wait for body in conversations for wait in waits(body["messages"])]
    hours = Counter(min(moments).astimezone(SAO_PAULO).hour for moments in times)
    completed = sum(row["metadata"]["completion_status"] == "completed" for row in mine)
    moods = Counter(row["sentiment"] for row in mine)
    count = len(conversations)
    return {
        "total_conversations": count,
        "unique_users": len({body["user_id"] for body in conversations}),
        "avg_messages_per_conversation": round(sum(map(len, times)) / count, 2),
        "intent_distribution": dict(Counter(row["primary_intent"] for row in mine)),
        "sentiment_analysis": {mood: moods[mood] for mood in ("positive", "neutral", "negative")},
        "peak_hours": [
            {"hour": hour, "count": number}
            for hour, number in sorted(hours.items(), key=lambda item: (-item[1], item[0]))
        ],
        "completion_rate": round(completed / count, 4),
        "average_duration": pytest.approx(
            sum((max(m) - min(m)).total_seconds() for m in times) / count, abs=0.02
        ),
        "average_response_time": pytest.approx(sum(responses) / len(responses), abs=0.002),
    }


def waits(messages: list[dict[str, Any]]) -> list[float]:
    """Return how long a person waited each time until somebody answered."""
    found = []
    asked_at = None
    for message in messages:
        at = datetime.fromisoformat(message["timestamp"])
        if message["role"] == "user":
            asked_at = asked_at or at
        elif message["role"] != "system" and asked_at is not None:
            found.append((at - asked_at).total_seconds())
            asked_at = None
    return found


@requirement(
    "tools:get-conversation-analytics",
    "analytics:volume-duration-completion",
    "analytics:sentiment",
    "analytics:peak-hours",
    "analytics:response-time",
)
def test_every_figure_is_what_a_count_by_hand_gives(
    caller: Caller, database: Database, sent: list[dict[str, Any]]
) -> None:
    answer = ask(caller)

    assert answer.pop("period") == {"start": None, "end": None, "timezone": "America/Sao_Paulo"}
    assert answer == by_hand(sent, database, caller.workspace_id)


def test_the_figures_of_a_period_are_those_that_began_in_it(
    caller: Caller, database: Database, sent: list[dict[str, Any]]
) -> None:
    answer = ask(caller, start="2026-03-01", end="2026-03-01")

    inside = [
        body
        for body in sent
        if datetime.fromisoformat(body["messages"][0]["timestamp"])
        .astimezone(SAO_PAULO)
        .date()
        .isoformat()
        == "2026-03-01"
    ]
    del answer["period"]
    assert 0 < len(inside) < len(sent)
    assert answer == by_hand(inside, database, caller.workspace_id)


def test_the_figures_of_a_person_are_theirs(
    caller: Caller, database: Database, sent: list[dict[str, Any]]
) -> None:
    user = sent[0]["user_id"]

    answer = ask(caller, user_id=user)

    del answer["period"]
    theirs = [body for body in sent if body["user_id"] == user]
    expected = by_hand(theirs, database, caller.workspace_id)
    assert answer == expected


@pytest.mark.parametrize(
    "query",
    [
        {"date_range": '{"start":"2026-03-02","end":"2026-03-02"}'},
        {"start": "2026-03-02", "end": "2026-03-02"},
        {"date_range": '{"start":"2026-03-02"}', "end": "2026-03-02"},
        {"start": "2026-03-02T03:00:00Z", "end": "2026-03-03T03:00:00Z"},
        {"start": "2026-03-02T00:00:00", "end": "2026-03-03T00:00:00"},
        {"start": "2026-03-02T00:00:00-03:00", "end": "2026-03-03T00:00:00-03:00"},
        {"date_range": '{"start":"2026-03-02","end":"2026-03-02"}', "start": "", "end": "{{end}}"},
    ],
)
def test_a_day_is_the_workspaces_day(caller: Caller, query: dict[str, str]) -> None:
    save(caller, "before", ("user", "2026-03-01T23:59:59-03:00"))
    save(caller, "first", ("user", "2026-03-02T00:00:00-03:00"))
    save(caller, "late", ("user", "2026-03-02T23:30:00-03:00"))  # 3 March in UTC
    save(caller, "after", ("user", "2026-03-03T00:00:00-03:00"))

    answer = ask(caller, **query)

    assert answer["total_conversations"] == 2
    assert answer["period"] == {
        "start": "2026-03-02T03:00:00Z",
        "end": "2026-03-03T03:00:00Z",
        "timezone": "America/Sao_Paulo",
    }


@pytest.mark.parametrize(
    ("moment", "hours"), [("2026-03-02T00:00:00Z", 1), ("2026-03-02T00:00:00", 0)]
)
def test_midnight_in_utc_is_not_the_workspaces_midnight(
    caller: Caller, moment: str, hours: int
) -> None:
    save(caller, "s", ("user", "2026-03-02T01:00:00Z"))  # 22:00 of 1 March in São Paulo

    assert total(caller, start=moment) == hours


def test_peak_hours_are_the_workspaces_hours(caller: Caller) -> None:
    save(caller, "a", ("user", "2026-03-02T02:30:00Z"))  # 23:30 the day before
    save(caller, "b", ("user", "2026-03-03T02:45:00Z"))
    save(caller, "c", ("user", "2026-03-02T03:10:00Z"))  # ten past midnight

    assert ask(caller, metrics="peak_hours")["peak_hours"] == [
        {"hour": 23, "count": 2},
        {"hour": 0, "count": 1},
    ]


def test_a_day_on_which_the_clocks_change_has_its_23_hours(
    caller: Caller, database: Database, sign_token: Callable[..., str]
) -> None:
    workspace = make_workspace(database, timezone="America/New_York")
    abroad = Caller(caller.client, workspace, sign_token(workspace))

    period = ask(abroad, start="2026-03-08", end="2026-03-08")["period"]

    assert period == {
        "start": "2026-03-08T05:00:00Z",
        "end": "2026-03-09T04:00:00Z",
        "timezone": "America/New_York",
    }


def test_open_conversations_count_but_not_towards_completion(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    path = make_channel(database, caller.workspace_id, Platform.TELEGRAM)
    Door(caller.client, Platform.TELEGRAM, path).post(said(Platform.TELEGRAM, "oi", person="5"))
    drain()
    save(caller, "s", ("user", "2026-03-02T13:00:00Z"), ("bot", "2026-03-02T13:00:09Z"))

    answer = ask(caller)

    assert (answer["total_conversations"], answer["completion_rate"]) == (2, 1.0)


def test_two_ids_of_one_person_are_one_person(caller: Caller, merge: Callable[..., int]) -> None:
    save(caller, "s1", ("user", "2026-03-02T13:00:00Z"))
    caller.tool("update_user_profile", {"user_id": "old", "profile_data": {}})
    merge("old", into="ana")
    save(caller, "s2", ("user", "2026-03-02T14:00:00Z"), user="old")

    answer = ask(caller, user_id="old")

    assert (answer["total_conversations"], answer["unique_users"]) == (2, 1)


def test_without_conversations_every_figure_is_nought(caller: Caller) -> None:
    answer = ask(caller, user_id="nobody")

    del answer["period"]
    assert answer == {
        "total_conversations": 0,
        "unique_users": 0,
        "avg_messages_per_conversation": 0.0,
        "intent_distribution": {},
        "sentiment_analysis": {"positive": 0, "neutral": 0, "negative": 0},
        "peak_hours": [],
        "completion_rate": 0.0,
        "average_duration": 0.0,
        "average_response_time": 0.0,
    }


@pytest.mark.parametrize(
    "metrics",
    [
        '["unique_users","completion_rate"]',
        "unique_users,completion_rate",
        "completion_rate, unique_users",
    ],
)
def test_only_the_asked_metrics_are_told(caller: Caller, metrics: str) -> None:
    answer = ask(caller, metrics=metrics)

    assert answer.keys() == {"unique_users", "completion_rate", "period"}


def test_a_repeated_parameter_is_a_list(caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}
    query = "metrics=unique_users&metrics=completion_rate"

    answer = caller.client.get(f"{PATH}?{query}", headers=headers)

    assert answer.json.keys() == {"unique_users", "completion_rate", "period"}


def test_post_takes_lists_and_objects(caller: Caller) -> None:
    save(caller, "s", ("user", "2026-03-02T13:00:00Z"))
    body = {"date_range": {"start": "2026-03-02"}, "metrics": ["total_conversations"]}

    assert caller.tool("get_conversation_analytics", body).json["total_conversations"] == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"metrics": "happiness"}, "/metrics/0"),
        ({"start": "yesterday"}, "/start"),
        ({"date_range": '{"start": "yesterday"}'}, "/date_range/start"),
        ({"date_range": '{"begin": "2026-03-02"}'}, "/date_range/begin"),
        ({"date_range": '{"start": '}, "/date_range"),
        ({"start": "2026-03-03", "end": "2026-03-02"}, "/end"),
        ({"date_range": '{"start": "2026-03-03", "end": "2026-03-02"}'}, "/date_range/end"),
        ({"until": "2026-03-02"}, "/until"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    caller: Caller, query: dict[str, str], pointer: str
) -> None:
    refused = caller.get(PATH, **query)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("side", ["start", "end"])
def test_the_ends_of_time_are_no_fault_of_ours(caller: Caller, side: str, moment: str) -> None:
    answer = caller.get(PATH, **{side: moment})

    assert answer.status_code in {200, 422}


def test_other_workspaces_are_not_counted(
    caller: Caller, database: Database, sign_token: Callable[..., str]
) -> None:
    save(caller, "s", ("user", "2026-03-02T13:00:00Z"))
    other = make_workspace(database)

    assert total(Caller(caller.client, other, sign_token(other))) == 0
    assert json.dumps(total(caller)) == "1"


def test_a_series_alone_is_by_day_and_is_not_sent_twice(caller: Caller) -> None:
    save(caller, "a", ("user", "2026-03-02T13:00:00Z"))
    query = {"start": "2026-03-01", "end": "2026-03-02", "metrics": "total_conversations"}

    answer = caller.get("/api/v1/analytics/series", **query)

    assert answer.json == {
        "period": {
            "start": "2026-03-01T03:00:00Z",
            "end": "2026-03-03T03:00:00Z",
            "timezone": "America/Sao_Paulo",
        },
        "series": [
            {"start": "2026-03-01T03:00:00Z", "total_conversations": 0},
            {"start": "2026-03-02T03:00:00Z", "total_conversations": 1},
        ],
    }
    headers = {"Authorization": f"Bearer {caller.token}", "If-None-Match": answer.headers["ETag"]}
    again = caller.client.get("/api/v1/analytics/series", query_string=query, headers=headers)
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start": "2020-01-01", "end": "2026-01-01", "granularity": "hour"}, "period_too_long"),
        ({"start": "2020-01-01", "end": "2026-01-01", "intent": "support"}, "period_too_long"),
        ({"compare": "true"}, "period_open"),
    ],
)
def test_a_question_that_is_too_much_is_refused_in_words(
    caller: Caller, query: dict[str, str], code: str
) -> None:
    refused = caller.get(PATH, **query)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == code
