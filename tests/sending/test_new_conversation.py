"""The original's "Nova Conversa": a message in, a session, the context, a personal answer out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from callers import Caller
from chats import PATH, PERSON, Chat
from factories import make_workspace, transcript
from flask.testing import FlaskClient
from https_host import answering
from providers import refusing

from requirements import requirement
from talkhub.names import Platform, Scope
from talkhub.store.uow import Database

Open = Callable[[Platform], Chat]

TEMPLATE = (
    "Olá, {first_name}! Da última vez foi {last_intent}, em {last_conversation}. Continuamos?"
)


@requirement("workflow:new-conversation")
@pytest.mark.parametrize("platform", [Platform.WHATSAPP, Platform.TELEGRAM, Platform.UCHAT])
def test_a_message_becomes_a_session_a_context_and_a_personal_answer(
    open_chat: Open, platform: Platform
) -> None:
    chat = open_chat(platform)
    caller = chat.caller
    caller.tool("save_conversation", _earlier_purchase())
    caller.tool(
        "update_user_profile", {"user_id": PERSON, "profile_data": {"name": "João da Silva"}}
    )
    chat.drain()

    chat.hear("Oi, voltei")
    session = caller.tool("create_chat_session", {"user_id": PERSON, "platform": platform}).json
    context = caller.tool("get_user_context", {"user_id": PERSON}).json
    chat.interface.first(answering(b"", status="502 Bad Gateway"))
    queued = caller.post(PATH, {"user_id": PERSON, "template": TEMPLATE})
    chat.deliver()
    chat.deliver_at_last()

    assert session["status"] == "active"
    assert context["has_history"] is True
    assert queued.headers["Location"] == f"{PATH}/{queued.json['id']}"
    assert chat.message(queued.json)["state"] == "sent"
    expected = "Olá, João! Da última vez foi uma compra, em 02/03/2026. Continuamos?"
    assert expected in json.dumps(chat.interface.bodies[-1], ensure_ascii=False)
    assert chat.transcript()[-2:] == [("user", "Oi, voltei"), ("bot", expected)]


def _earlier_purchase() -> dict:
    said = transcript("Quero comprar dois pacotes, quanto custa?", "São R$ 40.", "Vou comprar.")
    return {"session_id": "antes", "user_id": PERSON, "messages": said}


def test_what_a_template_gets_wrong_is_told_and_nothing_is_queued(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")

    refused = chat.caller.post(PATH, {"user_id": PERSON, "template": "Olá, {nome}!"})

    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "unknown_variable")
    assert chat.read("select * from outbound_messages") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "one_content"),
        ({"text": "a", "template": "b"}, "one_content"),
        ({"text": "  "}, "empty"),
        ({"approved_template": {"name": "n", "language": "pt_BR"}}, "not_on_this_channel"),
        ({"text": "oi", "role": "user"}, "literal_error"),
    ],
)
def test_what_is_no_message_is_refused(open_chat: Open, content: dict, code: str) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")

    refused = chat.caller.post(PATH, {"user_id": PERSON, **content})

    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)


def test_a_retry_with_its_key_is_said_once(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    body = {"user_id": PERSON, "text": "Olá!"}

    first, second = (chat.caller.post(PATH, body, **{"Idempotency-Key": "k"}) for _ in range(2))
    chat.deliver()

    assert first.json == second.json
    assert len(chat.interface.bodies) == 1


def test_who_never_wrote_through_an_account_that_can_answer_is_unreachable(
    open_chat: Open,
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.caller.tool("create_chat_session", {"user_id": "ana"})

    stranger, unheard = (
        chat.caller.post(PATH, {"user_id": user_id, "text": "oi"}) for user_id in ("bia", "ana")
    )

    assert stranger.status_code == 404
    assert (unheard.status_code, unheard.json["type"]) == (409, "/problems/unreachable")


def test_another_workspace_neither_reads_nor_writes_to_our_people(
    open_chat: Open, client: FlaskClient, database: Database, sign_token: Callable[..., str]
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    queued = chat.say()
    caio = Caller(client, 0, sign_token(make_workspace(database), subject="caio"))
    through_ours = {"user_id": PERSON, "text": "oi", "channel_id": chat.channel_id}

    assert caio.get(f"{PATH}/{queued['id']}").status_code == 404
    assert caio.tool("get_message", {"id": queued["id"]}).status_code == 404
    caio.tool("create_chat_session", {"user_id": PERSON})
    assert caio.post(PATH, through_ours).status_code == 409


def test_a_key_that_keeps_conversations_cannot_write_to_people(
    open_chat: Open, sign_token: Callable[..., str]
) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    others = [scope for scope in Scope if scope != Scope.MESSAGES_SEND]
    keeper = Caller(chat.caller.client, 0, sign_token(chat.caller.workspace_id, *others))

    assert keeper.post(PATH, {"user_id": PERSON, "text": "oi"}).status_code == 403


def test_over_mcp_a_message_is_sent_and_followed_alike(open_chat: Open) -> None:
    chat = open_chat(Platform.TELEGRAM)
    chat.hear("oi")
    chat.interface.first(refusing({"ok": False}, "403 Forbidden"))

    sent = _call(chat.caller, "send_message", {"user_id": PERSON, "text": "Olá!"})
    chat.deliver()
    told = _call(chat.caller, "get_message", {"id": sent["structuredContent"]["id"]})

    assert sent["structuredContent"] == json.loads(sent["content"][0]["text"])
    assert told["structuredContent"] == chat.message(sent["structuredContent"])
    assert told["structuredContent"]["failure"] == "blocked"


def _call(caller: Caller, name: str, arguments: dict) -> dict:
    params = {"name": name, "arguments": arguments}
    answer = caller.post(
        "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    )
    return dict(answer.json["result"])
