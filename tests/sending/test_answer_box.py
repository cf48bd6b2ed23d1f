"""The box below a transcript: who sees it, what it sends, and what it says of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from chats import PATH as MESSAGES
from chats import PERSON, Chat
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.names import Platform

Open = Callable[[Platform], Chat]


@pytest.fixture
def ana(workspace: int, browse: Callable[..., FlaskClient]) -> FlaskClient:
    return browse(workspace)


def path(chat: Chat) -> str:
    (row,) = chat.read("select conversation_id from conversations order by id limit 1")
    return f"/dashboard/conversations/{row['conversation_id']}"


def told(client: FlaskClient, chat: Chat) -> list[str]:
    """Return the states of the answers that the page shows."""
    region = Html(client.get(path(chat)).text).one(data_region="answers")
    return [chip.text for chip in region.all(class_="chip")]


def form_of(client: FlaskClient, chat: Chat) -> dict[str, str]:
    page = Html(client.get(path(chat)).text)
    return {"after": page.one("input", name="after").attributes["value"]}


def test_an_answer_is_sent_by_an_agent_and_followed_on_the_page(
    open_chat: Open, ana: FlaskClient
) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi")

    answer = ana.post(f"{path(chat)}/answer", data={**form_of(ana, chat), "text": "Bom\r\ndia"})

    assert (answer.status_code, answer.location) == (303, f"{path(chat)}#answer")
    assert told(ana, chat) == ["Na fila"]
    chat.deliver()
    assert told(ana, chat) == ["Enviada"]
    assert chat.transcript() == [("user", "oi"), ("agent", "Bom\ndia")]


def test_a_form_that_is_sent_twice_says_it_once_and_the_next_one_again(
    open_chat: Open, ana: FlaskClient
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    form = {**form_of(ana, chat), "text": "Ok"}

    for _ in range(2):
        ana.post(f"{path(chat)}/answer", data=form)
    ana.post(f"{path(chat)}/answer", data={**form_of(ana, chat), "text": "Ok"})

    assert told(ana, chat) == ["Na fila", "Na fila"]


def test_it_answers_on_the_conversations_own_channel(open_chat: Open, ana: FlaskClient) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi", ago=timedelta(minutes=5))
    other = open_chat(Platform.UCHAT)
    other.hear("oi de novo")

    ana.post(f"{path(chat)}/answer", data={"text": "Olá"})

    (queued,) = chat.read("select channel_id from outbound_messages")
    assert queued["channel_id"] == chat.channel_id


def test_what_is_refused_is_said_and_what_was_written_stays(
    open_chat: Open, ana: FlaskClient
) -> None:
    chat = open_chat(Platform.INSTAGRAM)
    chat.hear("oi")

    answer = ana.post(f"{path(chat)}/answer", data={"text": "a" * 1001})

    page = Html(answer.text)
    assert answer.status_code == 422
    assert page.one(role="alert").text == "A resposta é longa demais para este canal."
    assert page.one("textarea", name="text").text == "a" * 1001


def test_after_a_day_the_page_says_so_instead_of_offering_a_box(
    open_chat: Open, ana: FlaskClient
) -> None:
    chat = open_chat(Platform.WHATSAPP)
    chat.hear("oi", ago=timedelta(hours=25))

    page = Html(ana.get(path(chat)).text)

    assert page.all("textarea", name="text") == []
    assert "há mais de 24 horas" in page.one("main").text
    assert ana.post(f"{path(chat)}/answer", data={"text": "oi"}).status_code == 409


def test_who_only_reads_sees_no_box_and_sends_nothing(
    open_chat: Open, workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    bia = browse(workspace, "viewer", name="bia")

    assert Html(bia.get(path(chat)).text).all("textarea", name="text") == []
    assert bia.post(f"{path(chat)}/answer", data={"text": "oi"}).status_code == 403
    assert chat.read("select * from outbound_messages") == []


def test_instagram_counts_what_it_takes_in_bytes(open_chat: Open) -> None:
    chat = open_chat(Platform.INSTAGRAM)
    chat.hear("oi")

    refused = chat.caller.post(MESSAGES, {"user_id": PERSON, "text": "é" * 501})
    chat.say("é" * 500)

    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "too_long")
