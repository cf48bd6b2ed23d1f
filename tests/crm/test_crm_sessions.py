"""RD Station: where notes stand, and how we stay signed in there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from connections import LOOPBACK, Connection
from factories import KEYRING

from benchmarks.crms.rd_station import CREDENTIALS
from talkhub.crm.calls import Calls
from talkhub.crm.model import Session
from talkhub.crm.registry import SIGN_IN as SIGNED_IN_AT
from talkhub.jobs.crm_sessions import renew_idle_sessions
from talkhub.outbound.senders.base import Hosts
from talkhub.services.connecting.connectors import ConnectorChange, account_of, change_connector
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.sending.channel_accounts import read_credentials
from talkhub.services.telling.crm import session_binding
from talkhub.store.statements import crm_sessions as statements

Connect = Callable[..., Connection]

SIGN_IN = "POST /oauth2/token"
WEEK_AGO = "update crm_connectors set session_until = clock_timestamp() - interval '8 days'"


@pytest.fixture
def rd(connect: Connect) -> Connection:
    rd = connect("rd_station")
    rd.rule("conversation.started", "upsert_contact")
    return rd


def talk(rd: Connection, number: int) -> None:
    """Let somebody new be told of."""
    rd.analysed(rd.person(f"p{number}", name="Ana", phone=f"+55119999900{number:02}"), number)
    rd.deliver()


def test_a_person_becomes_a_contact_with_a_deal_and_a_note_at_it(connect: Connect) -> None:
    rd = connect("rd_station")
    rd.rule("conversation.closed", "add_note", text="{first_name}: {summary}")
    rd.rule("person.new", "create_deal", text="Lead {name}", pipeline="f1", stage="e1")
    person = {"email": "ana@example.com", "phone": "+5511999990001", "plan": "gold"}
    rd.analysed(rd.person(name="Ana da Silva", **person))

    rd.deliver_at_last()

    kept = rd.stub.book.objects
    ((contact_id, contact),) = kept["contacts"].items()
    ((deal_id, deal),) = kept["deals"].items()
    (note,) = kept["notes"].values()
    assert contact == {
        "id": contact_id,
        "name": "Ana da Silva",
        "emails": [{"email": "ana@example.com"}],
        "phones": [{"phone": "+5511999990001", "type": "mobile"}],
        "custom_fields": {"plan": "gold"},
    }
    assert deal["name"].startswith("Lead Ana da Silva [talkhub-")
    assert (deal["contact_ids"], deal["pipeline_id"], deal["stage_id"]) == (
        [contact_id],
        "f1",
        "e1",
    )
    assert note["deal_id"] == deal_id
    assert note["description"].startswith("Ana: Meu pedido")


def test_a_note_without_a_deal_to_stand_at_says_so(connect: Connect) -> None:
    rd = connect("rd_station")
    rd.rule("conversation.closed", "add_note", text="{summary}")
    rd.analysed(rd.person(phone="+5511999990001"))

    rd.deliver()

    (errand,) = rd.errands()
    assert (errand["state"], "keeps notes at deals" in errand["last_error"]) == ("dead", True)


def test_one_sign_in_serves_many_errands_and_is_kept_encrypted(rd: Connection) -> None:
    talk(rd, 1)
    talk(rd, 2)

    assert rd.stub.requests.count(SIGN_IN) == 1
    (row,) = rd.read("select public_token, session_encrypted from crm_connectors")
    bound_to = session_binding(rd.caller.workspace_id, row["public_token"])
    session = read_credentials(row["session_encrypted"], KEYRING, bound_to=bound_to)
    assert session["refresh_token"] == rd.stub.book.refresh_token != CREDENTIALS["refresh_token"]


def test_a_session_that_ends_early_is_followed_by_the_next(
    rd: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    talk(rd, 1)
    rd.stub.book.access.clear()

    talk(rd, 2)
    assert rd.errands()[1]["last_error"].startswith("temporary: HTTP 401")
    rd.deliver_at_last()

    assert [it["state"] for it in rd.errands()] == ["sent", "sent"]
    assert rd.stub.requests.count(SIGN_IN) == 2
    assert "crm_token_refused" not in caplog.text
    assert rd.caller.get("/api/v1/crm-connectors").json["crm_connectors"][0]["refused_at"] is None


def test_access_that_nobody_used_for_a_week_is_renewed_once(rd: Connection) -> None:
    talk(rd, 1)
    rd.do(lambda uow: uow.run(WEEK_AGO))

    renew_idle_sessions(rd.database)
    renew_idle_sessions(rd.database)
    rd.deliver()

    assert [it["kind"] for it in rd.errands()] == ["upsert_contact", "renew_session"]
    assert rd.errands()[1]["state"] == "sent"
    assert rd.stub.requests.count(SIGN_IN) == 2
    renew_idle_sessions(rd.database)
    assert len(rd.errands()) == 2


def test_access_that_was_taken_away_is_told_of_until_it_is_given_anew(
    rd: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    talk(rd, 1)
    rd.stub.book.access.clear()
    rd.stub.book.refresh_token = "given-to-another"

    talk(rd, 2)
    rd.deliver_at_last()
    rd.deliver_at_last()
    path = f"/api/v1/crm-connectors/{rd.id}"
    refused = rd.caller.get("/api/v1/crm-connectors").json["crm_connectors"][0]["refused_at"]
    anew = {"credentials": {"refresh_token": "given-to-another"}}
    assert rd.caller.patch(path, anew).json["refused_at"] is None
    rd.deliver_at_last()

    told = [it for it in caplog.records if "crm_token_refused" in it.getMessage()]
    assert refused is not None
    assert [it.levelname for it in told] == ["ERROR"]
    assert {it["state"] for it in rd.errands()} == {"sent"}
    assert len(rd.read("select id from crm_records where external_id is not null")) == 2


def test_a_crm_that_lets_us_in_again_is_no_more_said_to_refuse_us(rd: Connection) -> None:
    talk(rd, 1)
    book = rd.stub.book
    kept, book.refresh_token = book.refresh_token, "out of order"
    book.access.clear()
    talk(rd, 2)
    rd.deliver_at_last()
    listed = rd.caller.get("/api/v1/crm-connectors").json["crm_connectors"]
    assert listed[0]["refused_at"] is not None

    book.refresh_token = kept
    rd.deliver_at_last()

    assert rd.errands()[1]["state"] == "sent"
    listed = rd.caller.get("/api/v1/crm-connectors").json["crm_connectors"]
    assert listed[0]["refused_at"] is None


def test_who_finds_another_at_the_door_waits_and_uses_up_no_attempt(rd: Connection) -> None:
    busy = "update crm_connectors set signing_in_until = clock_timestamp() + interval '9 seconds'"
    rd.do(lambda uow: uow.run(busy))

    talk(rd, 1)

    (errand,) = rd.errands()
    assert (errand["failure"], errand["attempts"]) == ("rate_limited", 0)
    assert SIGN_IN not in rd.stub.requests


def change(rd: Connection, **said: Any) -> None:
    rd.do(
        lambda uow: change_connector(uow, LOOPBACK, rd.id, ConnectorChange(**said), keyring=KEYRING)
    )


def test_a_rename_meanwhile_loses_no_session(
    rd: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = []

    def sign_in(_calls: Calls, _credentials: Mapping[str, str], refresh_token: str) -> Session:
        spent.append(refresh_token)
        change(rd, name="Vendas")
        return Session("access", "next", seconds=1)  # soon over: the next one signs in again

    monkeypatch.setitem(SIGNED_IN_AT, "rd_station", sign_in)  # type: ignore[arg-type]
    signed_in = SignIn(rd.database, LOOPBACK, Hosts(), KEYRING)
    for _ in range(2):
        signed_in(rd.do(lambda uow: account_of(uow, rd.id, keyring=KEYRING)))

    assert spent == [CREDENTIALS["refresh_token"], "next"]


def test_the_session_of_a_former_account_is_not_kept_in_the_turn_of_the_next(
    rd: Connection,
) -> None:
    def run(sql: str, **more: Any) -> Any:
        (kept,) = rd.read("select id, workspace_id, credentials_encrypted from crm_connectors")
        key = {**kept, "credentials": kept["credentials_encrypted"], **more}
        return rd.do(lambda uow: uow.run(sql, key))

    times = {"lease": timedelta(seconds=30), "margin": timedelta(0)}
    former = run(statements.BEGIN_SIGN_IN, **times).mappings().one()["turn"]
    change(rd, credentials={"refresh_token": "of-another-account"})
    turn = run(statements.BEGIN_SIGN_IN, **times).mappings().one()["turn"]
    session = {"session": b"session", "seconds": timedelta(hours=2)}

    assert run(statements.GIVE_SIGN_IN_UP, turn=former).rowcount == 0
    assert run(statements.KEEP_SESSION, turn=former, **session).rowcount == 0
    assert run(statements.KEEP_SESSION, turn=turn, **session).rowcount == 1
