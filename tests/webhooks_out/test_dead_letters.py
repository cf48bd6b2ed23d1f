"""What was given up is visible with its error and can be sent round again, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_channel, make_workspace, rows
from flask.testing import FlaskClient
from html_pages import Html
from outboxes import Outbox
from providers import Door, payload, said

from talkhub.names import Platform, Scope
from talkhub.store.uow import Database, workspace_scope

PATH = "/api/v1/dead-letters"
PAGE = "/dashboard/failures"
URL = "https://client.example/hook"
KILL = """
insert into inbound_events (workspace_id, platform, source, external_id, kind, payload, state,
  attempts, last_error)
values (%(workspace)s, 'uchat', 'tests', %(external_id)s, 'message', %(payload)s, 'dead', 5,
  'ValueError: <b>odd')
"""


@pytest.fixture
def dead_event(database: Database, workspace: int) -> int:
    """An event that could be applied by now."""
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        document = uow.json(payload("uchat/external_request"))
        uow.run(KILL, {"workspace": workspace, "external_id": "e1", "payload": document})
    return rows(database, workspace, "select id from inbound_events")[0]["id"]


@pytest.fixture
def dead_message(outbox: Outbox) -> int:
    message = outbox.test(outbox.endpoint(URL))
    outbox.set(
        "update outbound_messages set state = 'dead', attempts = 10, last_error = 'HTTP 500'"
    )
    return message


@pytest.fixture
def ana(workspace: int, browse: Callable[..., FlaskClient]) -> FlaskClient:
    return browse(workspace)


def event_states(database: Database, workspace: int) -> list[str]:
    found = rows(database, workspace, "select state from inbound_events order by id")
    return [row["state"] for row in found]


def test_they_are_listed_with_their_errors(
    caller: Caller, dead_event: int, dead_message: int
) -> None:
    listed = caller.get(PATH).json

    assert [(e["id"], e["platform"], e["last_error"]) for e in listed["events"]] == [
        (dead_event, "uchat", "ValueError: <b>odd")
    ]
    assert [(m["id"], m["url"], m["last_error"]) for m in listed["messages"]] == [
        (dead_message, URL, "HTTP 500")
    ]
    assert caller.get(PATH, events_before=str(dead_event)).json["events"] == []


def test_an_event_that_is_replayed_becomes_what_it_would_have_been(
    caller: Caller, dead_event: int, database: Database, drain: Callable[[], None]
) -> None:
    answer = caller.post(f"{PATH}/replay", {"event_ids": [dead_event]})
    drain()

    assert (answer.status_code, answer.json) == (202, {"events": 1, "messages": 0})
    assert event_states(database, caller.workspace_id) == ["done"]
    assert len(rows(database, caller.workspace_id, "select * from conversations")) == 1
    assert caller.get(PATH).json["events"] == []


def test_everything_is_replayed_at_once_and_that_is_written_down(
    caller: Caller, dead_event: int, dead_message: int, database: Database, outbox: Outbox
) -> None:
    answer = caller.post(f"{PATH}/replay", {"everything": True})

    assert answer.json == {"events": 1, "messages": 1}
    assert outbox.messages("state, attempts") == [{"state": "pending", "attempts": 0}]
    (entry,) = outbox.read("select * from audit_entries where action = 'dead_letters.replayed'")
    assert (entry["actor"], entry["subject"]) == ("ana", "1 events, 1 messages")


def test_what_goes_to_a_disabled_endpoint_stays(
    caller: Caller, dead_message: int, outbox: Outbox
) -> None:
    outbox.set("update webhook_endpoints set state = 'disabled'")

    assert caller.get(PATH).json["messages"][0]["can_replay"] is False
    assert caller.post(f"{PATH}/replay", {"everything": True}).json["messages"] == 0
    assert outbox.messages("state") == [{"state": "dead"}]


def test_another_workspaces_dead_letters_are_not_there(
    client: FlaskClient,
    database: Database,
    workspace: int,
    sign_token: Callable[..., str],
    dead_event: int,
) -> None:
    caio = Caller(client, 0, sign_token(make_workspace(database), subject="caio"))

    assert caio.get(PATH).json == {"events": [], "messages": []}
    assert caio.post(f"{PATH}/replay", {"event_ids": [dead_event]}).json["events"] == 0
    assert event_states(database, workspace) == ["dead"]


@pytest.mark.parametrize(("method", "path"), [("get", PATH), ("post", f"{PATH}/replay")])
def test_without_the_scope_nothing_is_told_or_done(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str], method: str, path: str
) -> None:
    others = [scope for scope in Scope if scope != Scope.WEBHOOKS_MANAGE]
    headers = {"Authorization": f"Bearer {sign_token(workspace, *others)}"}

    assert client.open(path, method=method.upper(), headers=headers).status_code == 403


def test_the_page_shows_them_and_sends_one_round_again(
    ana: FlaskClient, dead_event: int, dead_message: int, database: Database, workspace: int
) -> None:
    page = Html(ana.get(PAGE).text)
    assert "ValueError: <b>odd" in page.one("main").text
    assert "HTTP 500" in page.one("main").text
    named = {
        field.attributes["name"]: field.attributes["value"]
        for field in page.one("main").all("input")
    }
    assert named == {"event_id": str(dead_event), "message_id": str(dead_message)}

    answer = ana.post(f"{PAGE}/replay", data={"event_id": dead_event})

    assert (answer.status_code, answer.location) == (303, PAGE)
    assert event_states(database, workspace) == ["pending"]
    assert "HTTP 500" in ana.get(PAGE).text


def test_the_page_sends_everything_round_again(
    ana: FlaskClient, dead_event: int, dead_message: int, database: Database, workspace: int
) -> None:
    ana.post(f"{PAGE}/replay")

    assert event_states(database, workspace) == ["pending"]
    assert "Nenhuma entrega falhou." in ana.get(PAGE).text


def test_who_may_not_manage_webhooks_may_not_look(
    workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    bia = browse(workspace, "viewer", name="bia")

    assert [bia.get(PAGE).status_code, bia.post(f"{PAGE}/replay").status_code] == [403, 403]


def revoking(document: dict[str, Any]) -> dict[str, Any]:
    """Return what WhatsApp sends when a person takes the message of a document back."""
    message = document["entry"][0]["changes"][0]["value"]["messages"][0]
    taken_back = said(Platform.WHATSAPP, "")
    back = taken_back["entry"][0]["changes"][0]["value"]["messages"][0]
    back.pop("text")
    back |= {"type": "revoke", "revoke": {"original_message_id": message["id"]}}
    return taken_back


def quoting(outbox: Outbox) -> list[str]:
    """Return all that quotes messages: what is told, what is shown, what is kept of analyses."""
    return [
        str(outbox.read(f"select {column} from {table} where workspace_id = %(ws)s"))
        for table, column in (
            ("outbound_messages", "payload"),
            ("conversations", "intent_analysis"),
            ("conversation_analyses", "result"),
        )
    ]


@pytest.fixture
def whatsapp(client: FlaskClient, outbox: Outbox) -> Door:
    path = make_channel(outbox.database, outbox.workspace, Platform.WHATSAPP)
    return Door(client, Platform.WHATSAPP, path)


def test_what_a_person_takes_back_is_forgotten_in_the_outbox_too(
    whatsapp: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL, "message.received")
    document = said(Platform.WHATSAPP, "meu segredo")
    whatsapp.post(document)
    drain()
    assert "meu segredo" in str(outbox.messages())

    whatsapp.post(revoking(document))
    drain()

    (told,) = outbox.messages()
    assert told["payload"]["data"]["message"]["content"] == ""


def test_what_a_person_takes_back_is_quoted_in_no_summary(
    whatsapp: Door, outbox: Outbox, drain: Callable[[], None]
) -> None:
    outbox.endpoint(URL, "conversation.analyzed")
    document = said(Platform.WHATSAPP, "quero cancelar o plano do segredo")
    whatsapp.post(document)
    drain()
    outbox.set("update conversation_analyses set analyser_version = 'earlier'")
    assert all("segredo" in text for text in quoting(outbox))

    whatsapp.post(revoking(document))
    drain()

    assert not any("segredo" in text for text in quoting(outbox))
