"""Delivery: what receivers get, what is made of their answers, and who waits for whom."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from factories import KEYRING
from https_host import Behaviour, Host, answering
from outboxes import Outbox, over_tls, plain_url, received, verified
from receivers import drip, never_answer, pour, reset
from servers import ROOT
from waiting import wait_until

from talkhub import clock
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.telling import delivering, webhooks
from talkhub.services.telling.delivering import BACKOFF, MAX_ATTEMPTS, wait_after
from talkhub.settings import environment_of_child
from talkhub.store.statements.outbox import CLAIM_MESSAGES
from talkhub.store.uow import system_scope

Start = Callable[..., Host]
MUST_BE_REFUSED = json.loads(
    (Path(__file__).parents[1] / "outbound/must_be_refused.json").read_text()
)
OK = answering(b"")
GO = "update outbound_messages set due_at = clock_timestamp(), lease_until = null"
LATER = "extract(epoch from due_at - clock_timestamp()) as wait"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait half a second for a receiver, not ten."""
    monkeypatch.setattr(delivering, "CALL_SECONDS", 0.5)


def test_a_delivery_is_what_standard_webhooks_asks_for(host: Start, outbox: Outbox) -> None:
    there = host(OK)
    client = over_tls(there)
    endpoint = outbox.endpoint(there.url("/hook"))
    outbox.test(endpoint)

    outbox.courier(client).drain()

    body = verified(endpoint, there)
    headers, _ = received(there)
    assert there.requests[0].startswith("POST /hook HTTP/1.1\r\n")
    assert headers["webhook-id"] == body["id"]
    assert headers["content-type"] == "application/json"
    assert (body["type"], body["data"]) == ("webhook.test", {"endpoint_id": endpoint.endpoint_id})
    assert outbox.messages("state, attempts, last_error") == [
        {"state": "sent", "attempts": 1, "last_error": None}
    ]
    assert outbox.attempts() == [{"status_code": 200, "error": None}]


def test_two_secrets_sign_while_receivers_go_over_to_the_new_one(
    host: Start, outbox: Outbox
) -> None:
    there = host(OK, is_plain=True)
    old = outbox.endpoint(plain_url(there))
    new = outbox.do(lambda uow: webhooks.rotate_secret(uow, old.endpoint_id, keyring=KEYRING))
    outbox.test(new)
    outbox.courier().drain()

    assert verified(old, there) == verified(new, there)

    outbox.set("update webhook_endpoints set rotated_at = rotated_at - interval '25 hours'")
    outbox.test(new)
    outbox.courier().drain()

    assert verified(new, there, 1)["type"] == "webhook.test"
    assert " " not in received(there, 1)[0]["webhook-signature"]


@pytest.mark.parametrize("behave", [never_answer, drip, reset, answering(b"no", status="500 Oops")])
def test_a_failed_delivery_waits_and_comes_again_with_its_id(
    host: Start, outbox: Outbox, impatient: None, behave: Behaviour
) -> None:
    there = host(behave, is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier().drain()

    (message,) = outbox.messages(f"state, attempts, last_error, {LATER}")
    assert (message["state"], message["attempts"]) == ("pending", 1)
    assert message["last_error"]
    assert 3 < message["wait"] < 6

    outbox.set(GO)
    outbox.courier().drain()

    assert received(there, 0)[0]["webhook-id"] == received(there, 1)[0]["webhook-id"]
    assert 200 < outbox.messages(LATER)[0]["wait"] < 340


def test_the_log_tells_what_a_receiver_said(host: Start, outbox: Outbox) -> None:
    there = host(answering(b"out of\x00order " + b"x" * 9000, status="503 No"), is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier().drain()

    (attempt,) = outbox.attempts()
    assert attempt["status_code"] == 503
    assert attempt["error"].startswith("HTTP 503 out of order xxx")
    assert len(attempt["error"]) < 250


def test_of_an_endless_answer_the_status_counts(host: Start, outbox: Outbox) -> None:
    there = host(pour, is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier().drain()

    assert outbox.messages("state") == [{"state": "sent"}]


def test_a_redirect_is_a_failure_and_leads_nowhere(host: Start, outbox: Outbox) -> None:
    inside = host(OK, is_plain=True)
    there = host(
        answering(b"", status="302 Found", headers=(f"Location: {plain_url(inside)}",)),
        is_plain=True,
    )
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier().drain()

    assert outbox.attempts() == [{"status_code": 302, "error": "HTTP 302"}]
    assert inside.requests == []


def test_who_asks_for_time_gets_it(host: Start, outbox: Outbox) -> None:
    busy = answering(b"", status="429 Slow down", headers=("Retry-After: 900",))
    there = host(busy, is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    outbox.test(endpoint)
    outbox.courier().drain()

    outbox.test(endpoint)
    assert outbox.courier().drain() == 0  # the endpoint as a whole is left alone

    assert 800 < outbox.messages(LATER)[0]["wait"] <= 900


def test_a_date_to_come_back_after_is_understood_too(host: Start, outbox: Outbox) -> None:
    when = (clock.now() + timedelta(minutes=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    there = host(
        answering(b"", status="503 Later", headers=(f"Retry-After: {when}",)), is_plain=True
    )
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier().drain()

    assert 1700 < outbox.messages(LATER)[0]["wait"] <= 1800


def test_who_is_gone_is_not_called_again(host: Start, outbox: Outbox) -> None:
    there = host(answering(b"", status="410 Gone"), is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    outbox.test(endpoint)

    outbox.courier().drain()

    state = "select state, disabled_reason from webhook_endpoints"
    assert outbox.read(state) == [{"state": "disabled", "disabled_reason": "gone"}]
    assert outbox.messages("state") == [{"state": "dead"}]
    actions = "select action from audit_entries order by id"
    assert outbox.read(actions)[-1] == {"action": "webhook_endpoint.disabled.gone"}


def test_after_five_days_of_failures_an_endpoint_is_disabled(host: Start, outbox: Outbox) -> None:
    there = host(answering(b"", status="500 Oops"), is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    outbox.test(endpoint)
    outbox.courier().drain()
    outbox.set("update webhook_endpoints set failing_since = failing_since - interval '5 days'")
    outbox.set(GO)
    outbox.test(endpoint)

    outbox.courier().drain()

    state = "select state, disabled_reason from webhook_endpoints"
    assert outbox.read(state) == [{"state": "disabled", "disabled_reason": "failing"}]
    reason = "The endpoint failed for five days and was disabled."
    assert outbox.messages("state, last_error")[0] == {"state": "dead", "last_error": reason}
    assert {message["state"] for message in outbox.messages("state")} == {"dead"}


def test_a_success_makes_the_failures_forgotten(host: Start, outbox: Outbox) -> None:
    answers = iter([answering(b"", status="500 Oops"), OK])
    there = host(lambda wire: next(answers)(wire), is_plain=True)  # noqa: PLW0108 -- a new one
    outbox.test(outbox.endpoint(plain_url(there)))
    outbox.courier().drain()
    outbox.set(GO)
    outbox.courier().drain()

    fares = "select failures, failing_since, paused_until from webhook_endpoints"
    assert outbox.read(fares) == [{"failures": 0, "failing_since": None, "paused_until": None}]


def test_after_five_failures_in_a_row_one_message_tries_whether_the_endpoint_is_back(
    host: Start, outbox: Outbox
) -> None:
    there = host(answering(b"", status="500 Oops"), is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    for _ in range(12):
        outbox.test(endpoint)

    outbox.courier().drain()
    tried = len(there.requests)
    outbox.set("update webhook_endpoints set paused_until = clock_timestamp()")
    outbox.courier().drain()

    assert 5 <= tried <= 8  # those that were under way together with the fifth
    assert len(there.requests) == tried + 1


def test_a_message_is_given_up_after_its_last_attempt(host: Start, outbox: Outbox) -> None:
    there = host(answering(b"", status="500 Oops"), is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))
    outbox.set(f"update outbound_messages set attempts = {MAX_ATTEMPTS - 1}")

    outbox.courier().drain()

    assert outbox.messages("state, last_error") == [{"state": "dead", "last_error": "HTTP 500"}]


def test_the_waits_take_three_days_and_are_not_the_same_for_all() -> None:
    waits = [wait_after(attempts, timedelta(0)) for attempts in range(1, MAX_ATTEMPTS)]

    assert timedelta(hours=68) < sum(waits, timedelta(0)) < timedelta(hours=84)
    assert sum(BACKOFF, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)
    assert len({wait_after(3, timedelta(0)) for _ in range(5)}) > 1


def test_a_dead_endpoint_delays_no_other(
    host: Start, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "CALL_SECONDS", 4.0)
    dead, alive = host(never_answer, is_plain=True), host(OK, is_plain=True)
    slow, quick = (outbox.endpoint(plain_url(there)) for there in (dead, alive))
    for _ in range(20):
        outbox.test(slow)
    for _ in range(20):
        outbox.test(quick)
    stop = threading.Event()
    running = threading.Thread(target=outbox.courier().run, args=(stop,))
    running.start()

    try:
        wait_until(lambda: sent(outbox) == 20)
        assert outbox.attempts() == [{"status_code": 200, "error": None}] * 20
        assert len(dead.requests) <= 4
    finally:
        stop.set()
        running.join()


def sent(outbox: Outbox) -> int:
    return sum(row["state"] == "sent" for row in outbox.messages("state"))


def test_a_killed_courier_delivers_at_least_once_with_the_same_id(
    host: Start, outbox: Outbox
) -> None:
    there = host(never_answer, is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))
    mine = outbox.settings.model_copy(update={"webhooks_reach_loopback": True})
    code = (
        "import os; from talkhub.jobs.worker import deliver; from talkhub.settings import Settings;"
        "deliver(Settings(), os.getppid())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment_of_child(mine),
        stdout=subprocess.DEVNULL,
    )
    wait_until(lambda: bool(there.requests) or process.poll() is not None)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert outbox.messages("state, attempts") == [{"state": "pending", "attempts": 1}]
    assert outbox.courier().drain() == 0  # nobody else may have it yet

    outbox.set(GO)
    back = host(OK, is_plain=True)
    outbox.set(f"update webhook_endpoints set url = '{plain_url(back)}'")
    outbox.courier().drain()

    assert received(there)[0]["webhook-id"] == received(back)[0]["webhook-id"]
    assert outbox.messages("state, attempts") == [{"state": "sent", "attempts": 2}]


@pytest.mark.parametrize("url", MUST_BE_REFUSED)
def test_what_leads_inside_is_never_an_endpoint(outbox: Outbox, url: str) -> None:
    with pytest.raises(webhooks.Invalid):
        outbox.do(
            lambda uow: webhooks.create_endpoint(
                uow, GuardedClient(), url=url, events=["message.received"], keyring=KEYRING
            )
        )


def test_a_name_that_leads_inside_is_not_called(host: Start, outbox: Outbox) -> None:
    there = host(OK)
    outbox.test(outbox.endpoint(there.url()))

    outbox.courier(over_tls(there, may_reach=lambda _address: False)).drain()

    assert there.requests == []
    (attempt,) = outbox.attempts()
    assert attempt["error"] == "client.example is not a host of the open internet."


def test_a_name_is_looked_up_once_for_each_delivery(host: Start, outbox: Outbox) -> None:
    there = host(OK)
    outbox.test(outbox.endpoint(there.url()))
    answers = [["127.0.0.1"], ["10.0.0.1"]]  # a second look-up would lead elsewhere

    outbox.courier(over_tls(there, resolve=lambda _name: answers.pop(0))).drain()

    assert outbox.messages("state") == [{"state": "sent"}]
    assert answers == [["10.0.0.1"]]


def test_only_with_the_setting_is_this_machine_reached(host: Start, outbox: Outbox) -> None:
    there = host(OK, is_plain=True)
    outbox.test(outbox.endpoint(plain_url(there)))

    outbox.courier(GuardedClient()).drain()

    assert there.requests == []
    assert outbox.messages("state") == [{"state": "pending"}]


def test_messages_that_wait_are_not_read_at_every_look(outbox: Outbox) -> None:
    endpoint = outbox.endpoint("https://client.example/hook")
    outbox.set(f"""
        insert into outbound_messages (workspace_id, webhook_endpoint_id, kind, payload, due_at)
        select {outbox.workspace}, {endpoint.endpoint_id}, 'webhook.test', '{{}}',
               clock_timestamp() + interval '1 day' from generate_series(1, 3000)
    """)
    params = {
        "limit": 32,
        "width": 4,
        "max_attempts": MAX_ATTEMPTS,
        "lease": timedelta(seconds=30),
        "grace": timedelta(hours=24),
    }

    with outbox.database.unit_of_work(system_scope("tests")) as uow:
        plan = uow.run(f"explain (analyze, timing off) {CLAIM_MESSAGES}", params).scalars().all()

    removed = [int(line.split(": ")[1]) for line in plan if "Rows Removed by" in line]
    assert max(removed, default=0) < 1000, plan
