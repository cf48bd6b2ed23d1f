"""Each connector with a CRM that misbehaves: nothing is lost and nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from connections import Connection

from benchmarks.crms.server import Fault

Connect = Callable[..., Connection]

PEOPLE = 6
KINDS = {
    "hubspot": ("contacts", "notes", "deals"),
    "pipedrive": ("persons", "notes", "deals"),
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


def test_what_pipedrive_knows_of_a_person_is_not_changed_by_who_types_their_email(
    connect: Connect,
) -> None:
    crm = connect("pipedrive")
    mails = [{"value": "ana@example.com", "primary": True}]
    known = {"id": 5, "name": "Ana", "emails": mails, "custom_fields": {"plan": "gold"}}
    crm.stub.book.objects["persons"][5] = dict(known)
    crm.rule("conversation.started", "upsert_contact")
    person = {"email": "ana@example.com", "phone": "+5511999990001", "plan": "free"}
    crm.analysed(crm.person("eu", name="Eu", **person))

    crm.deliver()

    phones = [{"value": "+5511999990001", "primary": True}]
    assert crm.stub.book.objects["persons"] == {5: known | {"phones": phones}}


def test_what_pipedrive_knows_of_a_person_stays_beside_what_they_say_later(
    connect: Connect,
) -> None:
    crm = connect("pipedrive")
    crm.rule("conversation.started", "upsert_contact")
    for number, phone in enumerate(("+551133330000", "+5511999990001"), start=1):
        crm.analysed(crm.person("ana", phone=phone), number)
        crm.deliver_at_last()

    (ana,) = crm.stub.book.objects["persons"].values()
    assert [each["value"] for each in ana["phones"]] == ["+551133330000", "+5511999990001"]


def test_whom_pipedrive_could_not_find_again_is_not_made(connect: Connect) -> None:
    crm = connect("pipedrive")
    crm.rule("conversation.started", "upsert_contact")
    crm.analysed(crm.person("telegram-7", name="Ana"))

    crm.deliver()

    assert crm.stub.book.objects["persons"] == {}
    assert crm.errands()[0]["state"] == "dead"


@pytest.mark.parametrize(
    ("kind", "lookup"), [("hubspot", "/search"), ("pipedrive", "/search"), ("hubspot", "/notes")]
)
def test_an_answer_without_its_list_is_not_taken_for_an_empty_one(
    connect: Connect, kind: str, lookup: str
) -> None:
    crm = connect(kind, (lookup, Fault.DONE_AND_CHANGED))
    crm.rule("conversation.started", "add_note", text="{summary}")
    crm.analysed(crm.person("ana", name="Ana", phone="+5511999990001"))

    crm.deliver()
    assert crm.errands()[0]["failure"] == "temporary"
    crm.deliver_at_last()

    assert len(crm.stub.book.objects["notes"]) == 1
