"""The lists behind the figures: the same conversations and people, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from callers import Caller
from conversation_rows import Row, insert_conversations

from talkhub.store.queries import keysets
from talkhub.store.uow import Database

NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
SUCH = [
    Row("ana", NOON, intent="purchase", sentiment="positive", topics=["preço", "prazo"]),
    Row("bia", NOON, platform="telegram", sentiment="negative", language="en"),
    Row("ana", NOON + timedelta(days=1), platform="telegram", topics=["prazo"]),
    Row("caio", NOON + timedelta(days=2), intent="complaint", language=None, is_analysed=False),
    Row("bia", NOON + timedelta(days=9), intent="complaint", sentiment="negative"),
]


@pytest.fixture
def filled(caller: Caller, database: Database) -> Caller:
    insert_conversations(database, caller.workspace_id, SUCH)
    tags = {"user_id": "bia", "profile_data": {"tags": ["vip"], "name": "Bia"}}
    assert caller.tool("update_user_profile", tags).status_code == 200
    return caller


def pages(caller: Caller, path: str, **query: str) -> list[list[dict[str, Any]]]:
    """Return a list's pages, gone through by its own `next`."""
    found: list[list[dict[str, Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = caller.get(f"/api/v1/{path}", **query, cursor=cursor)
        assert answer.status_code == 200, answer.json
        found.append(answer.json[path])
        cursor = answer.json["next"]
    return found


ASKED = (
    {},
    {"start": "2026-03-02", "end": "2026-03-03"},
    {"date_range": '{"start": "2026-03-04"}', "timezone": "Asia/Tokyo"},
    {"channel": "telegram"},
    {"intent": "complaint,purchase"},
    {"sentiment": "negative", "language": "en"},
    {"topic": "prazo"},
    {"label": "vip"},
    {"user_id": "ana", "channel": "telegram"},
    {"intent": "scheduling"},
)


def test_the_lists_hold_what_the_figures_count(filled: Caller) -> None:
    for asked in ASKED:
        query = {"start": "2026-03-01", "end": "2026-12-01", **asked}
        counted = filled.get("/api/v1/mcp/get_conversation_analytics", **query).json

        begun, people = (
            [it for page in pages(filled, of, **query) for it in page]
            for of in ("conversations", "profiles")
        )

        assert len(begun) == counted["total_conversations"], asked
        assert len(people) == counted["unique_users"], asked
        assert {it["user_id"] for it in people} == {it["user_id"] for it in begun}, asked


def test_pages_go_on_where_they_were_though_conversations_begin_meanwhile(
    filled: Caller, database: Database
) -> None:
    first = filled.get("/api/v1/conversations", limit="2").json
    insert_conversations(
        database, filled.workspace_id, [Row("new", NOON + timedelta(days=20), is_analysed=False)]
    )

    rest = filled.get("/api/v1/conversations", limit="3", cursor=first["next"]).json

    begun = [it["started_at"] for it in first["conversations"] + rest["conversations"]]
    assert begun == sorted((f"{row.started_at:%Y-%m-%dT%H:%M:%SZ}" for row in SUCH), reverse=True)
    assert rest["next"] is None


def test_what_is_rare_is_looked_for_in_steps(
    filled: Caller, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keysets, "CONVERSATIONS_LOOKED_AT", 2)
    monkeypatch.setattr(keysets, "PEOPLE_LOOKED_AT", 1)

    conversations = pages(filled, "conversations", topic="preço")
    people = pages(filled, "profiles", topic="preço")

    assert [len(page) for page in conversations] == [0, 0, 1]
    assert sorted(len(page) for page in people) == [0, 0, 0, 1]


def test_a_conversation_is_told_as_people_corrected_it(filled: Caller) -> None:
    listed = filled.get("/api/v1/conversations", intent="purchase").json["conversations"][0]
    path = f"/api/v1/conversations/{listed['conversation_id']}/corrections"
    said = {"intent": "complaint", "sentiment": "negative", "outcome": "handed_off"}
    assert filled.post(path, said).status_code == 201

    (corrected,) = filled.get("/api/v1/conversations", intent="complaint", end="2026-03-02").json[
        "conversations"
    ]

    assert corrected == {**listed, **said, "sentiment_score": -1.0, "is_corrected": True}


def test_a_person_is_told_with_what_is_known_of_them(filled: Caller) -> None:
    (bia,) = filled.get("/api/v1/profiles", label="vip").json["profiles"]

    assert (bia["user_id"], bia["name"], bia["labels"]) == ("bia", "Bia", ["vip"])


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"cursor": "x"}, "/cursor", "cursor_invalid"),
        ({"cursor": "é" * 20}, "/cursor", "cursor_invalid"),
        ({"limit": "0"}, "/limit", "greater_than_equal"),
        ({"limit": "201"}, "/limit", "less_than_equal"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "/end", "period_empty"),
        ({"chanal": "telegram"}, "/chanal", "extra_forbidden"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_place(
    caller: Caller, query: dict[str, str], pointer: str, code: str
) -> None:
    refused = caller.get("/api/v1/conversations", **query)

    assert refused.status_code == 422
    assert [(it["pointer"], it["code"]) for it in refused.json["errors"]] == [(pointer, code)]


def test_one_list_does_not_take_the_cursor_of_another(filled: Caller) -> None:
    cursor = filled.get("/api/v1/profiles", limit="1").json["next"]

    refused = filled.get("/api/v1/conversations", cursor=cursor)

    assert refused.json["errors"][0]["code"] == "cursor_invalid"


def test_a_list_that_did_not_change_is_not_sent_again(filled: Caller) -> None:
    first = filled.get("/api/v1/conversations")
    known = {"If-None-Match": first.headers["ETag"], "Authorization": f"Bearer {filled.token}"}

    assert filled.client.get("/api/v1/conversations", headers=known).status_code == 304
