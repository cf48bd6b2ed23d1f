"""Messages reach people through each provider's interface, in order, once, as far as they can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from chats import PATH, PERSON, Chat
from providers import payload, refusing, said

from talkhub import clock
from talkhub.names import Platform

Open = Callable[[Platform], Chat]

SENT_TO = {
    Platform.WHATSAPP: (
        "/106540352242922/messages",
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": PERSON,
            "type": "text",
            "text": {"body": "Olá!"},
        },
    ),
    Platform.TELEGRAM: ("/bot700:AA/sendMessage", {"chat_id": PERSON, "text": "Olá!"}),
    Platform.MESSENGER: (
        "/me/messages",
        {"recipient": {"id": PERSON}, "messaging_type": "RESPONSE", "message": {"text": "Olá!"}},
    ),
    Platform.INSTAGRAM: (
        "/me/messages",
        {"recipient": {"id": PERSON}, "messaging_type": "RESPONSE", "message": {"text": "Olá!"}},
    ),
    Platform.UCHAT: ("/api/subscriber/send-text", {"user_ns": PERSON, "content": "Olá!"}),
    Platform.EVOLUTION: (
        "/message/sendText/clinica",
        {"number": f"{PERSON}@s.whatsapp.net", "text": "Olá!"},
    ),
}


@pytest.mark.parametrize("platform", SENT_TO)
def test_an_answer_goes_where_the_person_wrote_and_into_their_conversation(
    open_chat: Open, platform: Platform
) -> None:
    chat = open_chat(platform)
    chat.hear("oi")
    chat.set("delete from inbound_events")  # as it is done when they are old
    queued = chat.say()

    assert chat.deliver() == 1

    assert (chat.interface.paths[0], chat.interface.bodies) == (
        SENT_TO[platform][0],
        [SENT_TO[platform][1]],
    )
    assert chat.transcript() == [("user", "oi"), ("bot", "Olá!")]
    stands = chat.message(queued)
    (row,) = chat.read("select session_id, conversation_id from conversations")
    assert (stands["state"], stands["attempts"], stands["error"]) == ("sent", 1, None)
    assert {name: stands[name] for name in row} == row


def test_messages_to_one_person_arrive_in_the_order_they_were_given(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.hear("oi", person="77")
    chat.interface.first(refusing({"ok": False}, "502 Bad Gateway"))
    for text in ("um", "dois", "três"):
        chat.say(text)
    chat.deliver()  # the first one fails, so the others wait for it
    chat.say("para outra", person="77")
    chat.deliver()
    assert [body["text"] for body in chat.interface.bodies] == ["um", "para outra"]

    chat.deliver_at_last()

    said_at_last = [body["text"] for body in chat.interface.bodies[2:]]
    assert said_at_last == ["um", "dois", "três"]
    spoken = [text for role, text in chat.transcript() if role == "bot"]
    assert [text for text in spoken if text != "para outra"] == ["um", "dois", "três"]


def test_an_echo_makes_no_double_whichever_comes_first(open_chat: Open) -> None:
    chat = open_chat(Platform.MESSENGER)
    chat.hear("oi")
    for mid, text in (("m_out1", "um"), ("m_out2", "dois")):
        echo = payload("messenger/echo")
        item = echo["entry"][0]["messaging"][0]
        item["recipient"]["id"] = PERSON
        item["timestamp"] = int(clock.now().timestamp() * 1000)
        item["message"] |= {"mid": mid, "text": text}
        chat.say(text)
        if mid == "m_out2":
            chat.door.post(echo)
            chat.drain()
        chat.deliver()
        chat.door.post(echo)
        chat.drain()

    assert chat.transcript() == [("user", "oi"), ("bot", "um"), ("bot", "dois")]


def test_what_uchat_pushes_and_pulls_of_an_answer_makes_no_double(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi")
    chat.say("Um momento")
    chat.deliver()

    echo = said(Platform.UCHAT, "Um momento", at=clock.now())
    echo["message"]["type"] = "out"
    chat.door.post(echo)
    chat.drain()

    assert chat.transcript() == [("user", "oi"), ("bot", "Um momento")]


def test_statuses_raise_the_state_and_never_lower_it(open_chat: Open) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")
    queued = chat.say()
    assert queued["state"] == "queued"
    chat.door.post(_status("status_read"))  # before we know that it was sent
    chat.drain()
    chat.deliver()

    assert chat.message(queued)["state"] == "read"

    chat.door.post(_status("status_delivered"))
    chat.drain()
    assert chat.message(queued)["state"] == "read"


def test_a_failure_that_is_told_later_is_told_with_its_reason(open_chat: Open) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")
    queued = chat.say()
    chat.deliver()

    failed = _status("status_failed")
    chat.door.post(failed)
    chat.drain()

    stands = chat.message(queued)
    errors = failed["entry"][0]["changes"][0]["value"]["statuses"][0]["errors"]
    assert (stands["state"], stands["error"]) == ("failed", errors[0]["title"])


def test_after_a_day_only_an_approved_template_goes_out(open_chat: Open) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi", ago=timedelta(hours=25))

    refused = chat.caller.post(PATH, {"user_id": PERSON, "text": "oi"})

    assert (refused.status_code, refused.json["type"]) == (409, "/problems/window_closed")
    assert "approved_template" in refused.json["detail"]
    template = {"name": "volta", "language": "pt_BR", "parameters": ["{first_name}"]}
    answer = chat.caller.post(PATH, {"user_id": PERSON, "approved_template": template})
    assert answer.status_code == 202, answer.json
    chat.deliver()
    assert chat.interface.bodies[0]["template"] == {
        "name": "volta",
        "language": {"code": "pt_BR"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "João"}]}],
    }


@pytest.mark.parametrize(
    ("platform", "is_taken"),
    [(Platform.MESSENGER, False), (Platform.TELEGRAM, True), (Platform.EVOLUTION, True)],
)
def test_only_metas_channels_have_a_window(
    open_chat: Open, platform: Platform, *, is_taken: bool
) -> None:
    chat = open_chat(platform)
    chat.hear("oi", ago=timedelta(hours=25))

    answer = chat.caller.post(PATH, {"user_id": PERSON, "text": "oi"})

    assert answer.status_code == (202 if is_taken else 409)


def _status(name: str) -> dict:
    """Return a status of the first message that the stub took."""
    document = payload(f"whatsapp/{name}")
    document["entry"][0]["changes"][0]["value"]["statuses"][0]["id"] = "wamid.OUT1"
    return document
