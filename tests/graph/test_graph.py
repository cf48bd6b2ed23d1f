"""The graph: the tools' answers, and what belongs to a page's nodes, looked up at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from callers import Caller
from conversation_rows import Row, insert_conversations
from factories import make_workspace
from flask import Flask
from sqlalchemy import event

from talkhub import app as composition
from talkhub.names import Scope
from talkhub.store.uow import Database
from talkhub.tools.catalogue import registry

PATH = "/api/v1/graphql"
NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
WENT = {"outcome": "contained", "summary": ["Where is it?"], "key_phrases": ["parcel"]}
TOLD = [
    Row("ana", NOON, intent="purchase", topics=["price", "delay"], response_times=[4000]),
    Row("bia", NOON + timedelta(hours=1), sentiment="negative", course=WENT),
    Row("ana", NOON + timedelta(days=1), platform="telegram", topics=["delay"]),
]


@pytest.fixture
def filled(caller: Caller, database: Database) -> Caller:
    insert_conversations(database, caller.workspace_id, TOLD)
    return caller


def ask(caller: Caller, query: str, **variables: object) -> dict[str, Any]:
    answer = caller.post(PATH, {"query": query, "variables": variables})
    assert answer.status_code == 200, answer.json
    return answer.json


def data(caller: Caller, query: str, **variables: object) -> dict[str, Any]:
    answer = ask(caller, query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    """Count what this thread asks: others have their own work."""
    asked: list[str] = []
    here = threading.get_ident()

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        if threading.get_ident() == here:
            asked.append(statement)

    event.listen(database._engine, "before_cursor_execute", note)
    yield asked
    event.remove(database._engine, "before_cursor_execute", note)


PAGE = """
query($first: Int!, $after: String, $asked: Filter) {
  conversations(filter: $asked, first: $first, after: $after) {
    nodes {
      conversationId startedAt intent averageResponseSeconds
      person { userId recentConversations(first: 1) { conversationId } facts { value } }
      analysis { summary keyPhrases version }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""


def test_pages_go_on_and_hold_what_the_list_holds(filled: Caller) -> None:
    listed = filled.get("/api/v1/conversations").json["conversations"]

    first = data(filled, PAGE, first=2)["conversations"]
    rest = data(filled, PAGE, first=2, after=first["pageInfo"]["endCursor"])["conversations"]

    nodes = first["nodes"] + rest["nodes"]
    assert [(it["conversationId"], it["startedAt"], it["intent"]) for it in nodes] == [
        (it["conversation_id"], it["started_at"], it["intent"]) for it in listed
    ]
    assert [it["person"]["userId"] for it in nodes] == ["ana", "bia", "ana"]
    assert [it["averageResponseSeconds"] for it in nodes] == [None, None, 4.0]
    assert nodes[1]["analysis"]["summary"] == ["Where is it?"]
    latest = nodes[0]["conversationId"]
    assert nodes[2]["person"]["recentConversations"] == [{"conversationId": latest}]
    assert not rest["pageInfo"]["hasNextPage"]


def test_what_belongs_to_nodes_costs_no_statement_a_node(filled: Caller, app: Flask) -> None:
    data(filled, PAGE, first=1)  # what is remembered for a while is asked now
    counts = []
    for first in (1, 2):
        with counted_statements(app.extensions["talkhub"].database) as asked:
            data(filled, PAGE, first=first)
        counts.append(len(asked))

    # A page, its rows; whom ids mean, three times; people, latest, their rows; analyses; facts.
    assert counts[0] == counts[1] <= 12


def test_figures_are_those_of_the_tools_and_only_the_selected_ones_are_counted(
    filled: Caller,
) -> None:
    query = """{
      analytics(
        filter: {start: "2026-03-02", end: "2026-03-03"}, granularity: DAY, groupBy: CHANNEL
      ) {
        uniqueUsers topicDistribution { value count } period { timezone }
        series { start totalConversations groups { value totalConversations } }
        previous { totalConversations }
        movers { value change }
      }
      retention(period: {start: "2026-03-01", end: "2026-03-31"}, granularity: MONTH) {
        cohorts { people }
      }
      funnel(steps: ["bought"]) { steps { name people } }
      satisfaction { csat { count average distribution { value count } } }
    }"""

    told = data(filled, query)

    figures = told["analytics"]
    assert figures["uniqueUsers"] == 2
    assert figures["topicDistribution"] == [
        {"value": "delay", "count": 2},
        {"value": "price", "count": 1},
    ]
    assert figures["period"] == {"timezone": "America/Sao_Paulo"}
    assert [step["totalConversations"] for step in figures["series"]] == [2, 1]
    assert figures["series"][1]["groups"] == [{"value": "telegram", "totalConversations": 1}]
    assert figures["previous"] == {"totalConversations": 0}
    assert {"value": "delay", "change": 2} in figures["movers"]
    assert told["retention"] == {"cohorts": [{"people": 2}]}
    assert told["funnel"] == {"steps": [{"name": "bought", "people": 0}]}
    assert told["satisfaction"]["csat"]["count"] == 0


def test_each_field_asks_for_the_scope_that_it_has_elsewhere(
    filled: Caller, sign_token: Callable[..., str]
) -> None:
    def told(*scopes: str) -> dict[str, Any]:
        narrow = Caller(
            filled.client, filled.workspace_id, sign_token(filled.workspace_id, *scopes)
        )
        return ask(
            narrow,
            "{ conversations(first: 1) { nodes { intent person { userId } } }"
            ' profile(userId: "ana") { userId recentConversations { intent } } }',
        )

    of_figures, of_people = told(Scope.ANALYTICS_READ), told(Scope.MCP_READ)

    assert of_figures["data"] == {
        "conversations": {"nodes": [{"intent": "support", "person": None}]},
        "profile": None,
    }
    assert of_people["data"] == {
        "conversations": None,
        "profile": {"userId": "ana", "recentConversations": None},
    }
    assert [(it["path"], it["extensions"]["scope"]) for it in of_people["errors"]] == [
        (["conversations"], Scope.ANALYTICS_READ),
        (["profile", "recentConversations"], Scope.ANALYTICS_READ),
    ]


def test_another_workspaces_people_are_not_told(
    filled: Caller, sign_token: Callable[..., str], database: Database
) -> None:
    other = make_workspace(database)
    stranger = Caller(filled.client, other, sign_token(other))

    told = data(
        stranger, '{ profile(userId: "ana") { userId } conversations { nodes { intent } } }'
    )

    assert told == {"profile": None, "conversations": {"nodes": []}}


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        (
            '{ conversations(filter: {timezone: "Mars"}) { nodes { intent } } }',
            "invalid",
            "/timezone",
        ),
        ('{ conversations(after: "x") { nodes { intent } } }', "invalid", "/cursor"),
        ("{ conversations(first: 201) { nodes { intent } } }", "invalid", "/limit"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_its_field_alone(
    caller: Caller, query: str, code: str, pointer: str
) -> None:
    answer = ask(caller, query)

    (error,) = answer["errors"]
    assert answer["data"] == {"conversations": None}
    assert error["extensions"]["code"] == code
    assert [it["pointer"] for it in error["extensions"]["errors"]] == [pointer]


def test_a_fault_of_ours_is_told_without_what_it_was(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_uow: object, _args: object) -> dict[str, Any]:
        raise KeyError("a secret of ours")

    broken = replace(registry.specs["get_funnel"], handler=fail)
    monkeypatch.setitem(registry.specs, "get_funnel", broken)

    (error,) = ask(caller, '{ funnel(steps: ["a"]) { withinHours } }')["errors"]

    assert error["message"] == "Internal error"
    assert error["extensions"].keys() == {"code", "status", "request_id"}


def test_only_one_request_is_taken_at_once_and_only_by_post(caller: Caller) -> None:
    batch = caller.post(PATH, [{"query": "{ __typename }"}] * 2)
    by_address = caller.get(PATH, query="{ __typename }")
    unknown = caller.post(PATH, {"query": "query a { __typename }", "operationName": "b"})

    assert (batch.status_code, by_address.status_code, unknown.status_code) == (422, 405, 422)


def test_a_request_that_cannot_be_begun_says_so_by_its_status_to_who_knows_the_media_type(
    caller: Caller,
) -> None:
    newer = {"Accept": "application/graphql-response+json"}

    told = [
        caller.post(PATH, {"query": query}, **headers)
        for query, headers in (
            ("{ nothing }", newer),
            ("{ nothing }", {}),
            ("{ __typename }", newer),
        )
    ]

    assert [answer.status_code for answer in told] == [400, 200, 200]
    assert "data" not in told[0].json
    assert told[0].mimetype == newer["Accept"]


def test_the_graph_can_be_hidden(
    caller: Caller, shared_client: Callable[..., Any], workspace: int
) -> None:
    hidden = Caller(shared_client(graphql_introspection=False), workspace, caller.token)
    query = "{ __schema { queryType { name } } }"

    assert data(caller, query) == {"__schema": {"queryType": {"name": "Query"}}}
    assert "data" not in ask(hidden, query)
    (error,) = ask(hidden, "{ convrsations }")["errors"]
    assert "Did you mean" not in error["message"]


@pytest.mark.parametrize("missing", ["talkhub.graphql", "strawberry"])
def test_the_service_does_without_the_graph(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    there = composition.find_spec
    monkeypatch.setattr(
        composition, "find_spec", lambda name: None if name == missing else there(name)
    )

    bare = make_app(role="api")

    assert "graphql" not in bare.blueprints
    assert bare.test_client().get("/health").status_code == 200
