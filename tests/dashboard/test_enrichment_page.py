"""A workspace switches a language model's reading on and off: on its page, and over REST."""

from __future__ import annotations

from collections.abc import Callable

from callers import Caller
from factories import rows
from flask.testing import FlaskClient
from language_model import READING

from talkhub.names import Scope
from talkhub.store.uow import Database, workspace_scope

PATH = "/dashboard/enrichment"
REST = "/api/v1/enrichment"
TRAIL = "select actor, action, subject from audit_entries where action like 'enrichment%%'"
STORED = """
insert into enrichments
  (workspace_id, conversation_id, transcript, state, model, result, settled_at)
select workspace_id, id, fingerprint, 'done', 'tests-1', %(result)s, now() from conversations
"""


def state_of(visitor) -> str:
    return visitor.page(PATH).one(id="switch").parent.text


def test_it_is_off_until_an_owner_switches_it_on(ana, database: Database, workspace: int):
    assert state_of(ana) == "Neste espaço desligada"

    answer = ana.client.post(PATH, data={"enabled": "true", "covers": "all"})

    assert (answer.status_code, answer.location) == (303, PATH)
    assert state_of(ana) == "Neste espaço ligada"
    assert rows(database, workspace, TRAIL) == [
        {"actor": "ana", "action": "enrichment.allowed", "subject": "all"}
    ]


def test_over_rest_it_is_switched_by_who_may_say_where_conversations_go(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str], workspace: int
):
    client = make_client(llm_url="http://127.0.0.1:9/v1", llm_model="tests-1")
    owner = Caller(client, workspace, sign_token(workspace))
    other = Caller(client, workspace, sign_token(workspace, Scope.MCP_READ, Scope.MCP_WRITE))

    refused = other.put(REST, {"enabled": True})
    told = owner.put(REST, {"enabled": True})

    assert refused.status_code == 403
    assert told.status_code == 200
    changed_at = told.get_json()["changed_at"]
    assert owner.get(REST).get_json() == {
        "enabled": True,
        "covers": "doubtful",
        "changed_by": "ana",
        "changed_at": changed_at,
        "model": "tests-1",
        "today": {"calls": 0, "tokens": 0, "cost": 0.0},
        "last_7_days": {"pending": 0, "done": 0, "failed": 0, "trouble": None},
    }


def test_what_a_model_read_stands_beside_the_analysis_and_says_whose_it_is(
    ana, talk: Callable, database: Database, workspace: int
):
    said = talk("fui cobrado duas vezes")
    reading = {**READING, "summary": "<script>alert(1)</script> cobrado"}
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(STORED, {"result": uow.json(reading)})

    card = ana.page(f"/dashboard/conversations/{said.conversation_id}").one(id="enrichment")
    shown = card.parent.parent.text
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update conversations set fingerprint = 'changed'")
    afterwards = ana.get(f"/dashboard/conversations/{said.conversation_id}")

    assert shown.startswith("Lido por um modelo de IA IA <script>alert(1)</script> cobrado")
    assert "tests-1, " in shown
    assert "Lido por um modelo" not in afterwards
