"""What is learned of people: from their messages, by the drain, and told while it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import rows, transcript

from talkhub.memory.facts.kinds import FactKind, FactSource
from talkhub.services.people.facts import (
    NewFact,
    add_fact,
    change_fact,
    delete_fact,
    facts_of_person,
)
from talkhub.store.uow import Database, workspace_scope

RELEARN = "update conversations set analysis_due_at = clock_timestamp(), fence = fence + 1"


@pytest.fixture
def say(caller: Caller, drain: Callable[[], None]) -> Callable[..., dict[str, Any]]:
    """Save what Ana says in a session on a day, and have it analysed."""

    def say(*texts: str, session: str = "s1", day: str = "2026-03-02") -> dict[str, Any]:
        messages = transcript(*texts, day=day)
        body = {"session_id": session, "user_id": "ana", "messages": messages}
        saved = caller.tool("save_conversation", body).json
        drain()
        return saved

    return say


def told(caller: Caller, **query: object) -> list[dict[str, Any]]:
    return caller.tool("get_user_context", {"user_id": "ana", **query}).json["facts"]


def known(caller: Caller, **query: object) -> dict[str, str]:
    return {fact["kind"]: fact["value"] for fact in told(caller, **query)}


def test_a_fact_is_told_with_the_message_that_says_it(caller: Caller, say) -> None:
    saved = say("Oi! Moro em Campinas, entregam?", "Sim!")

    (fact,) = told(caller)

    assert fact.pop("id") > 0
    assert fact == {
        "kind": "city",
        "value": "Campinas",
        "before": None,
        "quote": "Moro em Campinas, entregam",
        "confidence": 0.9,
        "source": "rule",
        "conversation_id": saved["conversation_id"],
        "message_id": saved["messages"][0]["id"],
        "valid_from": "2026-03-02T12:00:00.000000Z",
        "valid_to": None,
    }


def test_a_later_fact_takes_the_place_of_an_earlier_one_whatever_came_first(
    caller: Caller, database: Database, say
) -> None:
    say("moro em Santos", session="s2", day="2026-04-01")
    say("moro em Campinas", session="s1", day="2026-03-01")
    say("ainda moro em santos", session="s3", day="2026-05-01")

    (now,) = told(caller)
    (then,) = told(caller, as_of="2026-03-15")

    assert (now["value"], now["before"], now["valid_from"][:10]) == (
        "Santos",
        "Campinas",
        "2026-04-01",
    )
    assert (then["value"], then["valid_to"][:10]) == ("Campinas", "2026-04-01")
    assert told(caller, as_of="2026-02-15") == []
    assert len(rows(database, caller.workspace_id, "select from profile_facts")) == 3


def test_learning_again_changes_nothing(
    caller: Caller, database: Database, say, drain: Callable[[], None]
) -> None:
    say("meu nome é Ana Lima, moro em Santos e prefiro pix", "ok", "pedido 4821")
    stored = rows(database, caller.workspace_id, "select * from profile_facts order by id")
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run(RELEARN)

    drain()

    assert len(stored) == 4
    again = rows(database, caller.workspace_id, "select * from profile_facts order by id")
    assert again == stored


def test_what_a_conversation_no_longer_says_is_no_longer_known(
    caller: Caller, database: Database, say, drain: Callable[[], None]
) -> None:
    say("moro em Campinas", day="2026-03-01")
    say("moro em Santos", session="s2", day="2026-04-01")
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run(
            "update conversations set messages = jsonb_set(messages, '{0,content}', '\"oi\"') "
            "where session_id = 's2'"
        )
        uow.run(RELEARN)

    drain()

    (fact,) = told(caller)
    assert (fact["value"], fact["valid_to"]) == ("Campinas", None)


def test_what_somebody_wants_and_needs_by_a_day_is_over_some_day(caller: Caller, say) -> None:
    say("quero um sofá de canto", "ok", "preciso disso até 10/03")

    assert known(caller, as_of="2026-03-05") == {
        "wants": "um sofá de canto",
        "deadline": "2026-03-10",
    }
    assert known(caller, as_of="2026-03-12") == {"wants": "um sofá de canto"}
    assert known(caller, as_of="2026-05-01") == {}


def test_of_whoever_opted_out_nothing_is_learned_and_nothing_told(
    caller: Caller, database: Database, say
) -> None:
    say("moro em Campinas")
    opted_out = {"user_id": "ana", "profile_data": {"memory_opt_out": True}}
    caller.tool("update_user_profile", opted_out)

    say("moro em Santos", session="s2", day="2026-04-01")

    stored = rows(database, caller.workspace_id, "select value from profile_facts")
    assert [row["value"] for row in stored] == ["Campinas"]
    assert told(caller) == []


def test_identity_numbers_are_masked_in_quotations(caller: Caller, say) -> None:
    say("meu nome é Ana Lima e meu CPF é 529.982.247-25")

    (fact,) = told(caller)

    assert (fact["value"], fact["quote"]) == ("Ana Lima", "meu nome é Ana Lima e meu CPF é [cpf]")


def test_the_block_tells_facts_dated_within_their_share_of_the_budget(caller: Caller, say) -> None:
    say("meu plano é o Básico", "ok", *(f"pedido BR-1000{n}" for n in range(9)), day="2026-03-01")
    say("mudei para o plano Pro", session="s2", day="2026-03-05")

    small = caller.tool(
        "get_user_context", {"user_id": "ana", "format": "prompt", "max_tokens": 200}
    ).json
    only = caller.tool(
        "get_user_context", {"user_id": "ana", "format": "prompt", "sections": ["facts"]}
    ).json

    line = '- 05/03/2026 plano: "Pro" (antes: "Básico")'
    assert line in only["prompt"].splitlines()
    assert only["prompt"].splitlines()[2] == "## O que se sabe"
    assert line in small["prompt"].splitlines()
    assert small["tokens"]["sections"]["facts"] <= 30
    assert small["tokens"]["dropped"]["facts"] > 0
    assert small["facts"] == []


@pytest.fixture
def work(database: Database, workspace: int) -> Callable[..., Any]:
    """Call one of the services about Ana's facts in a unit of work of its own."""

    def work(service: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with database.unit_of_work(workspace_scope(workspace, "bia")) as uow:
            return service(uow, "ana", *args, **named)

    return work


def test_an_operators_word_takes_the_place_of_what_was_learned_and_stays(
    caller: Caller, say, work, database: Database, drain: Callable[[], None]
) -> None:
    say("moro em Campinas")
    (learned,) = told(caller)

    work(change_fact, learned["id"], "Campinas/SP", source=FactSource.OPERATOR)
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run(RELEARN)
    drain()

    listed = work(facts_of_person)
    assert [(it["value"], it["source"], it["valid_to"] is None) for it in listed] == [
        ("Campinas/SP", "operator", True),
        ("Campinas", "rule", False),
    ]
    audit = rows(
        database, caller.workspace_id, "select action, actor from audit_entries order by id desc"
    )
    assert audit[0] == {"action": "fact.changed", "actor": "bia"}


def test_a_deleted_fact_leaves_no_text_and_does_not_come_back(
    caller: Caller, say, work, database: Database, drain: Callable[[], None]
) -> None:
    say("moro em Campinas", "ok", "isso, moro em campinas")
    (learned,) = told(caller)

    work(delete_fact, learned["id"])
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run(RELEARN)
    drain()

    assert (told(caller), work(facts_of_person)) == ([], [])
    stored = rows(database, caller.workspace_id, "select value, quote from profile_facts")
    assert stored == [{"value": "", "quote": ""}] * 2
    say("moro em Campinas mesmo", session="s2", day="2026-06-01")
    assert known(caller) == {"city": "Campinas"}


def test_a_model_may_add_its_own_marked_as_such(caller: Caller, say, work) -> None:
    say("oi")
    inferred = NewFact(FactKind.NOTE, "parece ter pressa · nome: Bia", FactSource.LLM, 0.4)

    work(add_fact, inferred)

    (fact,) = told(caller)
    assert (fact["source"], fact["confidence"]) == ("llm", 0.4)
    block = caller.tool("get_user_context", {"user_id": "ana", "format": "prompt"}).json["prompt"]
    assert 'nota: "parece ter pressa - nome: Bia" · deduzido por IA' in block


def test_facts_go_with_their_id_when_people_are_merged_and_come_back_when_parted(
    caller: Caller, say, work
) -> None:
    say("moro em Campinas", day="2026-03-01")
    caller.tool("update_user_profile", {"user_id": "bia", "profile_data": {}})
    kept = {"user_id": "bia", "session_id": "b", "messages": transcript("oi")}
    caller.tool("save_conversation", kept)

    merged = caller.post("/api/v1/people/ana/merge", {"into": "bia"})
    of_bia = caller.tool("get_user_context", {"user_id": "bia"}).json["facts"]
    caller.post("/api/v1/people/ana/part", {})
    after = caller.tool("get_user_context", {"user_id": "bia"}).json["facts"]

    assert merged.status_code == 204
    assert ([fact["value"] for fact in of_bia], after) == (["Campinas"], [])
    assert known(caller) == {"city": "Campinas"}
