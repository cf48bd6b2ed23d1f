"""What CRMs tell us: proved, read where it stands, taken over once, and never told back."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from callers import Caller
from connections import Connection
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from benchmarks.crms.generic import SECRET as GENERIC_SECRET
from talkhub import clock
from talkhub.services.people.profiles import find_profile, update_profile
from talkhub.services.privacy.number_masking import set_masking
from talkhub.store.uow import workspace_scope

Connect = Callable[..., Connection]

SECRET = "s3cret-of-the-webhooks"
KINDS = ("hubspot", "pipedrive", "rd_station", "generic")
A_MINUTE_AGO = "update crm_connectors set heard_at = heard_at - interval '1 minute'"
OBJECTS = dict.fromkeys(KINDS, "contacts") | {"pipedrive": "persons"}


class Heard:
    """A connection that hears, and whoever rings its bell."""

    def __init__(self, crm: Connection, kind: str, client: FlaskClient, hears: str) -> None:
        self.crm, self.kind, self.client = crm, kind, client
        said = {"hears": hears, "webhook_secret": SECRET}
        answer = crm.caller.patch(f"/api/v1/crm-connectors/{crm.id}", said)
        self.url = str(answer.get_json()["webhook_url"])
        crm.rule("conversation.started", "upsert_contact")
        crm.rule("profile.updated", "upsert_contact")

    def met(self, **said: Any) -> str:
        """Let Ana be told to the CRM; return her contact's id."""
        self.crm.analysed(self.crm.person(phone="+5511999990001", **said))
        self.crm.deliver_at_last()
        ((contact_id, _),) = self.contacts().items()
        return contact_id

    def contacts(self) -> dict[str, dict[str, Any]]:
        kept = self.crm.stub.book.objects[OBJECTS[self.kind]]
        return {str(it["id"] if self.kind == "generic" else key): it for key, it in kept.items()}

    def edits(self, contact_id: str, name: str, email: str = "ana@example.com") -> None:
        """Let somebody type something else into the CRM."""
        first, _, last = name.partition(" ")
        self.contacts()[contact_id] |= {
            "hubspot": {"firstname": first, "lastname": last, "email": email},
            "pipedrive": {"name": name, "emails": [{"value": email}]},
            "rd_station": {"name": name, "emails": [{"email": email}]},
            "generic": {"name": name, "email": email},
        }[self.kind]

    def rings(self, *contact_ids: str, **wrong: str) -> TestResponse:
        raw = json.dumps(event(self.kind, contact_ids)).encode()
        headers = proof(self.kind, self.url, raw) | wrong
        path = self.url.partition("//")[2].partition("/")[2]
        return self.client.post(f"/{path}", data=raw, headers=headers)

    def hears(self, *contact_ids: str) -> int:
        """Return of how many people a webhook was, once it is dealt with."""
        answer = self.rings(*contact_ids)
        assert answer.status_code == 200
        self.crm.deliver_at_last()
        told: dict[str, int] = answer.get_json()
        return told["accepted"]

    def ana(self) -> dict[str, Any]:
        found: dict[str, Any] = self.crm.do(lambda uow: find_profile(uow, "ana"))
        return found


def event(kind: str, ids: tuple[str, ...]) -> Any:
    """Return what the CRM sends when contacts changed."""
    return {
        "hubspot": [{"subscriptionType": "contact.propertyChange", "objectId": it} for it in ids],
        "pipedrive": {"meta": {"action": "change", "entity": "person", "entity_id": ids[0]}},
        "rd_station": {"event_name": "crm_contact_updated", "document": {"id": ids[0]}},
        "generic": {"type": "contact.changed", "data": {"id": ids[0]}},
    }[kind]


def proof(kind: str, url: str, raw: bytes) -> dict[str, str]:
    """Return the headers by which a CRM proves itself."""
    now = clock.now()
    if kind == "hubspot":
        at = str(int(now.timestamp() * 1000))
        signed = hmac.digest(SECRET.encode(), b"POST" + url.encode() + raw + at.encode(), "sha256")
        given = base64.b64encode(signed).decode()
        return {"X-HubSpot-Signature-v3": given, "X-HubSpot-Request-Timestamp": at}
    if kind == "pipedrive":
        return {"Authorization": f"Basic {base64.b64encode(f'talkhub:{SECRET}'.encode()).decode()}"}
    if kind == "rd_station":
        return {"X-Auth-Key": SECRET}
    return {
        "webhook-id": "1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(GENERIC_SECRET).sign("1", now, raw.decode()),
    }


Listen = Callable[..., Heard]


@pytest.fixture
def listen(connect: Connect, client: FlaskClient) -> Listen:
    """Connect a CRM whose changes are heard."""
    return lambda kind, hears="own": Heard(connect(kind), kind, client, hears)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_typed_into_a_crm_is_taken_over_once_and_not_told_back(
    listen: Listen, kind: str
) -> None:
    crm = listen(kind)
    contact_id = crm.met(name="Ana")
    crm.edits(contact_id, "Ana Lima")

    heard = [crm.hears(contact_id) for _ in range(3)]

    ana = crm.ana()
    assert (ana["name"], ana["email"], ana["phone"]) == (
        "Ana Lima",
        "ana@example.com",
        "+5511999990001",
    )
    assert (heard, ana["revision"]) == ([1, 1, 1], 3)
    told = [it["kind"] for it in crm.crm.errands()]
    assert told == ["upsert_contact", *["read_contact"] * 3]
    changes = crm.crm.read("select source from profile_changes order by id")
    assert changes[-1] == {"source": f"crm:{crm.crm.id}"}


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_words_that_come_back_change_nothing(listen: Listen, kind: str) -> None:
    crm = listen(kind)
    contact_id = crm.met(email="ana@example.com")  # a name is made up of it where one is needed
    later = {"name": "Ana", "email": "ana@outra.example"}
    crm.crm.do(lambda uow: update_profile(uow, "ana", later, source=f"crm:{crm.crm.id}"))

    crm.hears(contact_id)

    assert (crm.ana()["name"], crm.ana()["email"]) == ("Ana", "ana@outra.example")


def test_an_email_that_another_contact_has_is_not_taken_back_by_what_ours_says(
    listen: Listen,
) -> None:
    crm = listen("hubspot")
    contact_id = crm.met(email="ana@example.com")
    bia = {"talkhub_user_id": "bia", "email": "bia@example.com"}
    crm.crm.stub.book.objects["contacts"]["9"] = bia
    crm.crm.person(email="bia@example.com")
    crm.crm.deliver_at_last()

    crm.hears(contact_id)

    assert crm.contacts()[contact_id]["email"] == "ana@example.com"
    assert crm.ana()["email"] == "bia@example.com"


@pytest.mark.parametrize("kind", KINDS)
def test_a_contact_that_is_gone_is_the_persons_no_more_and_strangers_are_let_be(
    listen: Listen, kind: str
) -> None:
    crm = listen(kind)
    contact_id = crm.met(name="Ana")
    kept = crm.crm.stub.book.objects[OBJECTS[kind]]
    kept.clear()

    assert crm.hears("4711") == 0
    assert crm.hears(contact_id) == 1
    assert crm.hears(contact_id) == 0

    assert crm.crm.read("select external_id from crm_records") == [{"external_id": None}]
    assert crm.ana()["name"] == "Ana"


def test_a_contact_that_went_into_another_is_the_persons_no_more(listen: Listen) -> None:
    crm = listen("hubspot")
    contact_id = crm.met(name="Ana")
    book = crm.crm.stub.book
    book.objects["contacts"] = {"9": {"firstname": "Bia", "email": "bia@example.com"}}
    book.merged = {contact_id: "9"}

    crm.hears("9", contact_id)

    assert crm.crm.read("select external_id from crm_records") == [{"external_id": None}]
    assert (crm.ana()["name"], crm.ana()["email"]) == ("Ana", None)


@pytest.mark.parametrize(("hears", "name"), [("own", "Eu"), ("all", "Rita")])
def test_what_a_crm_knew_before_us_goes_to_whoever_typed_the_phone_only_where_all_is_heard(
    listen: Listen, hears: str, name: str
) -> None:
    crm = listen("pipedrive", hears)
    phones = [{"value": "+5511999990001", "primary": True}]
    crm.crm.stub.book.objects["persons"][5] = {"id": 5, "name": "Rita", "phones": phones}
    crm.met(name="Eu")

    crm.hears("5")

    assert crm.ana()["name"] == name


def test_mapped_fields_are_taken_over_and_what_no_profile_may_say_is_left_out(
    listen: Listen,
) -> None:
    crm = listen("rd_station")
    fields = {"custom.plan": "plano", "tags": "marcas", "timezone": "fuso", "user_id": "nosso"}
    crm.crm.caller.patch(f"/api/v1/crm-connectors/{crm.crm.id}", {"fields": fields})
    contact_id = crm.met(name="Ana", tags=["vip"], plan="gold")
    told = {"plano": "platinum", "marcas": "vip; atacado", "fuso": "Marte", "nosso": "eva"}
    crm.contacts()[contact_id]["custom_fields"] = told

    crm.hears(contact_id)

    ana = crm.ana()
    assert ana["custom"] == {"plan": "platinum"}
    assert (ana["tags"], ana["timezone"]) == (["atacado", "vip"], None)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("hubspot", {"X-HubSpot-Signature-v3": "no"}),
        ("hubspot", {"X-HubSpot-Request-Timestamp": "1700000000000"}),
        ("hubspot", {"X-HubSpot-Request-Timestamp": "now"}),
        ("pipedrive", {"Authorization": "Basic no"}),
        ("rd_station", {"X-Auth-Key": ""}),
        ("generic", {"webhook-signature": "v1,no"}),
        ("generic", {"webhook-signature": "none"}),
        ("generic", {"webhook-timestamp": "1e300"}),
    ],
)
def test_a_webhook_that_proves_nothing_is_refused(
    listen: Listen, kind: str, wrong: Mapping[str, str]
) -> None:
    crm = listen(kind)
    contact_id = crm.met(name="Ana")

    assert crm.rings(contact_id, **wrong).status_code == 401
    assert [it["kind"] for it in crm.crm.errands()] == ["upsert_contact"]


def test_it_is_kept_when_a_proved_webhook_came_last_to_the_minute(
    listen: Listen, caller: Caller
) -> None:
    crm = listen("pipedrive")

    def heard_at() -> Any:
        (line,) = caller.get("/api/v1/crm-connectors").get_json()["crm_connectors"]
        return line["heard_at"]

    crm.rings("5", Authorization="Basic no")
    before = heard_at()
    crm.rings("5")
    first = heard_at()
    crm.rings("5")
    again = heard_at()
    crm.crm.do(lambda uow: uow.run(A_MINUTE_AGO))
    crm.rings("5")

    assert before is None
    assert first is not None
    assert again == first
    assert heard_at() > first


@pytest.mark.parametrize(
    "body", ["[]", "{}", "3", '{"meta": 3}', '{"meta": {"entity": "deal", "entity_id": 5}}']
)
def test_what_is_of_no_contact_is_acknowledged(listen: Listen, body: str) -> None:
    crm = listen("pipedrive")
    path = crm.url.partition("//")[2].partition("/")[2]

    answer = crm.client.post(f"/{path}", data=body, headers=proof("pipedrive", crm.url, b""))

    assert (answer.status_code, answer.json) == (200, {"accepted": 0})


def test_a_crm_is_heard_where_somebody_wants_it_and_at_the_address_that_is_told(
    listen: Listen, caller: Caller
) -> None:
    crm = listen("hubspot")
    path = f"/api/v1/crm-connectors/{crm.crm.id}"

    unsigned = caller.patch(path, {"webhook_secret": ""})
    quiet = caller.patch(path, {"hears": "nothing"})

    assert [error["pointer"] for error in unsigned.json["errors"]] == ["/webhook_secret"]
    assert (quiet.json["hears"], quiet.json["webhook_url"]) == ("nothing", None)
    assert quiet.json["has_webhook_secret"] is True
    assert SECRET not in str(quiet.json)
    assert crm.rings("5").status_code == 404


def test_a_number_that_a_crm_tells_is_kept_masked_and_its_own_stays(listen: Listen) -> None:
    crm = listen("hubspot", "all")
    number, mask = "529.982.247-25", "***.***.***-25"
    contact_id = crm.met(name="Ana", plan="gold")
    set_masking(crm.crm.database, workspace_scope(crm.crm.caller.workspace_id, "ana"), masks=True)
    crm.contacts()[contact_id]["plan"] = number

    crm.hears(contact_id)
    revision = crm.ana()["revision"]
    crm.hears(contact_id)
    heard = crm.ana()
    crm.met(name="Ana Lima")

    assert (heard["custom"], heard["revision"]) == ({"plan": mask}, revision)
    told = crm.contacts()[contact_id]
    assert (told["lastname"], told["plan"]) == ("Lima", number)
    (kept,) = crm.crm.read("select seen from crm_records where kind = 'contact'")
    assert number not in str(kept)
