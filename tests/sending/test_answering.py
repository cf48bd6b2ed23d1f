"""Automatic replies, from the person's message to the provider and back into the transcript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from chats import PERSON, Chat
from flask.testing import FlaskClient
from html_pages import Html

from talkhub.errors import Unavailable
from talkhub.jobs import handlers
from talkhub.names import Platform
from talkhub.services.answering.deciding import answer_due
from talkhub.services.answering.queueing import claim_replies
from talkhub.services.answering.verdicts import list_replies
from talkhub.store.uow import workspace_scope

SETTINGS, SOURCES, REPLIES = "/api/v1/reply-settings", "/api/v1/reply-sources", "/api/v1/replies"
FAQ = """pergunta;resposta
Qual o horário de funcionamento?;Abrimos de terça a domingo, das 18h às 23h.
Quanto custa a taxa de entrega?;A entrega custa R$ 6, {first_name|amigo}.
Vocês aceitam Pix?;Sim, Pix e cartão.
Onde fica a pizzaria?;Na Rua das Palmeiras, 240.
"""
ASKED = "qual o horário de funcionamento de vocês?"
LATER = timedelta(seconds=2)  # providers tell whole seconds
LONG_AGO = "update message_index set sent_at = sent_at - interval '25 hours'"
NOW = "update replies set due_at = clock_timestamp() where due_at is not null"


@pytest.fixture
def chat(open_chat: Callable[[Platform], Chat]) -> Chat:
    chat = open_chat(Platform.WHATSAPP)
    source = {"name": "Perguntas", "format": "csv", "text": FAQ}
    assert chat.caller.post(SOURCES, source).json["passages"] == 4
    return chat


def want(chat: Chat, mode: str = "answer", **more: object) -> None:
    assert chat.caller.put(SETTINGS, {"mode": mode, **more}).status_code == 200


def decide(chat: Chat) -> list[dict[str, Any]]:
    """Let the workers decide as if all patience were over; return all replies, the newest first."""
    chat.set(NOW)
    handlers.drain_replies()
    return list(chat.caller.get(REPLIES).json["replies"])


def test_a_question_is_answered_once_and_marked_in_the_transcript(chat: Chat) -> None:
    want(chat)
    chat.hear(ASKED)

    (reply,) = decide(chat)
    chat.deliver()
    again = decide(chat)

    assert (reply["state"], reply["source"]) == ("answered", "Perguntas")
    assert [it["state"] for it in again] == ["answered"]
    ((messages,),) = [(row["messages"],) for row in chat.read("select messages from conversations")]
    assert [(it["role"], it["content"]) for it in messages] == [
        ("user", ASKED),
        ("bot", "Abrimos de terça a domingo, das 18h às 23h."),
    ]
    assert messages[1]["attributes"]["automatic"] == {
        "reply_id": reply["id"],
        "source": "Perguntas",
        "question": "Qual o horário de funcionamento?",
    }


def test_an_agent_who_answers_keeps_the_conversation(chat: Chat) -> None:
    want(chat)
    chat.hear("oi", ago=LATER)
    chat.caller.post("/api/v1/messages", {"user_id": PERSON, "text": "Olá!", "role": "agent"})
    chat.hear(ASKED)

    newest = decide(chat)[0]

    assert (newest["state"], newest["reason"]) == ("suggested", "with_a_person")


def test_an_answer_of_an_agent_counts_before_the_transcript_has_it(chat: Chat) -> None:
    want(chat)
    chat.hear(ASKED)
    chat.caller.post("/api/v1/messages", {"user_id": PERSON, "text": "Olá!", "role": "agent"})
    chat.set("update outbound_messages set state = 'sent'")

    (reply,) = decide(chat)

    assert (reply["state"], reply["reason"]) == ("suggested", "with_a_person")


@pytest.mark.parametrize("signal", ["the bot speaks again", "a long silence"])
def test_a_conversation_that_the_team_let_go_is_answered_again(chat: Chat, signal: str) -> None:
    want(chat)
    if signal == "a long silence":
        chat.hear("vocês vendem pneus de trator?", ago=LATER)
        assert decide(chat)[0]["state"] == "handed_off"
        chat.set("update replies set settled_at = settled_at - interval '13 hours'")
    else:
        chat.hear("oi", ago=2 * LATER)
        chat.say("Olá, sou a Bia.", role="agent")
        chat.deliver()
        chat.say("Nosso robô voltou.", role="bot")
        chat.deliver()
    chat.hear(ASKED, ago=-LATER)

    assert decide(chat)[0]["state"] == "answered"


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda chat: want(chat, "suggest"), "outdated"),
        (lambda chat: want(chat, quiet_from="00:00", quiet_until="23:59:59"), "quiet_hours"),
        (lambda chat: chat.say("Eu respondo.", role="agent"), "with_a_person"),
        (lambda chat: chat.hear("sair", ago=-LATER), "opted_out"),
        (lambda chat: chat.set(LONG_AGO), "cannot_send"),
    ],
)
def test_what_may_no_longer_go_out_is_held_back_before_it_is_sent(
    chat: Chat, meanwhile: Callable[[Chat], object], reason: str
) -> None:
    want(chat)
    chat.hear(ASKED)
    assert decide(chat)[0]["state"] == "answered"
    meanwhile(chat)

    chat.deliver()

    (reply,) = [it for it in chat.caller.get(REPLIES).json["replies"] if it["answer"]]
    assert (reply["state"], reply["reason"]) == ("suggested", reason)
    told = chat.message({"id": reply["outbound_message_id"]})
    assert (told["state"], told["failure"], told["attempts"]) == ("failed", "withdrawn", 0)
    assert told["error"] == f"withdrawn: {reason}"
    assert [text for role, text in chat.transcript() if role == "bot"] == []
    trail = "select subject from audit_entries where action = 'reply.withdrawn'"
    assert chat.read(trail) == [{"subject": str(reply["id"])}]


def test_what_was_held_back_goes_out_once_somebody_sends_it_by_hand(chat: Chat) -> None:
    want(chat)
    chat.hear(ASKED)
    decide(chat)
    want(chat, "off")
    chat.deliver()
    (row,) = chat.read("select id from outbound_messages where failure = 'withdrawn'")

    chat.caller.post("/api/v1/dead-letters/replay", {"message_ids": [row["id"]]})

    assert chat.deliver() == 1


def test_words_at_a_handoff_are_held_back_as_answers_are(chat: Chat) -> None:
    want(chat, handoff_text="Já chamo alguém.")
    chat.hear("vocês vendem pneus de trator?")
    decide(chat)
    want(chat, handoff_text="Já chamo alguém.", quiet_from="00:00", quiet_until="23:59:59")

    assert chat.deliver() == 0
    assert decide(chat)[0]["state"] == "handed_off"


def test_of_two_answers_at_once_the_cap_bears_as_many_as_it_says(chat: Chat) -> None:
    want(chat, daily_cap=1)
    for person in (PERSON, "5511999990002"):
        chat.hear(ASKED, person=person)
    chat.set(NOW)
    claimed = claim_replies(chat.database, limit=999, lease=timedelta(minutes=1), timeout_ms=5_000)
    one, other = [it for it in claimed if it.workspace_id == chat.caller.workspace_id]
    hurried = workspace_scope(chat.caller.workspace_id, "worker", timeout_ms=300)

    with chat.database.unit_of_work(chat.scope) as uow:
        first = answer_due(uow, one, 1)
        with pytest.raises(Unavailable), chat.database.unit_of_work(hurried) as beside:
            answer_due(beside, other, 1)  # it waits for the first one's end
    with chat.database.unit_of_work(chat.scope) as uow:
        second = answer_due(uow, other, 1)

    assert (first, second) == ("answered", "suggested")


def test_words_at_a_handoff_fit_the_channel_with_the_least_room(chat: Chat) -> None:
    want(chat, handoff_text="🙂" * 400)
    chat.hear("vocês vendem pneus de trator?")

    decide(chat)

    (told,) = chat.read("select payload ->> 'text' as text from outbound_messages")
    assert told["text"] == "🙂" * 250


def test_only_what_was_tried_too_often_is_given_up(chat: Chat) -> None:
    want(chat)
    chat.hear(ASKED)
    for _ in range(4):  # by workers that never came to it
        chat.set(NOW)
        claim_replies(chat.database, limit=1_000, lease=timedelta(0), timeout_ms=5_000)
    (reply,) = decide(chat)
    assert reply["state"] == "answered"

    chat.hear(ASKED, person="5511999990002")
    chat.set("update replies set attempts = 3 where state = 'pending'")

    assert [it["reason"] for it in decide(chat)] == ["failed", None]


def test_what_nothing_answers_is_handed_off_once_and_then_left_alone(chat: Chat) -> None:
    want(chat, handoff_text="Já chamo alguém.")
    chat.hear("vocês vendem pneus de trator?")
    first = decide(chat)[0]
    chat.deliver()
    chat.hear(ASKED, ago=-LATER)

    newest = decide(chat)[0]

    assert (first["state"], first["reason"]) == ("handed_off", "unsure")
    assert newest["state"] == "suggested"
    assert [text for role, text in chat.transcript() if role == "bot"] == ["Já chamo alguém."]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"quiet_from": "00:00", "quiet_until": "23:59:59"}, "quiet_hours"),
        ({"daily_cap": 0}, "daily_cap"),
    ],
)
def test_what_may_not_go_out_is_laid_before_agents(
    chat: Chat, wanted: dict[str, object], reason: str
) -> None:
    want(chat, **wanted)
    chat.hear(ASKED)

    (reply,) = decide(chat)

    assert (reply["state"], reply["reason"]) == ("suggested", reason)
    with chat.database.read_only(chat.scope) as uow:
        (shown,) = list_replies(uow, limit=5, conversation_id=reply["conversation_id"])
    assert (shown.answer, shown.source) == (reply["answer"], "Perguntas")


def test_who_opted_out_is_not_answered_although_they_write(chat: Chat) -> None:
    want(chat)
    chat.hear("sair", ago=LATER)
    chat.hear(ASKED)

    assert decide(chat)[0]["reason"] == "opted_out"


def test_only_the_last_of_several_messages_is_answered_with_all_of_them(chat: Chat) -> None:
    want(chat)
    chat.hear("oi", ago=2 * LATER)
    chat.hear("quanto custa", ago=LATER)
    chat.hear("a taxa de entrega?")

    replies = decide(chat)
    chat.deliver()

    assert [it["state"] for it in replies] == ["answered", "dropped", "dropped"]
    assert chat.transcript()[-1][1] == "A entrega custa R$ 6, João."


def test_old_messages_and_workspaces_that_want_none_get_no_reply(chat: Chat) -> None:
    chat.hear(ASKED)
    assert decide(chat) == []

    want(chat)
    chat.hear(ASKED, ago=timedelta(hours=2), person="5511999990002")
    assert decide(chat) == []


def test_a_suggestion_is_shown_with_its_source_used_and_judged_on_the_page(
    chat: Chat, workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    want(chat, "suggest")
    chat.hear(ASKED)
    (reply,) = decide(chat)
    ana, path = browse(workspace), f"/dashboard/conversations/{reply['conversation_id']}"

    card = Html(ana.get(path).text).one(id="replies").parent.parent
    box = Html(ana.get(path, query_string={"use": reply["id"]}).text).one("textarea", name="text")
    ana.post(f"{path}/replies/{reply['id']}", data={"good": "true"})

    assert "sugerida · de Perguntas: Qual o horário de funcionamento?" in card.text
    assert box.text == reply["answer"]
    assert [it["is_good"] for it in decide(chat)] == [True]


def test_verdicts_are_kept_and_move_the_threshold(chat: Chat) -> None:
    want(chat, "suggest")
    for number in range(3):
        chat.hear(ASKED, person=f"551199999100{number}")
    replies = decide(chat)

    for reply in replies:
        judged = chat.caller.post(f"{REPLIES}/{reply['id']}/verdict", {"good": False})
        assert judged.json["is_good"] is False

    threshold = chat.caller.get(SETTINGS).json["threshold_in_force"]
    tried = chat.caller.post(f"{REPLIES}/try", {"text": ASKED}).json
    assert threshold > replies[0]["score"] or threshold == 0.95
    assert tried["found"]["source"] == "Perguntas"
    assert tried["threshold"] == threshold


def test_a_source_is_replaced_by_its_name_and_its_passages_go_with_it(chat: Chat) -> None:
    made = chat.caller.post(
        SOURCES, {"name": "Perguntas", "format": "text", "text": "Abre?\nSim."}
    ).json
    assert [it["passages"] for it in chat.caller.get(SOURCES).json["reply_sources"]] == [1]

    assert chat.caller.delete(f"{SOURCES}/{made['id']}").status_code == 204

    assert chat.caller.post(f"{REPLIES}/try", {"text": "abre?"}).json["found"] is None
    bad = {"name": "x", "format": "text", "text": "Olá, {{nome}}"}
    assert chat.caller.post(SOURCES, bad).status_code == 422
