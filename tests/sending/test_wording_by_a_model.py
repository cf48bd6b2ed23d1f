"""A model words an answer that was found: bounded by its sources, and never the only way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from chats import Chat
from https_host import Behaviour
from language_model import LanguageModel, ask, hanging_up, interface, model, refusing, saying

from talkhub.jobs.answering import answer_batch
from talkhub.names import Platform
from talkhub.replies.deciding import ReplyMode, Wording
from talkhub.services.answering.reply_settings import ReplySettings, set_settings
from talkhub.store.uow import system_scope

__all__ = ["ask", "interface", "model"]

Ask = Callable[..., int]
FAQ = """pergunta;resposta
Qual o horário de funcionamento?;Abrimos de terça a domingo, das 18h às 23h.
Vocês aceitam Pix?;Sim, Pix e cartão.
Como me chamo?;Seu nome é {name|segredo}.
"""
ASKED = "sou a Ana, cpf 529.982.247-25. qual o horário de funcionamento de vocês?"
QUOTED = "Abrimos de terça a domingo, das 18h às 23h."
WORDED = "Nosso horário de funcionamento é de terça a domingo, das 18h às 23h!"
GOOD = {"answer": WORDED, "used_passages": [1], "can_answer": True}
LATER = timedelta(seconds=2)  # providers tell whole seconds
NOW = "update replies set due_at = clock_timestamp() where due_at is not null"


@pytest.fixture
def chat(open_chat: Callable[[Platform], Chat]) -> Chat:
    chat = open_chat(Platform.WHATSAPP)
    chat.caller.post("/api/v1/reply-sources", {"name": "FAQ", "format": "csv", "text": FAQ})
    want(chat, Wording.MODEL_OR_QUOTE)
    return chat


def want(chat: Chat, wording: Wording) -> None:
    wanted = ReplySettings(mode=ReplyMode.ANSWER, wording=wording)
    with chat.database.unit_of_work(chat.scope) as uow:
        set_settings(uow, wanted, has_model=True)


def decide(chat: Chat) -> dict[str, Any]:
    """Let the workers decide as if all patience were over; return the newest reply."""
    chat.set(NOW)
    while answer_batch(chat.database, has_model=True):
        pass
    with chat.database.unit_of_work(system_scope("tests")) as uow:
        uow.run("delete from enrichments")  # of other tests: the model is asked of replies alone
    return dict(chat.caller.get("/api/v1/replies").json["replies"][0])


def decide_with(chat: Chat, ask: Ask, **budget: float) -> dict[str, Any]:
    """Let the workers decide, the model be asked, and the workers decide anew."""
    assert decide(chat)["state"] == "pending"
    ask(**budget)
    return decide(chat)


def test_a_models_words_are_sent_marked_and_written_down(
    chat: Chat, ask: Ask, model: LanguageModel
) -> None:
    model.first(saying(GOOD))
    chat.hear(ASKED)

    reply = decide_with(chat, ask)
    chat.deliver()

    assert (reply["state"], reply["answer"], reply["model"]) == ("answered", WORDED, "tests-1")
    told = json.loads(model.questions[0]["messages"][1]["content"])
    assert "[cpf]" in told["question"][0]
    assert told["passages"][0]["answer"] == QUOTED
    assert "{name" not in json.dumps(told)
    (row,) = chat.read("select messages -> -1 as said from conversations")
    assert row["said"]["content"] == WORDED
    assert row["said"]["attributes"]["automatic"] == {
        "reply_id": reply["id"],
        "source": "FAQ",
        "question": "Qual o horário de funcionamento?",
        "model": "tests-1",
        "cited": ["FAQ: Qual o horário de funcionamento?"],
    }
    trail = "select detail ->> 'model' as by from audit_entries where action = 'reply.answered'"
    assert chat.read(trail) == [{"by": "tests-1"}]
    assert chat.read("select draft from replies") == [{"draft": None}]


@pytest.mark.parametrize(
    "case",
    [
        ({"can_answer": False}, "cannot_answer"),
        ({"used_passages": []}, "cites_nothing"),
        ({"answer": "Abrimos às 17h. Ganhe 50% em http://evil.example"}, "unknown_address"),
    ],
)
@pytest.mark.parametrize("wording", [Wording.MODEL_OR_QUOTE, Wording.MODEL_OR_PERSON])
def test_what_is_not_bounded_by_the_sources_is_never_sent(
    chat: Chat, ask: Ask, model: LanguageModel, wording: Wording, case: tuple[dict[str, Any], str]
) -> None:
    changed, trouble = case
    want(chat, wording)
    model.first(saying({**GOOD, **changed}))
    chat.hear(ASKED)

    reply = decide_with(chat, ask)

    is_left = wording is Wording.MODEL_OR_PERSON
    found = ("handed_off", "not_written") if is_left else ("answered", None)
    assert (reply["state"], reply["reason"]) == found
    assert (reply["answer"], reply["model"], reply["trouble"]) == (QUOTED, None, trouble)


@pytest.mark.parametrize(
    "case",
    [
        ([hanging_up, hanging_up], 2, "unreachable"),
        ([refusing("500 Oops"), saying("nada de JSON")], 2, "garbage"),
        ([refusing("429 Too Many")], 1, "rate_limited"),
        ([saying("", refusal="No")], 1, "cannot_answer"),
        ([refusing("500 Oops"), saying(GOOD)], 2, None),
    ],
)
def test_where_the_model_fails_twice_the_passage_is_sent(
    chat: Chat, ask: Ask, model: LanguageModel, case: tuple[list[Behaviour], int, str | None]
) -> None:
    moods, calls, trouble = case
    model.first(*moods)
    chat.hear(ASKED)

    reply = decide_with(chat, ask)

    assert (reply["state"], reply["trouble"]) == ("answered", trouble)
    assert reply["answer"] == (QUOTED if trouble else WORDED)
    assert len(model.questions) == calls


def test_a_draft_that_nobody_writes_in_time_is_not_waited_for(
    chat: Chat, ask: Ask, model: LanguageModel
) -> None:
    want(chat, Wording.MODEL_OR_PERSON)
    chat.hear(ASKED)
    decide(chat)

    reply = decide(chat)  # its patience is over, and nobody asked the model
    ask()

    assert (reply["state"], reply["answer"]) == ("answered", QUOTED)
    assert (reply["trouble"], model.questions) == ("missed", [])


def test_beyond_the_days_budget_the_passage_is_sent(
    chat: Chat, ask: Ask, model: LanguageModel
) -> None:
    chat.hear(ASKED)

    reply = decide_with(chat, ask, daily_tokens=1)

    assert (reply["answer"], reply["trouble"]) == (QUOTED, "over_budget")
    assert model.questions == []


@pytest.mark.parametrize("said", ["vocês vendem pneus de trator?", "como me chamo?", "oi"])
def test_what_is_not_found_or_a_persons_own_reaches_no_model(chat: Chat, said: str) -> None:
    chat.hear(said)

    assert decide(chat)["state"] != "pending"


@pytest.mark.parametrize("when", ["before", "between"])
def test_of_who_wants_no_memory_nothing_reaches_a_model(
    chat: Chat, ask: Ask, model: LanguageModel, when: str
) -> None:
    chat.hear(ASKED)
    if when == "between":
        decide(chat)
    chat.set("update user_profiles set memory_opt_out = true")
    if when == "before":
        chat.set(NOW)
        answer_batch(chat.database, has_model=True)
    ask()

    reply = decide(chat)

    assert (reply["state"], reply["answer"], model.questions) == ("answered", QUOTED, [])


def test_a_source_that_was_replaced_meanwhile_is_not_cited(
    chat: Chat, ask: Ask, model: LanguageModel
) -> None:
    model.first(saying(GOOD))
    chat.hear(ASKED)
    decide(chat)
    ask()
    renewed = {"name": "FAQ", "format": "csv", "text": FAQ.replace("23h", "22h")}
    chat.caller.post("/api/v1/reply-sources", renewed)

    assert decide(chat)["answer"] == QUOTED.replace("23h", "22h")


def test_the_same_question_again_is_left_to_a_person_however_it_was_worded(
    chat: Chat, ask: Ask, model: LanguageModel
) -> None:
    model.first(saying(GOOD))
    chat.hear("qual o horário de funcionamento?")
    decide_with(chat, ask)
    chat.deliver()
    chat.hear("qual o horário de funcionamento mesmo?", ago=-LATER)

    newest = decide(chat)

    assert (newest["state"], newest["reason"]) == ("handed_off", "loop")
