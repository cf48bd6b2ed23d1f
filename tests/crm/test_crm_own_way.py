"""What a CRM writes its own way, or we keep masked, stays as it is there, and is told once."""

from __future__ import annotations

from collections.abc import Callable

from connections import GO, LOOPBACK, REST_IS_OVER, WITHOUT_PAUSE, Connection
from flask.testing import FlaskClient
from test_crm_hearing import Heard

from talkhub.jobs.courier import Courier
from talkhub.outbound.senders.base import Hosts
from talkhub.services.privacy.number_masking import set_masking
from talkhub.store.uow import workspace_scope

Connect = Callable[..., Connection]


def test_a_number_in_a_name_stays_at_the_crm_and_is_told_masked_to_none(
    connect: Connect, client: FlaskClient
) -> None:
    crm = Heard(connect("hubspot"), "hubspot", client, "own")
    contact_id = crm.met(name="Ana")
    set_masking(crm.crm.database, workspace_scope(crm.crm.caller.workspace_id, "ana"), masks=True)
    crm.edits(contact_id, "Ana 529.982.247-25")

    crm.hears(contact_id)
    kept = crm.crm.read("select seen from crm_records")
    crm.met(plan="gold")

    assert crm.ana()["name"] == "Ana ***.***.***-25"
    assert "982" not in str(kept)
    told = crm.contacts()[contact_id]
    assert (told["lastname"], told["plan"]) == ("529.982.247-25", "gold")


def test_two_crms_that_write_a_value_in_two_ways_come_to_rest(
    connect: Connect, client: FlaskClient
) -> None:
    ways = {"hubspot": "1000", "rd_station": "1000.0"}
    crms = [Heard(connect(kind), kind, client, "own") for kind in ways]
    hosts = Hosts(**{it.kind: it.crm.stub.base for it in crms})

    def writes_and_rings(crm: Heard) -> None:
        ((contact_id, contact),) = crm.contacts().items()
        own = contact if crm.kind == "hubspot" else contact.setdefault("custom_fields", {})
        own["plan"] = ways[crm.kind]
        crm.rings(contact_id)
        deliver(crm.crm, hosts)

    crms[0].crm.analysed(crms[0].crm.person(name="Ana", email="ana@example.com", plan="1000"))
    deliver(crms[0].crm, hosts)
    revisions = []
    for _ in range(4):
        for crm in crms:
            writes_and_rings(crm)
        revisions.append(crms[0].ana()["revision"])

    assert revisions[1:] == [revisions[1]] * 3
    crms[0].edits(*crms[0].contacts(), "Ana Lima")
    writes_and_rings(crms[0])
    assert crms[0].ana()["name"] == "Ana Lima"


def test_what_is_typed_back_into_a_crm_that_was_told_otherwise_is_a_change(
    connect: Connect, client: FlaskClient
) -> None:
    crm = Heard(connect("hubspot"), "hubspot", client, "own")
    contact_id = crm.met(plan="silver")
    crm.contacts()[contact_id]["plan"] = "gold"
    crm.hears(contact_id)
    crm.crm.person(plan="platinum")
    crm.crm.deliver_at_last()

    crm.contacts()[contact_id]["plan"] = "gold"
    crm.hears(contact_id)

    assert crm.ana()["custom"] == {"plan": "gold"}


def test_what_an_adopted_contact_still_says_is_no_news(
    connect: Connect, client: FlaskClient
) -> None:
    crm = Heard(connect("pipedrive"), "pipedrive", client, "all")
    phones = [{"value": "+5511999990001", "primary": True}]
    crm.crm.stub.book.objects["persons"][5] = {"id": 5, "name": "Rita", "phones": phones}
    crm.met(name="Eu")
    crm.hears("5")
    crm.crm.person(name="Rita Lima")
    crm.crm.deliver_at_last()

    crm.hears("5")

    assert crm.ana()["name"] == "Rita Lima"


def deliver(crm: Connection, hosts: Hosts) -> None:
    """Let all errands of all CRMs be done, also those that follow from them."""
    for _ in range(2):
        crm.do(lambda uow: (uow.run(GO), uow.run(REST_IS_OVER)))
        Courier(crm.database, crm.settings, LOOPBACK, hosts=hosts, pace=WITHOUT_PAUSE).drain()
