"""Each connector with a CRM that misbehaves: nothing is lost and nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from connections import Connection

from benchmarks.crms.server import Fault

Connect = Callable[..., Connection]

PEOPLE = 6
KINDS = {
    "hubspot": ("contacts", "notes", "deals"),
    "pipedrive": ("persons", "notes", "deals"),
    "rd_station": ("contacts", "notes", "deals"),
    "generic": ("contacts", "notes", "deals"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_faults_lose_nothing_and_double_nothing(connect: Connect, kind: str) -> None:
    crm = connect(kind)
    crm.rule("conversation.started", "add_note", text="{summary}")
    crm.rule("person.new", "create_deal", text="Lead {name}")
    for number in range(PEOPLE):
        phone = f"+55119999900{number:02}"
        crm.analysed(crm.person(f"p{number}", name=f"Pessoa {number}", phone=phone), number + 1)
    crm.stub.faults.share = 0.25

    for _ in range(12):
        crm.deliver_at_last()
        crm.do(lambda uow: uow.run("update outbound_messages set attempts = 0"))

    assert set(crm.stub.faults.shown) & {
        Fault.DONE_AND_FAILED,
        Fault.DONE_AND_CUT_OFF,
        Fault.DONE_AND_CHANGED,
    }
    assert {it["state"] for it in crm.errands()} == {"sent"}
    kept = crm.stub.book.objects
    assert [len(kept[name]) for name in KINDS[kind]] == [PEOPLE] * 3
    left = crm.read("select count(*) from crm_records where external_id is null")
    assert left == [{"count": 0}]


PEOPLES_OWN: dict[str, Any] = {
    "pipedrive": {
        "known": {"id": 5, "emails": [{"value": "ana@example.com", "primary": True}]},
        "filled": {"phones": [{"value": "+5511999990001", "primary": True}]},
        "kind": "persons",
    },
    "rd_station": {
        "known": {"id": "5f", "emails": [{"email": "ana@example.com"}]},
        "filled": {"phones": [{"phone": "+5511999990001", "type": "mobile"}]},
        "kind": "contacts",
    },
}


@pytest.mark.parametrize("kind", PEOPLES_OWN)
def test_what_a_crm_knows_of_a_person_is_never_changed_by_who_types_their_email(
    connect: Connect, kind: str
) -> None:
    crm, own = connect(kind), PEOPLES_OWN[kind]
    known = {"name": "Ana", "custom_fields": {"plan": "gold"}, **own["known"]}
    crm.stub.book.objects[own["kind"]][known["id"]] = dict(known)
    crm.rule("conversation.started", "upsert_contact")
    person = {"email": "ana@example.com", "phone": "+5511999990001", "plan": "free"}

    for number, name in enumerate(
        ("Eu", "Mallory"), start=1
    ):  # then the contact is known by its id
        crm.analysed(crm.person("eu", name=name, **person), number)
        crm.deliver_at_last()

    assert [it["state"] for it in crm.errands()] == ["sent", "sent"]
    assert crm.stub.book.objects[own["kind"]] == {known["id"]: known | own["filled"]}
    adopted = crm.read("select external_id, adopted from crm_records where kind = 'contact'")
    assert adopted == [{"external_id": str(known["id"]), "adopted": True}]


@pytest.mark.parametrize(
    ("kind", "objects", "key"),
    [("pipedrive", "persons", "value"), ("rd_station", "contacts", "phone")],
)
def test_what_we_told_of_a_person_stays_beside_what_they_say_later(
    connect: Connect, kind: str, objects: str, key: str
) -> None:
    crm = connect(kind)
    crm.rule("conversation.started", "upsert_contact")
    for number, phone in enumerate(("+551133330000", "+5511999990001"), start=1):
        crm.analysed(crm.person("ana", phone=phone), number)
        crm.deliver_at_last()

    (ana,) = crm.stub.book.objects[objects].values()
    assert [each[key] for each in ana["phones"]] == ["+551133330000", "+5511999990001"]


@pytest.mark.parametrize(
    ("kind", "objects"), [("pipedrive", "persons"), ("rd_station", "contacts")]
)
def test_whom_a_crm_could_not_find_again_is_not_made(
    connect: Connect, kind: str, objects: str
) -> None:
    crm = connect(kind)
    crm.rule("conversation.started", "upsert_contact")
    crm.analysed(crm.person("telegram-7", name="Ana"))

    crm.deliver()

    assert crm.stub.book.objects[objects] == {}
    assert crm.errands()[0]["state"] == "dead"


@pytest.mark.parametrize(
    ("kind", "lookup"),
    [
        ("hubspot", "/search"),
        ("pipedrive", "/search"),
        ("hubspot", "/notes"),
        ("rd_station", "/contacts"),
        ("rd_station", "/deals"),
    ],
)
def test_an_answer_without_its_list_is_not_taken_for_an_empty_one(
    connect: Connect, kind: str, lookup: str
) -> None:
    crm = connect(kind, (lookup, Fault.DONE_AND_CHANGED))
    if kind == "rd_station":  # it keeps notes at deals
        crm.rule("person.new", "create_deal", text="Lead")
    crm.rule("conversation.started", "add_note", text="{summary}")
    crm.analysed(crm.person("ana", name="Ana", phone="+5511999990001"))

    crm.deliver()
    assert crm.errands()[0]["failure"] == "temporary"
    crm.deliver_at_last()

    kept = crm.stub.book.objects
    assert (len(kept["deals"]), len(kept["notes"])) == (int(kind == "rd_station"), 1)
