"""What is said to a person reaches that person, and nobody who typed their phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chats import PATH, Chat
from flask.testing import FlaskClient
from providers import said

from talkhub import clock
from talkhub.names import Platform

Open = Callable[[Platform], Chat]

ANA, STRANGER = "f1u1", "f1u666"


@pytest.fixture
def joined(open_chat: Open) -> Chat:
    """A chat in whose one session a stranger wrote last, who typed Ana's phone."""
    chat = open_chat(Platform.UCHAT)
    for person in (ANA, STRANGER):
        document = said(Platform.UCHAT, "oi", person=person, at=clock.now())
        document["message"]["phone"] = "+5511999990001"
        chat.door.post(document)
        chat.drain()
    assert len(chat.read("select distinct profile_id from conversations")) == 1
    return chat


def recipients(chat: Chat) -> list[str]:
    chat.deliver()
    return [body["user_ns"] for body in chat.interface.bodies]


def test_a_phone_alone_makes_nobody_the_recipient_of_anothers_messages(joined: Chat) -> None:
    joined.say(person=ANA)
    joined.say(person=ANA, channel_id=joined.channel_id)
    joined.say(person=STRANGER)

    assert recipients(joined) == [ANA, ANA, STRANGER]


def test_whom_somebody_merged_by_hand_is_answered_where_they_wrote_last(joined: Chat) -> None:
    joined.caller.post(f"/api/v1/people/{STRANGER}/part", {})
    joined.caller.post(f"/api/v1/people/{STRANGER}/merge", {"into": ANA})

    joined.say(person=ANA)

    assert recipients(joined) == [STRANGER]


def test_an_id_that_never_wrote_lends_its_name_only_to_a_named_account(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi", person=STRANGER)
    chat.set(
        "insert into user_profiles (workspace_id, user_id, merged_into_id, first_seen_at,"
        f" last_seen_at) select workspace_id, '{ANA}', id, now(), now() from user_profiles"
    )

    refused = chat.caller.post(PATH, {"user_id": ANA, "text": "oi"})
    chat.say(person=ANA, channel_id=chat.channel_id)

    assert (refused.status_code, "channel_id" in refused.json["detail"]) == (409, True)
    assert recipients(chat) == [STRANGER]


def test_the_box_answers_the_conversation_that_is_shown(
    joined: Chat, browse: Callable[..., FlaskClient]
) -> None:
    joined.caller.post(f"/api/v1/people/{STRANGER}/part", {})
    joined.caller.post(f"/api/v1/people/{STRANGER}/merge", {"into": ANA})
    (shown,) = joined.read("select conversation_id, user_id from conversations")
    somebody = browse(joined.caller.workspace_id)

    somebody.post(
        f"/dashboard/conversations/{shown['conversation_id']}/answer", data={"text": "Oi"}
    )

    assert recipients(joined) == [shown["user_id"]] == [ANA]
