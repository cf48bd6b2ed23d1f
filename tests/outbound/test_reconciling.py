"""Reconciliation with UChat: gaps are filled, nothing is doubled, and UChat is left in peace."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from factories import KEYRING, rows
from flask.testing import FlaskClient
from https_host import Behaviour, Host, answering
from providers import Door

from talkhub import clock
from talkhub.jobs import context, handlers
from talkhub.jobs.schedule import reconcile_uchat
from talkhub.names import Platform
from talkhub.outbound.uchat import UChat
from talkhub.services.sending.channel_setup import (
    AddedChannel,
    ChannelLine,
    add_channel,
    list_channels,
)
from talkhub.services.sending.reconciling import CALLS_A_ROUND, Reconciler
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.inbox_writer import InboxWriter
from talkhub.store.uow import Database, system_scope, workspace_scope

PERSON = "f190385u12345678"
API_KEY = "uchat-key-of-the-tests"
TRANSCRIPT = """
select said ->> 'role' as role, said ->> 'content' as content
from conversations, jsonb_array_elements(messages) as said
order by started_at, conversations.id, (said ->> 'timestamp')::timestamptz
"""


@dataclass
class Account:
    """A UChat account whose interface is a host of the test."""

    added: AddedChannel
    workspace_id: int
    database: Database
    door: Door
    drain: Callable[[], None]

    def push(self, text: str, *, at: int, person: str = PERSON, kind: str = "in") -> None:
        """Deliver what the live chat pushes."""
        message = {"mid": f"wamid.{text}.{at}", "type": kind, "msg_type": "text", "ts": at}
        message |= {"content": text, "payload": {"text": text}}
        assert self.door.post({"meta": {"user_ns": person}, "message": message}).json == {
            "accepted": 1,
            "duplicates": 0,
        }
        self.drain()

    def request(self, text: str) -> None:
        """Deliver what a flow pushes: without an id, without a time."""
        assert self.door.post({"user_ns": PERSON, "message": text}).status_code == 200
        self.drain()

    def reconcile(self, host: Host) -> int:
        """Do a round, however short ago the last one was."""
        with self.database.unit_of_work(system_scope("tests")) as uow:
            uow.run("update reconciliations set due_at = now() + interval '1 hour'")
            own = "update reconciliations set due_at = now() where channel_id = %(id)s"
            uow.run(own, {"id": self.added.id})
            rested = "update reconciled_people set tried_at = tried_at - interval '1 hour'"
            uow.run(rested)
        calls = self.round(host)
        self.drain()
        return calls

    def round(self, host: Host) -> int:
        interface = UChat(host.client(), host.url("", name="client.example"))
        return Reconciler(self.database, InboxWriter(self.database), interface, KEYRING).run()

    def said(self) -> list[str]:
        found = rows(self.database, self.workspace_id, TRANSCRIPT)
        return [f"{row['role']}: {row['content']}" for row in found]

    def line(self) -> ChannelLine:
        with self.database.read_only(workspace_scope(self.workspace_id, "tests")) as uow:
            return next(line for line in list_channels(uow) if line.id == self.added.id)

    def rest(self) -> timedelta:
        """How long the account is left alone."""
        sql = "select due_at - now() as rest from reconciliations where channel_id = %(id)s"
        rest: timedelta = rows(self.database, self.workspace_id, sql, id=self.added.id)[0]["rest"]
        return rest


@pytest.fixture
def account(
    database: Database, workspace: int, client: FlaskClient, drain: Callable[[], None]
) -> Account:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run("update channels set state = 'removed' where kind = 'uchat'")  # of other tests
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        credentials = {"api_key": API_KEY}
        added = add_channel(
            uow, kind="uchat", name="Fluxo", keyring=KEYRING, credentials=credentials
        )
    door = Door(client, Platform.UCHAT, added.path, added.secret)
    return Account(added, workspace, database, door, drain)


def ago(**period: int) -> int:
    return int((clock.now() - timedelta(**period)).timestamp())


def message(number: int, text: str, *, at: int, kind: str = "in") -> dict[str, Any]:
    """Return a message as UChat's interface tells it."""
    said = {"content": text, "payload": {"text": text}, "sender_id": "5511999990001"}
    return {"id": number, "type": kind, "msg_type": "text", "ts": at, **said}


@pytest.fixture
def uchat(host: Callable[[Behaviour], Host]) -> Callable[..., Host]:
    """Start an interface that knows these messages and answers as UChat does."""

    def start(*messages: dict[str, Any], newest_first: bool = True) -> Host:
        hosts: list[Host] = []

        def answer(connection: socket.socket) -> None:
            asked = hosts[0].requests[-1]
            since, until = (int(re.search(rf"{n}_time=(\d+)", asked)[1]) for n in ("start", "end"))
            found = [each for each in messages if since <= each["ts"] <= until]
            found.sort(key=lambda each: each["ts"], reverse=newest_first)
            answering(json.dumps({"data": found[:100]}).encode())(connection)

        hosts.append(host(answer))
        return hosts[0]

    return start


def test_what_was_never_pushed_is_fetched_with_the_answers_to_it(account, uchat) -> None:
    asked = ago(minutes=9)
    account.push("Quero saber do pedido", at=asked)

    account.reconcile(
        uchat(
            message(1, "Quero saber do pedido", at=asked),
            message(2, "Um momento", at=asked + 3, kind="out"),
            message(3, "É o 1234", at=asked + 60),
            message(4, "Oi, aqui é a Ana", at=asked + 90, kind="agent"),
        )
    )

    assert account.said() == [
        "user: Quero saber do pedido",
        "bot: Um momento",
        "user: É o 1234",
        "agent: Oi, aqui é a Ana",
    ]
    assert account.line().gaps_filled == 3


def test_a_flows_request_without_an_id_is_known_by_its_text_and_time(account, uchat) -> None:
    account.request("Qual o  prazo?")

    account.reconcile(uchat(message(1, "Qual o prazo?", at=ago(minutes=2))))

    assert account.said() == ["user: Qual o  prazo?"]
    assert account.line().gaps_filled == 0


def test_a_text_said_twice_and_pushed_once_is_there_twice(account, uchat) -> None:
    first = ago(minutes=4)
    account.push("sim", at=first + 60)

    for _ in range(2):
        account.reconcile(uchat(message(1, "sim", at=first), message(2, "sim", at=first + 60)))

    sql = """
    select (said ->> 'timestamp')::timestamptz as at
    from conversations, jsonb_array_elements(messages) as said order by 1
    """
    times = [
        int(row["at"].timestamp()) for row in rows(account.database, account.workspace_id, sql)
    ]
    assert times == [first, first + 60]


def test_an_event_that_comes_after_it_was_pulled_is_no_second_message(account, uchat) -> None:
    said = ago(minutes=3)
    account.push("oi", at=said)
    account.reconcile(uchat(message(1, "oi", at=said), message(2, "alô?", at=said + 20)))

    account.push("alô?", at=said + 20)
    account.push("alô?", at=said + 40)

    assert account.said() == ["user: oi", "user: alô?", "user: alô?"]


def test_what_is_pushed_and_pulled_in_one_batch_is_one_message(account, uchat, client) -> None:
    said = ago(minutes=3)
    account.push("oi", at=said)
    account.drain = lambda: None
    account.push("tudo bem?", at=said + 5)
    account.reconcile(uchat(message(1, "oi", at=said), message(2, "tudo bem?", at=said + 5)))
    handlers.drain_inbox()

    assert account.said() == ["user: oi", "user: tudo bem?"]


def test_a_gap_in_a_session_that_fell_silent_is_filled_there(account, uchat) -> None:
    said = ago(hours=5)
    account.push("oi", at=said)
    account.push("obrigado", at=said + 120)
    with account.database.unit_of_work(workspace_scope(account.workspace_id, "tests")) as uow:
        uow.run(
            "update chat_sessions set status = 'completed', close_reason = 'idle',"
            " closed_at = now()"
        )

    account.reconcile(uchat(message(7, "qual o preço?", at=said + 60)))

    assert account.said() == ["user: oi", "user: qual o preço?", "user: obrigado"]
    sql = "select count(*) as n from chat_sessions"
    assert rows(account.database, account.workspace_id, sql) == [{"n": 1}]


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_chat_of_several_pages_is_read_to_its_end(account, uchat, *, newest_first) -> None:
    start = ago(hours=2)
    account.push("0", at=start)

    chat = [message(n, str(n), at=start + n * 7) for n in range(250)]
    account.reconcile(uchat(*chat, newest_first=newest_first))

    assert account.said() == [f"user: {n}" for n in range(250)]


def test_the_next_question_begins_shortly_before_the_last_answer(account, uchat) -> None:
    account.push("oi", at=ago(hours=3))
    host = uchat()

    for _ in range(2):
        account.reconcile(host)

    starts = [int(re.search(r"start_time=(\d+)", asked)[1]) for asked in host.requests]
    assert starts[0] <= ago(hours=23)
    assert starts[1] >= ago(minutes=12)
    assert f"user_ns={PERSON}&include_bot=1" in host.requests[0]
    assert f"Authorization: Bearer {API_KEY}" in host.requests[0]


def test_a_person_is_asked_for_at_their_turn_and_no_round_takes_too_many_calls(
    account, uchat
) -> None:
    people = [f"f1u{n}" for n in range(CALLS_A_ROUND + 3)]
    for person in people:
        account.push("oi", at=ago(minutes=20), person=person)
    host = uchat()

    calls = [account.reconcile(host), account.reconcile(host)]

    asked = [re.search(r"user_ns=(\w+)", request)[1] for request in host.requests]
    assert calls == [CALLS_A_ROUND, CALLS_A_ROUND]
    assert set(asked[: CALLS_A_ROUND + 3]) == set(people)


def test_who_was_not_heard_of_for_a_day_is_not_asked_for(account, uchat) -> None:
    account.push("oi", at=ago(hours=25))

    assert account.reconcile(uchat()) == 0


def test_two_schedulers_do_not_do_one_account_twice(account, uchat) -> None:
    account.push("oi", at=ago(minutes=1))
    host = uchat()
    account.reconcile(host)

    assert account.round(host) == 0


@pytest.mark.parametrize(
    ("behave", "trouble", "rest"),
    [
        (
            answering(b"{}", status="429 Too Many Requests", headers=("Retry-After: 1234",)),
            "rate_limited",
            1234,
        ),
        (answering(b"{}", status="429 Too Many Requests"), "rate_limited", 300),
        (answering(b"oops", status="500 Internal Server Error"), "unreachable", 300),
        (answering(b"", status="302 Found", headers=("Location: /",)), "unreachable", 300),
        (answering(b"{}", status="401 Unauthorized"), "key_refused", 3600),
        (answering(b"<html>"), "unreadable", 300),
        (answering(b'{"data": "none"}'), "unreadable", 300),
        (answering(b'{"data": [' + b" " * 3_000_000 + b"]}"), "unreachable", 300),
        (lambda _connection: None, "unreachable", 300),
        (answering(b'{"status": "error", "message": "f1u1 of Ana"}'), "refused", 50),
        (answering(b'{"message": "no"}', status="400 Bad Request"), "refused", 50),
    ],
    ids=[
        "429",
        "429 without a time",
        "500",
        "a redirect",
        "401",
        "no JSON",
        "no list",
        "too much",
        "hangs up",
        "200 with an error",
        "400",
    ],
)
def test_an_interface_that_misbehaves_is_left_alone_and_named(
    account, host, behave, trouble, rest
) -> None:
    for person in ("f1u1", "f1u2"):
        account.push("oi", at=ago(minutes=1), person=person)

    calls = account.reconcile(host(behave))

    assert account.line().trouble == trouble
    assert abs(account.rest().total_seconds() - rest) < 20
    assert calls == (2 if trouble == "refused" else 1)
    assert account.said() == ["user: oi", "user: oi"]


def test_few_requests_left_are_left_to_others(account, host) -> None:
    for person in ("f1u1", "f1u2"):
        account.push("oi", at=ago(minutes=1), person=person)
    spent = answering(b'{"data": []}', headers=("X-RateLimit-Remaining: 42",))

    assert account.reconcile(host(spent)) == 1

    assert account.line().trouble is None
    assert account.rest() > timedelta(minutes=4)


def test_after_a_failure_nothing_is_passed_over(account, host, uchat) -> None:
    said = ago(minutes=30)
    account.push("oi", at=said)
    account.reconcile(host(answering(b"oops", status="502 Bad Gateway")))

    account.reconcile(uchat(message(2, "alguém?", at=said + 60)))

    assert account.said() == ["user: oi", "user: alguém?"]
    assert account.line().trouble is None


def test_messages_in_odd_shapes_harm_no_others(account, host) -> None:
    said = ago(minutes=5)
    account.push("oi", at=said)
    odd = [None, 7, {}, {"id": None, "type": []}, {"id": 5, "type": "note", "content": "x"}]
    image = {"id": 8, "type": "in", "msg_type": "image", "ts": said + 9, "content": None}
    image["payload"] = {"url": "https://media.example/1.jpg", "text": "a\0b"}
    body = json.dumps({"data": [*odd, image, message(9, "bom dia", at=said + 30)]}).encode()

    account.reconcile(host(answering(body)))

    assert account.said() == ["user: oi", "user: a\ufffdb", "user: bom dia"]
    dead = "select count(*) as n from inbound_events where state not in ('done', 'ignored')"
    assert rows(account.database, account.workspace_id, dead) == [{"n": 0}]


def test_the_schedule_asks_at_the_address_of_the_settings(
    account, host, settings, monkeypatch
) -> None:
    account.push("oi", at=ago(minutes=1))
    answer = answering(json.dumps({"data": [message(1, "alô", at=ago(seconds=30))]}).encode())
    interface = host(answer, is_plain=True)
    told = {
        "uchat_url": interface.url("", name="localhost").replace("https", "http"),
        "webhooks_reach_loopback": True,
    }
    changed = settings.model_copy(update=told)
    worker = context.WorkerContext(
        changed, account.database, HashingKeys(account.database, KEYRING), lambda: False
    )
    monkeypatch.setattr(context, "_context", worker)

    reconcile_uchat(account.database)

    handlers.drain_inbox()
    assert account.said() == ["user: oi", "user: alô"]


def test_the_same_words_in_two_accounts_are_two_messages(account, uchat, client) -> None:
    said = ago(minutes=3)
    account.push("oi", at=said)
    with account.database.unit_of_work(workspace_scope(account.workspace_id, "tests")) as uow:
        other = add_channel(uow, kind="uchat", name="Outro fluxo", keyring=KEYRING)
    door = Door(client, Platform.UCHAT, other.path, other.secret)
    door.post({"user_ns": PERSON, "message": "bom dia"})
    account.drain()

    account.reconcile(uchat(message(1, "oi", at=said), message(2, "bom dia", at=ago(minutes=1))))

    assert account.said().count("user: bom dia") == 2


def test_what_a_caller_saved_is_not_pulled_a_second_time(account, uchat, caller) -> None:
    said = ago(minutes=20)
    account.push("oi", at=said)
    stamp = (clock.now() - timedelta(minutes=19)).isoformat()
    answer = {"role": "assistant", "content": "Olá!", "timestamp": stamp}
    body = {"session_id": "s1", "user_id": PERSON, "messages": [answer]}
    caller.tool("save_conversation", body)

    account.reconcile(
        uchat(message(1, "oi", at=said), message(2, "Olá!", at=said + 60, kind="out"))
    )

    assert sorted(account.said()) == ["bot: Olá!", "user: oi"]
