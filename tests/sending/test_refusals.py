"""A provider that says no, or nothing: what is tried again, what is given up, who waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from callers import Caller
from chats import PATH, PERSON, Chat
from flask.testing import FlaskClient
from html_pages import Html
from https_host import Behaviour, answering
from providers import refusing

from talkhub.jobs.courier import FOR_ENDPOINTS, THREADS, Courier
from talkhub.names import Platform, Scope
from talkhub.outbound import sending
from talkhub.services.sending.channel_setup import remove_channel
from talkhub.services.sending.replying import QueuedMessage
from talkhub.store.uow import system_scope

Open = Callable[[Platform], Chat]

LATER = """
select extract(epoch from due_at - clock_timestamp()) as wait from outbound_messages order by id
"""
RESTS = "select extract(epoch from paused_until - clock_timestamp()) as wait from channels"
DEAD = "/api/v1/dead-letters"


def graph_error(code: int, sub: int = 0) -> Behaviour:
    return refusing({"error": {"message": "no", "code": code, "error_subcode": sub}})


def test_what_fails_for_a_moment_is_sent_at_last_and_said_once(open_chat: Open) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")
    chat.interface.first(answering(b"", status="503 Oh"), graph_error(131016))
    queued = chat.say()
    chat.deliver()
    (waits,) = chat.read(LATER)
    chat.deliver_at_last()
    chat.deliver_at_last()

    stands = chat.message(queued)

    assert 4 < waits["wait"] < 6
    assert (stands["state"], stands["attempts"], stands["failure"]) == ("sent", 3, None)
    assert chat.transcript() == [("user", "oi"), ("bot", "Olá!")]


def test_a_provider_that_never_answers_costs_no_more_than_its_time(
    open_chat: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEND_SECONDS", 0.3)
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.hear("oi", person="77")
    chat.interface.first(lambda wire: wire.recv(1))
    queued = chat.say()
    chat.deliver()
    chat.say(person="77")

    assert chat.message(queued)["failure"] == "temporary"
    (rests,) = chat.read(RESTS)
    assert 20 < rests["wait"] <= 30
    assert chat.deliver() == 0


def test_an_account_that_rested_sends_one_message_until_its_provider_answers(
    open_chat: Open,
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    for person in ("71", "72"):
        chat.hear("oi", person=person)
        chat.say(person=person)
    chat.set("update channels set paused_until = clock_timestamp() - interval '1 second'")

    claimed = [len(claim(chat)) for _ in range(2)]
    chat.set("update channels set paused_until = null")

    assert [*claimed, len(claim(chat))] == [1, 0, 1]


def test_providers_that_hang_leave_threads_for_webhooks(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.say()
    courier = Courier(chat.database, chat.settings)
    courier._sends = {Future() for _ in range(THREADS - FOR_ENDPOINTS)}

    messages, *_of_other_tests = courier._claim(FOR_ENDPOINTS)
    assert messages == []


def claim(chat: Chat) -> list[QueuedMessage]:
    """Take what a courier would, and keep it."""
    with chat.database.unit_of_work(system_scope("tests")) as uow:
        return Courier._claim_messages(uow, 24)


def test_an_answer_ends_the_rest_of_an_account(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.say()
    chat.set("update channels set paused_until = clock_timestamp() - interval '1 second'")

    chat.deliver()

    assert chat.read(RESTS) == [{"wait": None}]


def test_after_five_attempts_it_is_dead_visible_and_can_be_sent_round_again(
    open_chat: Open,
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.interface.first(*[refusing({"description": "Oh"}, "500 Oh")] * 5)
    queued = chat.say()
    for _ in range(5):
        chat.deliver_at_last()

    assert chat.message(queued)["state"] == "failed"
    (dead,) = chat.caller.get(DEAD).json["messages"]
    assert (dead["id"], dead["channel"], dead["attempts"], dead["can_replay"]) == (
        queued["id"],
        "telegram",
        5,
        True,
    )
    assert dead["last_error"] == "temporary: HTTP 500 Oh"
    chat.caller.post(f"{DEAD}/replay", {"message_ids": [queued["id"]]})
    chat.deliver()
    assert chat.message(queued)["state"] == "sent"


def test_what_a_provider_asks_to_wait_holds_for_the_account_and_uses_no_attempt_up(
    open_chat: Open,
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.hear("oi", person="77")
    slow_down = {"ok": False, "description": "slow", "parameters": {"retry_after": 40}}
    chat.interface.first(refusing(slow_down, "429 Too Many Requests"))
    queued = chat.say()
    chat.deliver()
    chat.say(person="77")

    assert chat.deliver() == 0
    assert [38 < row["wait"] <= 40 for row in (*chat.read(RESTS), chat.read(LATER)[0])] == [
        True
    ] * 2
    stands = chat.message(queued)
    assert (stands["failure"], stands["attempts"], stands["state"]) == ("rate_limited", 0, "queued")


def test_too_much_for_one_person_holds_up_no_other(open_chat: Open) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")
    chat.interface.first(graph_error(131056))
    queued = chat.say()
    chat.deliver()

    assert chat.message(queued)["failure"] == "rate_limited"
    assert chat.read(RESTS) == [{"wait": None}]


def test_who_blocked_us_is_not_written_to_until_they_write_again(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.interface.first(refusing({"ok": False}, "403 Forbidden"))
    chat.say()
    chat.deliver()

    refused = chat.caller.post(PATH, {"user_id": PERSON, "text": "oi"})
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/unreachable")

    chat.hear("voltei")
    assert chat.caller.post(PATH, {"user_id": PERSON, "text": "oi"}).status_code == 202


def test_what_waits_for_an_account_that_is_removed_is_given_up(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    queued = chat.say()

    with chat.database.unit_of_work(chat.scope) as uow:
        remove_channel(uow, chat.channel_id)

    assert chat.deliver() == 0
    assert chat.message(queued)["error"] == "The account was removed."


def buried(chat: Chat) -> int:
    """Return the id of a message to the person that was given up."""
    queued = chat.say()
    chat.set("update outbound_messages set state = 'dead', failure = 'temporary'")
    return int(queued["id"])


def test_everything_that_is_sent_round_again_is_nothing_that_people_read(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    buried(chat)

    answer = chat.caller.post(f"{DEAD}/replay", {"everything": True})

    assert (answer.json["messages"], chat.deliver()) == (0, 0)


def test_who_may_not_write_to_people_may_not_send_again_either(
    open_chat: Open, sign_token: Callable[..., str]
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    message_id = buried(chat)
    token = sign_token(chat.caller.workspace_id, Scope.WEBHOOKS_MANAGE, subject="bia")

    by_api = Caller(chat.caller.client, chat.caller.workspace_id, token).post(
        f"{DEAD}/replay", {"message_ids": [message_id]}
    )

    assert (by_api.status_code, chat.deliver()) == (403, 0)


def test_a_message_is_not_sent_again_after_the_window_closed(
    open_chat: Open, browse: Callable[..., FlaskClient]
) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")
    message_id = buried(chat)
    chat.set("update message_index set sent_at = sent_at - interval '25 hours'")
    browser = browse(chat.caller.workspace_id)

    by_api = chat.caller.post(f"{DEAD}/replay", {"message_ids": [message_id]})
    by_hand = browser.post("/dashboard/failures/replay", data={"message_id": message_id})

    assert (by_api.status_code, by_api.json["type"]) == (409, "/problems/window_closed")
    assert by_hand.status_code == 409
    assert Html(by_hand.text).one("p", role="alert")
    assert chat.deliver() == 0
