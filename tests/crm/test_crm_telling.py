"""What CRMs are told: by rules, through the outbox, each thing once, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from connections import Connection
from factories import KEYRING

from benchmarks.crms.server import Fault
from talkhub.services.people.profiles import update_profile
from talkhub.services.sending.channel_accounts import read_credentials
from talkhub.services.telling.crm import connector_binding

Connect = Callable[..., Connection]

NOTE = {"event": "conversation.closed", "action": "add_note", "text": "{first_name}: {summary}"}
DEAL = {
    "event": "person.new",
    "action": "create_deal",
    "text": "Lead {platform} - {name}",
    "pipeline": "default",
    "stage": "appointmentscheduled",
}


@pytest.fixture
def hubspot(connect: Connect) -> Connection:
    return connect("hubspot")


def test_a_person_becomes_a_contact_with_a_note_and_a_deal(hubspot: Connection) -> None:
    ana = hubspot.person(
        name="Ana da Silva", email="ana@example.com", phone="+5511999990001", plan="gold"
    )
    hubspot.rule(**NOTE)
    hubspot.rule(**DEAL)
    hubspot.analysed(ana)

    hubspot.deliver()

    kept = hubspot.stub.book.objects
    ((contact_id, contact),) = kept["contacts"].items()
    ((note_id, note),) = kept["notes"].items()
    ((deal_id, deal),) = kept["deals"].items()
    assert contact == {
        "talkhub_user_id": "ana",
        "firstname": "Ana",
        "lastname": "da Silva",
        "email": "ana@example.com",
        "phone": "+5511999990001",
        "plan": "gold",
    }
    assert note["hs_note_body"].startswith("Ana: Meu pedido não chegou<br><br>[talkhub-")
    assert deal["dealname"] == "Lead whatsapp - Ana da Silva"
    assert (deal["pipeline"], deal["dealstage"]) == ("default", "appointmentscheduled")
    assert hubspot.stub.book.ties == {
        ("notes", note_id, contact_id),
        ("deals", deal_id, contact_id),
    }
    assert hubspot.read("select kind, external_id from crm_records order by kind") == [
        {"kind": "contact", "external_id": contact_id},
        {"kind": "deal", "external_id": deal_id},
        {"kind": "note", "external_id": note_id},
    ]


def test_a_conversation_that_is_analysed_again_is_noted_once(hubspot: Connection) -> None:
    ana = hubspot.person(name="Ana")
    hubspot.rule(**NOTE)

    for _ in range(3):
        hubspot.analysed(ana)
    hubspot.analysed(ana, 2)

    assert [it["kind"] for it in hubspot.errands()] == ["add_note", "add_note"]


def test_rules_ask_for_moods_and_intents(hubspot: Connection) -> None:
    ana = hubspot.person(name="Ana")
    hubspot.rule(**NOTE, sentiments=("negative",), intents=("support",))

    hubspot.analysed(ana, 1, sentiment="positive")
    hubspot.analysed(ana, 2, intent="purchase")
    assert hubspot.errands() == []
    hubspot.analysed(ana, 3)

    assert len(hubspot.errands()) == 1


def test_what_waits_for_the_same_contact_is_told_once(hubspot: Connection) -> None:
    ana = hubspot.person(name="Ana")
    hubspot.rule("conversation.analyzed", "upsert_contact")

    hubspot.analysed(ana, 1)
    hubspot.analysed(ana, 2)
    hubspot.person(name="Ana Lima")
    hubspot.deliver()

    (contact,) = hubspot.stub.book.objects["contacts"].values()
    assert (contact["firstname"], contact["lastname"]) == ("Ana", "Lima")
    assert len(hubspot.errands()) == 1


def test_a_known_person_who_changes_is_told_and_a_stranger_is_not(hubspot: Connection) -> None:
    hubspot.rule("profile.updated", "upsert_contact")
    hubspot.rule("conversation.started", "upsert_contact")
    ana = hubspot.person(name="Ana")
    assert hubspot.errands() == []
    hubspot.analysed(ana)
    hubspot.deliver()

    hubspot.person(email="ana@example.com")
    hubspot.do(lambda uow: update_profile(uow, "ana", {"name": "Bia"}, source=f"crm:{hubspot.id}"))
    assert [it["state"] for it in hubspot.errands()] == ["sent", "pending"]
    hubspot.deliver()

    (contact,) = hubspot.stub.book.objects["contacts"].values()
    assert (contact["firstname"], contact["email"]) == ("Bia", "ana@example.com")


def test_whom_the_crm_has_by_email_or_phone_is_not_made_again(hubspot: Connection) -> None:
    contacts = hubspot.stub.book.objects["contacts"]
    contacts["1"] = {"email": "ana@example.com"}
    contacts["2"] = {"phone": "+5511999990002"}
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana", email="ana@example.com"), 1)
    hubspot.analysed(hubspot.person("bia", phone="+5511999990002"), 2)

    hubspot.deliver()

    assert contacts == {
        "1": {"email": "ana@example.com"},
        "2": {"phone": "+5511999990002"},
    }
    assert hubspot.read("select external_id from crm_records order by external_id") == [
        {"external_id": "1"},
        {"external_id": "2"},
    ]


def test_a_typed_email_takes_no_contact_over(hubspot: Connection) -> None:
    contacts = hubspot.stub.book.objects["contacts"]
    bia = {"talkhub_user_id": "bia", "email": "bia@example.com", "firstname": "Bia"}
    ceo = {"email": "ceo@example.com", "firstname": "Rita"}
    contacts |= {"1": dict(bia), "2": dict(ceo)}
    hubspot.rule("conversation.started", "upsert_contact")

    for number in (1, 3):  # the second time the contact is known by its id
        mallory = hubspot.person("mallory", name="<b>Eu", email="bia@example.com")
        hubspot.analysed(mallory, number)
        other = hubspot.person("other", name="Eu", email="ceo@example.com", phone="+5511999990009")
        hubspot.analysed(other, number + 1)
        hubspot.deliver_at_last()

    assert contacts.pop("1") == bia
    assert contacts.pop("2") == ceo | {"phone": "+5511999990009"}
    assert [*contacts.values()] == [{"talkhub_user_id": "mallory", "firstname": "<b>Eu"}]


@pytest.mark.parametrize(
    "fault", [Fault.DONE_AND_FAILED, Fault.DONE_AND_CUT_OFF, Fault.DONE_AND_CHANGED]
)
@pytest.mark.parametrize("last_call", ["contacts/batch/upsert", "objects/notes"])
def test_what_was_done_and_not_heard_of_is_not_done_again(
    connect: Connect, fault: Fault, last_call: str
) -> None:
    hubspot = connect("hubspot", (last_call, fault))
    hubspot.rule(**NOTE)
    hubspot.analysed(hubspot.person(name="Ana"))

    hubspot.deliver()
    assert hubspot.stub.requests[-1].endswith(last_call)
    (errand,) = hubspot.errands()
    assert (errand["state"], errand["failure"]) == ("pending", "temporary")
    hubspot.deliver_at_last()

    assert [it["state"] for it in hubspot.errands()] == ["sent"]
    kept = hubspot.stub.book.objects
    assert (len(kept["contacts"]), len(kept["notes"])) == (1, 1)


def test_too_many_calls_rest_the_whole_connection_and_use_up_no_attempt(
    connect: Connect,
) -> None:
    hubspot = connect("hubspot", ("", Fault.LIMITED))
    hubspot.rule("conversation.started", "upsert_contact")
    hubspot.analysed(hubspot.person("ana"), 1)
    hubspot.deliver()
    hubspot.analysed(hubspot.person("bia"), 2)

    hubspot.deliver()

    first, second = hubspot.errands()
    assert (first["failure"], first["attempts"], first["waits"]) == ("rate_limited", 0, True)
    assert (second["state"], second["attempts"]) == ("pending", 0)
    (resting,) = hubspot.read(
        "select paused_until - clock_timestamp() <= interval '1 second' as is_short"
        " from crm_connectors where paused_until > clock_timestamp()"
    )
    assert resting == {"is_short": True}


def test_a_refused_token_rests_the_connection_until_it_is_replaced(connect: Connect) -> None:
    hubspot = connect("hubspot")
    path = f"/api/v1/crm-connectors/{hubspot.id}"
    hubspot.rule("conversation.started", "upsert_contact")
    right = {"credentials": {"token": "pat-na1-0123456789"}}
    assert hubspot.caller.patch(path, {"credentials": {"token": "wrong"}}).status_code == 200
    hubspot.analysed(hubspot.person("ana"))
    hubspot.deliver()
    assert hubspot.errands()[0]["last_error"].startswith("temporary: HTTP 401")

    assert hubspot.caller.patch(path, right).status_code == 200
    hubspot.deliver_at_last()

    assert hubspot.errands()[0]["state"] == "sent"


def test_tokens_are_kept_encrypted_and_told_to_nobody(hubspot: Connection) -> None:
    token = "pat-na1-0123456789"
    (row,) = hubspot.read("select public_token, credentials_encrypted from crm_connectors")

    listed = hubspot.caller.get("/api/v1/crm-connectors").json["crm_connectors"]

    assert token not in str(listed)
    assert token.encode() not in bytes(row["credentials_encrypted"])
    bound_to = connector_binding(hubspot.caller.workspace_id, row["public_token"])
    kept = read_credentials(row["credentials_encrypted"], KEYRING, bound_to=bound_to)
    assert kept == {"token": token}
