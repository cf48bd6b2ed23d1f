"""How CRMs and their rules are set over REST, and what becomes of them with people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from connections import Connection
from factories import KEYRING, make_workspace
from flask.testing import FlaskClient

from benchmarks.crms.server import Fault
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.deleting import delete_conversation
from talkhub.services.privacy.erasing import erase_person, subject_of
from talkhub.services.privacy.subject_copy import read_copy
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.uow import Database

Connect = Callable[..., Connection]

CONNECTORS, RULES = "/api/v1/crm-connectors", "/api/v1/crm-rules"
HUBSPOT = {"kind": "hubspot", "name": "Vendas", "credentials": {"token": "pat"}}
NOTE = {"event": "conversation.closed", "action": "add_note", "text": "{summary}"}


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "salesforce"}, "/kind"),
        ({"credentials": {}}, "/credentials"),
        ({"credentials": {"token": "pat", "secret": "x"}}, "/credentials"),
        ({"credentials": {"token": "pat\nHost: x"}}, "/credentials"),
        ({"address": "https://example.com"}, "/address"),
        ({"fields": {"phone": "x"}}, "/fields/phone"),
        ({"fields": {"custom.plan": " "}}, "/fields/custom.plan"),
        ({"name": "x" * 81}, "/name"),
    ],
)
def test_a_crm_that_could_not_work_is_refused(caller: Caller, wrong: Any, pointer: str) -> None:
    answer = caller.post(CONNECTORS, {**HUBSPOT, **wrong})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"connector_id": 2**62}, "/connector_id"),
        ({"event": "message.received"}, "/event"),
        ({"intents": ["dancing"]}, "/intents"),
        ({"text": ""}, "/text"),
        ({"text": "{agenda}"}, "/text"),
        ({"stage": "new"}, "/pipeline"),
        ({"action": "upsert_contact"}, "/text"),
        ({"event": "profile.updated"}, "/action"),
    ],
)
def test_a_rule_that_could_do_nothing_is_refused(
    connect: Connect, caller: Caller, wrong: Any, pointer: str
) -> None:
    answer = caller.post(RULES, {**NOTE, "connector_id": connect("hubspot").id, **wrong})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_another_address_wants_its_credentials_anew(connect: Connect, caller: Caller) -> None:
    path = f"{CONNECTORS}/{connect('pipedrive').id}"

    for without in ({}, {"credentials": {}}):
        refused = caller.patch(path, {"address": "outra", **without})

        assert [error["pointer"] for error in refused.json["errors"]] == ["/credentials"]
    changed = caller.patch(path, {"address": "outra", "credentials": {"token": "its-own"}})
    assert changed.json["address"] == "outra"


def test_ids_of_one_portal_are_not_used_at_another(connect: Connect, caller: Caller) -> None:
    hubspot = connect("hubspot")
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana"))
    hubspot.deliver()
    path, ids = f"{CONNECTORS}/{hubspot.id}", "select external_id is null as gone from crm_records"

    caller.patch(path, {"name": "Marketing"})
    assert hubspot.read(ids) == [{"gone": False}]
    caller.patch(path, {"credentials": {"token": "of-another-portal"}})

    assert hubspot.read(ids) == [{"gone": True}]


def test_crms_and_rules_are_listed_and_ended_by_their_own_workspace_alone(
    caller: Caller, client: FlaskClient, database: Database, sign_token: Callable[..., str]
) -> None:
    made = caller.post(CONNECTORS, HUBSPOT).json
    rule_id = caller.post(RULES, {**NOTE, "connector_id": made["id"]}).json["id"]
    caio = Caller(client, 0, sign_token(make_workspace(database), subject="caio"))
    rule, connector = f"{RULES}/{rule_id}", f"{CONNECTORS}/{made['id']}"

    assert caio.get(CONNECTORS).json == {"crm_connectors": []}
    assert caio.get(RULES).json == {"crm_rules": []}
    assert caio.post(RULES, {**NOTE, "connector_id": made["id"]}).status_code == 422
    refused = [caio.delete(rule), caio.delete(connector), caio.post(f"{connector}/test", {})]
    assert [answer.status_code for answer in refused] == [404, 404, 404]
    (listed,) = caller.get(RULES).json["crm_rules"]
    assert {name: listed[name] for name in NOTE} == NOTE
    ended = [caller.delete(path) for path in (rule, rule, connector, connector)]
    assert [answer.status_code for answer in ended] == [204, 404, 204, 404]


def test_who_is_erased_is_told_to_no_crm_and_remembered_at_none(
    connect: Connect, database: Database
) -> None:
    hubspot = connect("hubspot")
    hubspot.rule("conversation.started", "upsert_contact")
    ana = hubspot.person(name="Ana")
    hubspot.analysed(ana)
    hubspot.deliver()
    hubspot.analysed(ana, 2)
    copy = hubspot.do(lambda uow: read_copy(uow, subject_of(uow, "ana"), hubspot.settings))
    tombstones = Tombstones(HashingKeys(database, KEYRING).tombstones)

    hubspot.do(lambda uow: erase_person(uow, "ana", tombstones))

    ((contact_id, _),) = hubspot.stub.book.objects["contacts"].items()
    assert [(it["crm"], it["id"]) for it in copy.at_crms] == [("hubspot: hubspot", contact_id)]
    assert copy.recipients == {"hubspot: hubspot": 1}
    assert hubspot.errands() == []
    assert hubspot.read("select id from crm_records") == []


def test_a_conversation_that_is_deleted_is_noted_nowhere(
    connect: Connect, caller: Caller, drain: Callable[[], None], database: Database
) -> None:
    hubspot = connect("hubspot")
    hubspot.rule("conversation.analyzed", "add_note", text="{summary}")
    said = {"role": "user", "content": "Oi", "timestamp": "2026-03-02T12:00:00Z"}
    saved = {"session_id": "s", "user_id": "ana", "messages": [said]}
    conversation = caller.tool("save_conversation", saved).json["conversation_id"]
    drain()
    assert [it["kind"] for it in hubspot.errands()] == ["add_note"]

    tombstones = Tombstones(HashingKeys(database, KEYRING).tombstones)
    hubspot.do(lambda uow: delete_conversation(uow, conversation, tombstones))

    assert hubspot.errands() == []


def test_what_was_given_up_is_sent_round_again(connect: Connect) -> None:
    hubspot = connect("hubspot")
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana"))
    hubspot.do(lambda uow: uow.run("update outbound_messages set attempts = 9"))
    hubspot.stub.faults.planned.append(("", Fault.FAILED))
    hubspot.deliver()
    assert hubspot.errands()[0]["state"] == "dead"

    replayed = hubspot.caller.post("/api/v1/dead-letters/replay", {"everything": True})
    hubspot.deliver()

    assert replayed.json["messages"] == 1
    assert hubspot.errands()[0]["state"] == "sent"
