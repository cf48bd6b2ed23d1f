"""A call's way over the routes that its two browsers use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from callers import Caller
from factories import rows
from flask.testing import FlaskClient
from pydantic import SecretStr

from talkhub.blueprints import calls as desk
from talkhub.errors import Unavailable
from talkhub.services.calling import calls
from talkhub.services.calling.call_pages import CallPage, set_call_page
from talkhub.services.people.consents import Purpose, add_text
from talkhub.store.uow import Database, UnitOfWork

Inside = Callable[[], AbstractContextManager[UnitOfWork]]
MESSAGES = "select jsonb_array_elements(messages) as said from conversations"


@pytest.fixture
def is_silent(intruder: Callable[..., None]) -> Callable[[str], None]:
    """Let a side have been silent for half a minute."""

    def be_silent(side: str) -> None:
        intruder(
            f"update calls set {side}_seen_at = {side}_seen_at - interval '30 seconds'"
            " where workspace_id = %(workspace_id)s"
        )

    return be_silent


def ended(database: Database, workspace: int) -> tuple[Any, Any, Any]:
    """Return how the workspace's only call ended, and by whom; and when it counts as ended."""
    (row,) = rows(database, workspace, "select outcome, ended_by, ended_at from calls")
    return row["outcome"], row["ended_by"], row["ended_at"]


def said(database: Database, workspace: int) -> list[tuple[str, str, str]]:
    found = [row["said"] for row in rows(database, workspace, MESSAGES)]
    return [(it["role"], it["kind"], it["content"]) for it in found]


def test_the_page_may_listen_and_only_the_named_sites_embed_it(
    client: FlaskClient, door: CallPage
) -> None:
    response = client.get(f"/calls/{door.page_key}?lang=en")

    policy = response.headers["Content-Security-Policy"]
    assert response.status_code == 200, response.text
    assert "frame-ancestors 'self' https://loja.example" in policy
    assert "script-src 'self';" in policy
    assert "X-Frame-Options" not in response.headers
    assert "microphone=(self)" in response.headers["Permissions-Policy"]
    assert "Call now" in response.text


def test_a_call_is_told_in_its_conversation(
    ring, pick_up, ana: FlaskClient, database: Database, workspace: int
) -> None:
    caller = ring(name="Rita")
    agent = pick_up(caller)
    sent = caller.post("/signal", {"kind": "offer", "body": '{"sdp": "v=0"}'})
    (heard,) = agent.news(is_connected=True)["signals"]
    agent.post("/end")

    last = caller.news()
    page = ana.get("/dashboard/calls").text

    assert sent.status_code == 204
    assert (heard["kind"], heard["body"]) == ("offer", '{"sdp": "v=0"}')
    assert (last["state"], last["outcome"], last["signals"]) == ("ended", "answered", [])
    assert ended(database, workspace)[:2] == ("answered", "agent")
    assert said(database, workspace) == [
        ("user", "call", ""),
        ("agent", "call", ""),
        ("system", "call", "Chamada encerrada: 0 min 0 s."),
    ]
    assert "Rita" in page
    assert "Atendida" in page
    assert rows(database, workspace, "select 1 as one from call_signals") == []


@pytest.mark.parametrize("role", ["api", "dashboard"])
def test_each_side_is_answered_at_the_address_of_its_page(
    ring, shared_client: Callable[..., FlaskClient], role: str
) -> None:
    there = replace(ring(), client=shared_client(role=role))

    assert there.news()["state"] == "ringing"


def test_a_relay_is_for_calls_that_somebody_answered(
    ring, pick_up, shared_client: Callable[..., FlaskClient]
) -> None:
    with_relay = shared_client(
        turn_urls=("turn:relay.example:3478",), turn_secret=SecretStr("north-of-the-relay")
    )
    caller = replace(ring(), client=with_relay)
    before = caller.news()
    agent = replace(pick_up(caller), client=with_relay)
    meanwhile = [side.news()["rtc"]["iceServers"][0]["username"] for side in (caller, agent)]
    agent.post("/end")

    assert "rtc" not in before
    assert [name.rpartition("-")[2] for name in meanwhile] == ["caller", "agent"]
    assert "rtc" not in caller.news()


def test_browsers_that_never_met_had_no_call(
    ring, pick_up, database: Database, workspace: int
) -> None:
    caller = ring()
    pick_up(caller)
    caller.post("/end")

    assert ended(database, workspace)[:2] == ("failed", "caller")


def test_a_declined_call_is_over_for_the_caller_and_for_every_agent(
    ring, ana: FlaskClient, database: Database, workspace: int
) -> None:
    caller = ring()
    ana.post(f"/dashboard/calls/{caller.call_id}/decline")

    late = ana.post(f"/dashboard/calls/{caller.call_id}/answer")

    assert caller.news()["outcome"] == "declined"
    assert late.status_code == 409
    assert said(database, workspace)[-1] == ("system", "call", "Chamada recusada.")


def test_an_answered_call_ends_when_the_other_side_is_silent(
    ring, pick_up, is_silent, database: Database, workspace: int
) -> None:
    caller = ring()
    agent = pick_up(caller)
    agent.news(is_connected=True)
    is_silent("caller")

    news = agent.news(is_connected=True)

    assert (news["state"], news["outcome"]) == ("ended", "answered")
    assert ended(database, workspace)[:2] == ("answered", "silence")


def test_what_both_sides_left_the_schedule_ends_when_the_last_was_heard_of(
    ring, is_silent, database: Database, workspace: int
) -> None:
    ring()
    is_silent("caller")
    calls.end_lost_calls(database)

    outcome, ended_by, ended_at = ended(database, workspace)
    (row,) = rows(database, workspace, "select started_at, caller_seen_at from calls")
    assert (outcome, ended_by) == ("missed", "silence")
    assert ended_at == max(row["started_at"], row["caller_seen_at"])


def test_the_token_of_a_call_that_ended_is_the_last(
    ring, ana: FlaskClient, intruder: Callable[..., None]
) -> None:
    caller = ring()
    while_it_rings = caller.news()
    ana.post(f"/dashboard/calls/{caller.call_id}/decline")
    last = caller.news()
    intruder(
        "update calls set ended_at = ended_at - interval '2 minutes'"
        " where workspace_id = %(workspace_id)s"
    )

    assert "token" in while_it_rings
    assert "token" not in last
    assert caller.post().status_code == 404


def test_an_agent_who_left_the_workspace_takes_part_no_longer(
    ring, pick_up, intruder: Callable[..., None]
) -> None:
    agent = pick_up(ring())
    before = agent.post().status_code

    intruder("delete from memberships where workspace_id = %(workspace_id)s")

    assert (before, agent.post().status_code) == (200, 401)


def test_many_addresses_of_a_network_call_no_more_than_one_may(
    client: FlaskClient, door: CallPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "CALLS_OF_NETWORK", 1)
    path = f"/api/v1/call-pages/{door.page_key}/calls"

    def call_from(address: str) -> int:
        return client.post(path, json={}, environ_base={"REMOTE_ADDR": address}).status_code

    asked = [call_from(f"{site}::7") for site in ("2001:db8:1:1", "2001:db8:1:2", "2001:db8:2:1")]
    assert asked == [201, 429, 201]


def test_callers_without_a_ticket_are_so_many_an_hour(
    client: FlaskClient, door: CallPage, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "UNSIGNED_CALLS", 1)
    path = f"/api/v1/call-pages/{door.page_key}/calls"
    ticket = caller.post("/api/v1/call-tickets", {"user_id": "u-rita"}).json["ticket"]
    wrong_key = f"/api/v1/call-pages/{caller.workspace_id}-aaaaaaaaaaaaaaaa/calls"

    guessed = client.post(wrong_key, json={}).status_code
    asked = [client.post(path, json=it).status_code for it in ({}, {}, {"ticket": ticket})]

    assert (guessed, asked) == (404, [201, 429, 201])


def test_who_begins_a_call_waits_for_who_counts(door: CallPage, inside: Inside) -> None:
    with inside() as counting, inside() as late:
        calls.begin_call(counting, ticket=None, name=None, recording=None)
        late.run("set local lock_timeout = '20ms'")
        with pytest.raises(Unavailable):
            calls.begin_call(late, ticket=None, name=None, recording=None)


def test_what_rang_out_is_missed(
    ring, monkeypatch: pytest.MonkeyPatch, database: Database, workspace: int
) -> None:
    monkeypatch.setattr(calls, "RINGS_FOR", timedelta(0))
    caller = ring()

    assert caller.news()["outcome"] == "missed"
    assert ended(database, workspace)[:2] == ("missed", "time")


def test_a_token_is_for_one_side_of_one_call(ring, pick_up, client: FlaskClient) -> None:
    one, other = ring(), ring()
    agent = pick_up(one)
    one.post("/signal", {"kind": "candidate", "body": "{}"})
    path, headers = (
        f"/api/v1/calls/{other.call_id}",
        {"Authorization": f"Bearer {agent.token}"},
    )

    assert client.post(path, json={}, headers=headers).status_code == 401
    assert client.post(path, json={}).status_code == 401
    assert one.news()["signals"] == []  # its own
    assert len(agent.news()["signals"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "shout", "body": "{}"}, 422),
        ({"kind": "offer", "body": ""}, 422),
        ({"kind": "offer", "body": "x" * 12_001}, 422),
        ({"kind": "offer", "body": "x" * 20_000}, 413),
        ({"kind": "offer", "body": "{}"}, 409),
    ],
    ids=["unknown", "empty", "long", "too large", "before the answer"],
)
def test_what_is_no_signal_is_refused(ring, body: dict[str, str], status: int) -> None:
    assert ring().post("/signal", body).status_code == status


def test_what_a_caller_said_to_being_recorded_is_their_consent(
    ring, pick_up, inside: Inside, database: Database, workspace: int
) -> None:
    with inside() as uow:
        version = add_text(uow, Purpose.RECORDING, "Gravamos as chamadas.")
    pick_up(ring(recording={"agrees": False, "version": version}))

    (given,) = rows(database, workspace, "select purpose, is_given, channel from consents")
    (kept,) = rows(database, workspace, "select metadata -> 'call' as call from conversations")
    assert given == {"purpose": "recording", "is_given": False, "channel": "call"}
    assert kept["call"]["agrees_to_recording"] is False


def test_nobody_skips_the_question_of_recording(
    client: FlaskClient, door: CallPage, inside: Inside
) -> None:
    with inside() as uow:
        add_text(uow, Purpose.RECORDING, "Gravamos as chamadas.")

    asked = client.post(f"/api/v1/call-pages/{door.page_key}/calls", json={"recording": None})

    assert asked.status_code == 422
    assert asked.json["errors"][0]["code"] == "recording_missing"


def test_the_page_asks_with_the_newest_wording(
    client: FlaskClient, door: CallPage, inside: Inside
) -> None:
    with inside() as uow:
        add_text(uow, Purpose.RECORDING, "Gravamos as chamadas.")

    assert "Gravamos as chamadas." in client.get(f"/calls/{door.page_key}").text


def test_nobody_calls_a_page_that_is_closed_or_unknown(
    client: FlaskClient, door: CallPage, inside: Inside
) -> None:
    with inside() as uow:
        set_call_page(uow, is_open=False, origins=[])
    keys = [door.page_key, "0-aaaaaaaaaaaaaaaa", "none", f"{10**18}-aaaaaaaaaaaaaaaa"]

    asked = [client.post(f"/api/v1/call-pages/{key}/calls", json={}).status_code for key in keys]

    assert asked == [404, 404, 404, 404]
    assert client.get(f"/calls/{door.page_key}").status_code == 404


def test_a_foreign_page_cannot_let_a_visitor_call(client: FlaskClient, door: CallPage) -> None:
    path, headers = f"/api/v1/call-pages/{door.page_key}/calls", {"Sec-Fetch-Site": "cross-site"}

    assert client.post(path, json={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://loja.example",
        "https://loja.example/page",
        "https://*",
        "https://a b.example",
        "loja",
    ],
)
def test_what_is_no_site_may_not_embed_the_page(ana: FlaskClient, origin: str) -> None:
    form = {"is_open": "yes", "origins": f"{origin}\nhttps://loja.example"}

    assert ana.post("/dashboard/calls/page", data=form).status_code == 422
