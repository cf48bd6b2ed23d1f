"""What people ask for is due on a day, is answered, and proves itself without their names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from callers import Caller
from factories import rows
from flask.testing import FlaskClient

from talkhub import clock
from talkhub.services.privacy.closing_requests import RequestWish, record_request
from talkhub.services.privacy.subject_requests import (
    DueRequests,
    RequestKind,
    closed_requests,
    due_requests,
    open_requests,
)
from talkhub.store.uow import Database, workspace_scope

PATH = "/api/v1/subject-requests"
PERSON = "quem-pede"


@pytest.fixture
def person(caller: Caller) -> str:
    caller.tool("update_user_profile", {"user_id": PERSON, "profile_data": {"name": "Ana"}})
    return PERSON


def ask(caller: Caller, kind: str, **said: Any) -> dict[str, Any]:
    answer = caller.post(PATH, {"kind": kind, **said})
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def test_requests_are_listed_by_the_day_they_are_due(database: Database, workspace: int) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        now = clock.now()
        asked = [
            record_request(uow, RequestWish(RequestKind.ACCESS, "x", asked_at=now - ago))
            for ago in (timedelta(days=1), timedelta(days=16), timedelta(days=14))
        ]
        found = open_requests(uow)
        behind = open_requests(uow, after=found[0].id)

        assert [it.id for it in found] == [asked[1], asked[2], asked[0]]
        assert [it.is_overdue for it in found] == [True, False, False]
        assert behind == found[1:]
        assert closed_requests(uow) == []
        soon = now + timedelta(days=3)
        assert due_requests(uow, before=soon, now=now) == DueRequests(due=2, overdue=1)


def test_days_to_answer_are_the_workspaces_own(caller: Caller) -> None:
    told = caller.put("/api/v1/subject-request-days", {"access": 2})
    asked = ask(caller, "access", user_id="x", asked_at="2026-03-02T12:00:00Z")

    assert (told.json["days"]["access"], told.json["days"]["erasure"]) == (2, 15)
    assert asked["due_at"].startswith("2026-03-04T12:00:00")
    assert caller.put("/api/v1/subject-request-days", {"access": 91}).status_code == 422
    impossible = {"kind": "access", "user_id": "x", "asked_at": "0001-01-01T00:00:00+14:00"}
    assert caller.post(PATH, impossible).status_code == 422


def test_a_request_of_an_unknown_id_is_matched_and_answered(caller: Caller, person: str) -> None:
    asked = ask(caller, "correction", user_id="(11) 98765-0042", channel="e-mail")
    path = f"{PATH}/{asked['id']}"
    wrong = caller.client.patch(path, json={"user_id": "z"}, headers=caller._auth())
    matched = caller.client.patch(
        path, json={"user_id": person, "state": "in_work"}, headers=caller._auth()
    ).json
    silent = caller.client.patch(path, json={"state": "refused"}, headers=caller._auth())
    ended = {"state": "refused", "answer": "Já estava certo."}
    done = caller.client.patch(path, json=ended, headers=caller._auth())
    late = caller.client.patch(path, json=ended, headers=caller._auth())

    assert asked["identifier"] == "(11) 98765-0042"
    assert (matched["user_id"], matched["identifier"]) == (person, None)
    assert (matched["state"], matched["handled_by"]) == ("in_work", "ana")
    assert (wrong.status_code, silent.status_code, late.status_code) == (422, 422, 409)
    assert done.json["closed_at"]
    assert caller.get(PATH).json == {"requests": []}
    (closed,) = caller.get(PATH, state="closed").json["requests"]
    assert (closed["state"], closed["answer"]) == ("refused", "Já estava certo.")


def test_a_copy_answers_what_asked_for_one(caller: Caller, person: str) -> None:
    access = ask(caller, "access", user_id=person)
    erasure = ask(caller, "erasure", user_id=person)
    with caller.get(f"/api/v1/people/{person}/copy") as answer:
        copied = answer.get_data()

    told = caller.get(f"{PATH}/{access['id']}").json
    assert copied
    assert told["state"] == "done"
    assert told["receipt"].startswith("copy_")
    assert caller.get(f"{PATH}/{erasure['id']}").json["state"] == "open"


def test_an_erased_persons_requests_prove_themselves_and_name_nobody(
    caller: Caller, person: str, database: Database, workspace: int
) -> None:
    said = {"asked_by": "Ana", "details": "sou a Ana", "channel": "e-mail"}
    before = ask(caller, "access", user_id="ana-antes", **said)
    erasure = ask(caller, "erasure", user_id=person, **said)
    caller.tool("update_user_profile", {"user_id": "ana-antes", "profile_data": {"name": "A"}})

    receipt = caller.delete(f"/api/v1/people/{person}").json["id"]
    later = caller.delete("/api/v1/people/ana-antes").json["id"]

    told = caller.get(f"{PATH}/{erasure['id']}").json
    assert (told["state"], told["receipt"], told["handled_by"]) == ("done", receipt, "ana")
    left = caller.get(f"{PATH}/{before['id']}").json
    assert (left["state"], left["receipt"]) == ("open", later)
    kept = rows(database, workspace, "select * from subject_requests")
    assert not [row for row in kept if "ana" in str(row | {"recorded_by": "", "handled_by": ""})]
    assert {row["channel"] for row in kept} == {"e-mail"}


def test_an_erasure_is_not_done_as_long_as_its_person_is_there(
    caller: Caller, person: str, browse: Callable[..., FlaskClient], workspace: int
) -> None:
    said = {"state": "done", "answer": "Apagamos."}
    matched = ask(caller, "erasure", user_id=person)["id"]
    nobodys = ask(caller, "erasure", user_id="de-ninguem")["id"]
    later = ask(caller, "erasure", user_id="vem-depois")["id"]
    caller.tool("update_user_profile", {"user_id": "vem-depois", "profile_data": {"name": "B"}})

    refused = [caller.patch(f"{PATH}/{id_}", said) for id_ in (matched, later)]
    page = browse(workspace).post(f"/dashboard/privacy/requests/{matched}/close", data=said)
    done = caller.patch(f"{PATH}/{nobodys}", said)
    turned_down = caller.patch(f"{PATH}/{later}", {**said, "state": "refused"})

    codes = [(it.status_code, it.json["errors"][0]["code"]) for it in refused]
    assert codes == [(422, "receipt_missing")] * 2
    assert (page.status_code, "Esta pessoa ainda não foi apagada" in page.text) == (422, True)
    assert (done.status_code, turned_down.status_code) == (200, 200)
    assert caller.delete(f"/api/v1/people/{person}").status_code == 200
    assert caller.get(f"{PATH}/{matched}").json["state"] == "done"


def test_a_review_ends_with_the_correction_made_or_why_there_is_none(
    caller: Caller, browse: Callable[..., FlaskClient], drain: Callable[[], None]
) -> None:
    saved = caller.tool(
        "save_conversation",
        {
            "session_id": "s-review",
            "user_id": PERSON,
            "messages": [{"role": "user", "content": "péssimo atendimento"}],
        },
    ).json
    drain()
    talk = saved["conversation_id"]
    browser = browse(caller.workspace_id)
    made = browser.post(
        "/dashboard/privacy/requests", data={"kind": "review", "conversation_id": talk}
    )
    caller.post(f"/api/v1/conversations/{talk}/corrections", {"sentiment": "neutral"})
    page = browser.get(made.location)
    corrections = caller.get(f"/api/v1/conversations/{talk}/corrections").json["corrections"]
    silent = browser.post(f"{made.location}/close", data={"state": "done"})
    browser.post(
        f"{made.location}/close", data={"state": "done", "correction_id": corrections[0]["id"]}
    )
    (told,) = caller.get(PATH, state="closed").json["requests"]

    assert "Correção feita" in page.text
    assert silent.status_code == 422
    assert (told["user_id"], told["conversation_id"]) == (PERSON, talk)
    assert told["correction_id"] == corrections[0]["id"]
    assert (
        caller.post(
            PATH, {"kind": "review", "conversation_id": talk, "user_id": "outra"}
        ).status_code
        == 422
    )


def test_what_is_due_stands_where_operators_look(
    caller: Caller, person: str, browse: Callable[..., FlaskClient]
) -> None:
    long_ago = (clock.now() - timedelta(days=20)).isoformat()
    asked = ask(caller, "access", user_id=person, asked_at=long_ago)
    link = f"/dashboard/privacy/requests/{asked['id']}"
    browser, viewer = browse(caller.workspace_id), browse(caller.workspace_id, "viewer", name="bia")
    caller.tool("save_conversation", {
        "session_id": "s", "user_id": person, "messages": [{"role": "user", "content": "oi"}],
    })  # fmt: skip

    assert "1 vencido" in browser.get("/dashboard").text
    assert "1 vencido" not in viewer.get("/dashboard").text
    assert link in browser.get("/dashboard/privacy/requests").text
    assert link in browser.get(f"/dashboard/privacy/requests?person={asked['profile_id']}").text
    assert "Este pedido venceu" in browser.get(link).text
    assert viewer.get(link).status_code == 403
