"""Prompts: a task in the reader's language, and the data it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from rpc import Rpc
from talked import SLASHED, Talked

from talkhub import clock
from talkhub.mcp.content import prompt_texts
from talkhub.mcp.content.languages import Language
from talkhub.names import Scope


def ask(rpc: Rpc, name: str, **arguments: str) -> tuple[list[dict[str, Any]], str]:
    """Return what a prompt attaches, and its task."""
    got = rpc.result("prompts/get", {"name": name, "arguments": arguments})
    assert rpc.legacy_result("prompts/get", {"name": name, "arguments": arguments})["messages"]
    assert {message["role"] for message in got["messages"]} == {"user"}
    *attached, task = [message["content"] for message in got["messages"]]
    assert task["type"] == "text"
    return attached, task["text"]


def refusal(rpc: Rpc, name: str, **arguments: str) -> str:
    answer = rpc.modern("prompts/get", {"name": name, "arguments": arguments})
    assert answer.json["error"]["code"] == -32602
    return answer.json["error"]["message"]


def test_the_prompts_are_listed_with_their_arguments(rpc: Rpc) -> None:
    listed = rpc.result("prompts/list")["prompts"]

    assert {
        prompt["name"]: [each["name"] for each in prompt["arguments"]] for prompt in listed
    } == {
        "summarize_conversation": ["conversation_id", "language"],
        "answer_customer": ["user_id", "tone", "platform", "language"],
        "weekly_report": ["until", "language"],
        "retention_plan": ["user_id", "language"],
    }
    assert all(prompt["title"] and prompt["description"].endswith(".") for prompt in listed)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("", "Resuma a conversa"),
        ("pt-BR", "Resuma a conversa"),
        ("PT", "Resuma a conversa"),
        ("en-GB", "Summarise the attached"),
        ("es", "Resume la conversación"),
    ],
)
def test_a_conversation_is_attached_to_the_task_in_the_language(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked], tag: str, words: str
) -> None:
    talked = talk(caller, "Quero o plano anual", "Custa 99")
    chosen = {"language": tag} if tag else {}

    (attached,), task = ask(
        rpc, "summarize_conversation", conversation_id=talked.conversation_id, **chosen
    )

    assert task.startswith(words)
    uri = f"talkhub://conversations/{talked.conversation_id}/transcript"
    (readable,) = rpc.result("resources/read", {"uri": uri})["contents"]
    assert attached["resource"] == readable
    assert attached["annotations"]["lastModified"].startswith(str(clock.now().year))


def test_an_answer_has_the_persons_context_a_tone_and_a_channel(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    talk(caller, "Cadê meu pedido?", user_id=SLASHED)

    (attached,), task = ask(
        rpc, "answer_customer", user_id=SLASHED, tone="Formal", platform="whatsapp", language="es"
    )

    assert "> Cadê meu pedido?" in attached["resource"]["text"]
    assert "en tono formal" in task
    assert "Va por WhatsApp" in task


@pytest.mark.parametrize("tone", ["friendly", "amigável", "AMIGABLE", ""])
def test_a_tone_is_known_by_its_name_in_any_language(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked], tone: str
) -> None:
    talk(caller, "oi")

    _, task = ask(rpc, "answer_customer", user_id="ana", tone=tone)

    assert "em tom amigável" in task
    assert "texto simples" in task


def test_a_weekly_report_has_two_weeks_of_figures(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    talk(caller, "oi")

    (before, week), task = ask(rpc, "weekly_report")

    assert json.loads(before["resource"]["text"])["total_conversations"] == 0
    assert json.loads(week["resource"]["text"])["total_conversations"] == 1
    assert task.startswith("Escreva em português o relatório semanal")
    (readable,) = rpc.result("resources/read", {"uri": week["resource"]["uri"]})["contents"]
    assert readable == week["resource"]


def test_a_weekly_report_may_end_on_any_day(rpc: Rpc) -> None:
    (before, week), task = ask(rpc, "weekly_report", until="2026-03-08", language="en")

    assert before["resource"]["uri"] == "talkhub://analytics/2026-02-23/2026-03-01"
    assert week["resource"]["uri"] == "talkhub://analytics/2026-03-02/2026-03-08"
    assert "weekly report of 2026-03-02 to 2026-03-08" in task


def test_a_retention_plan_has_the_persons_context(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    talk(caller, "Quero cancelar")

    (attached,), task = ask(rpc, "retention_plan", user_id="ana")

    assert "> Quero cancelar" in attached["resource"]["text"]
    assert "manter esta pessoa" in task


@pytest.mark.parametrize("language", list(Language))
def test_every_task_warns_of_instructions_in_the_data(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked], language: Language
) -> None:
    talk(caller, "oi")

    _, task = ask(rpc, "retention_plan", user_id="ana", language=language.value)

    assert task.endswith(prompt_texts.GUARD[language])


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("summarize_conversation", {"conversation_id": "nobody"}, "no such conversation"),
        ("summarize_conversation", {}, "conversation_id"),
        ("answer_customer", {"user_id": "nobody"}, "no such person"),
        ("answer_customer", {"user_id": "a", "tone": "rude"}, "friendly, formal"),
        ("retention_plan", {"user_id": "a", "language": "tlh"}, "pt-BR, en, es"),
        ("weekly_report", {"until": "yesterday"}, "YYYY-MM-DD"),
        ("weekly_report", {"until": "0001-01-02"}, "YYYY-MM-DD"),
        ("weekly_report", {"week": "1"}, "until"),
        ("nothing", {}, "no such prompt"),
    ],
)
def test_what_a_prompt_cannot_do_is_said(
    rpc: Rpc, name: str, arguments: dict[str, str], words: str
) -> None:
    assert words in refusal(rpc, name, **arguments)


def test_figures_need_their_own_scope(rpc_of: Callable[..., Rpc]) -> None:
    reader = rpc_of(Scope.MCP_READ.value)

    assert reader.modern("prompts/get", {"name": "weekly_report"}).status_code == 403
    listed = {prompt["name"] for prompt in reader.result("prompts/list")["prompts"]}
    assert "weekly_report" not in listed
    assert "answer_customer" in listed
