"""The audit trail is looked through and taken along, by those who may."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from callers import Caller
from flask.testing import FlaskClient

from talkhub.names import Scope
from talkhub.services.audit import audit
from talkhub.services.privacy.readings import note_reading, of_person
from talkhub.store.queries import audit as queries
from talkhub.store.queries.audit import AuditFilter, audit_page
from talkhub.store.uow import Database, workspace_scope


@pytest.fixture
def trail(database: Database, workspace: int) -> None:
    for actor, action in (("ana", "fact.added"), ("bia", "fact.deleted"), ("ana", "person.copied")):
        with database.unit_of_work(workspace_scope(workspace, actor)) as uow:
            audit(uow, action=action, subject="7", address="192.0.2.1")


def actions(caller: Caller, **query: str) -> list[str]:
    answer = caller.get("/api/v1/audit", **query)
    assert answer.status_code == 200, answer.text
    return [entry["action"] for entry in answer.json["entries"]]


def test_the_trail_is_listed_by_who_what_and_when(trail: None, caller: Caller) -> None:
    assert actions(caller) == ["person.copied", "fact.deleted", "fact.added"]
    assert actions(caller, actor="ana", action="fact.") == ["fact.added"]
    assert actions(caller, end="2020-01-01T00:00:00Z") == []


def test_what_is_rare_is_found_page_by_page(
    trail: None, database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT", 2)
    wanted = AuditFilter(action="fact.added")

    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        first = audit_page(uow, wanted, before=None)
        second = audit_page(uow, wanted, before=first.older)

    assert (len(first.lines), len(second.lines)) == (0, 1)


def test_the_trail_is_exported_whole_and_only_by_periods(trail: None, caller: Caller) -> None:
    answer = caller.get("/api/v1/exports/audit.ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    answer.close()  # an export keeps one of few seats until then

    assert [line["action"] for line in lines][:3] == ["fact.added", "fact.deleted", "person.copied"]
    assert caller.get("/api/v1/exports/audit.csv", intent="support").status_code == 422


def test_only_who_manages_privacy_reads_the_trail(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str]
) -> None:
    others = [scope for scope in Scope if scope != Scope.PRIVACY_MANAGE]
    weak = Caller(client, workspace, sign_token(workspace, *others))

    paths = ("/api/v1/audit", "/api/v1/exports/audit.csv")
    assert [weak.get(path).status_code for path in paths] == [403, 403]


def test_what_a_bot_is_told_is_read_once_an_hour(
    database: Database, workspace: int, caller: Caller
) -> None:
    for _ in range(2):
        with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
            note_reading(uow, of_person(7), address=None)

    assert actions(caller, action="transcript.read") == ["transcript.read"]
