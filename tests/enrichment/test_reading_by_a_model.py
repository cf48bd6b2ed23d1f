"""A language model reads conversations: opted in, counted, retried once, beside our analysis."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from callers import Caller
from factories import make_workspace, new_user, rows, transcript
from https_host import Behaviour
from language_model import READING, LanguageModel, hanging_up, never_ending, refusing, saying

from talkhub.enrichment.asking import MOST_RECEIVED, question_about
from talkhub.enrichment.consent import set_consent
from talkhub.enrichment.model import Covers
from talkhub.enrichment.queueing import queue_enrichments
from talkhub.store.uow import Database, system_scope, workspace_scope

Ask = Callable[..., int]
Case = tuple[Behaviour, str, str]

FOUND = """
select state, trouble, attempts, due_at, model, result, tokens_sent, tokens_received, is_repeated
from enrichments order by id
"""


@pytest.fixture
def say(caller: Caller, database: Database) -> Callable[..., int]:
    """Save a conversation of a workspace that lets a model read all, and put it in line."""

    def save(*texts: str, is_given: bool = True, session_id: str | None = None) -> int:
        person = new_user()
        said = transcript(*(texts or ("fui cobrado duas vezes", "vou ver")))
        saved = caller.tool(
            "save_conversation",
            {"session_id": session_id or person, "user_id": person, "messages": said},
        )
        with database.unit_of_work(workspace_scope(caller.workspace_id, "ana")) as uow:
            set_consent(uow, is_given=is_given, covers=Covers.ALL)
            queue_enrichments(uow, [saved.get_json()["id"]])
        return saved.get_json()["id"]

    return save


def found(database: Database, workspace: int) -> dict[str, object]:
    (row,) = rows(database, workspace, FOUND)
    return row


def change(database: Database, sql: str) -> None:
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(sql)


def make_due(database: Database) -> None:
    change(database, "update enrichments set due_at = now() where due_at is not null")


def test_what_a_model_read_is_stored_with_its_name_and_tokens(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    say("meu cpf é 529.982.247-25 e fui cobrado duas vezes")

    ask()

    row = found(database, workspace)
    assert (row["state"], row["model"], row["result"]) == ("done", "tests-1", READING)
    assert (row["tokens_sent"], row["tokens_received"], row["is_repeated"]) == (300, 60, False)
    assert "[cpf]" in model.host.requests[0]
    assert "529" not in model.host.requests[0]
    assert "tools" not in model.questions[0]


def test_after_an_analysis_a_conversation_is_read_and_its_analysis_stays(
    caller: Caller, drain: Callable[[], None], ask: Ask, database: Database
) -> None:
    workspace, person = caller.workspace_id, new_user()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        set_consent(uow, is_given=True, covers=Covers.DOUBTFUL)
    for texts in (["péssimo, fui enganado, quero meu dinheiro"], ["muito obrigada, adorei"]):
        body = {"session_id": new_user(), "user_id": person, "messages": transcript(*texts)}
        caller.tool("save_conversation", body)
    drain()
    analysed = rows(database, workspace, "select intent_analysis from conversations order by id")

    ask()

    about = "select conversation_id - (select min(id) from conversations) as n from enrichments"
    assert rows(database, workspace, about) == [{"n": 0}]  # only the negative one
    assert analysed == rows(
        database, workspace, "select intent_analysis from conversations order by id"
    )


def test_nothing_is_sent_for_a_workspace_that_does_not_say_so(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    say(is_given=False)

    assert ask() == 0
    assert rows(database, workspace, FOUND) == []


def test_who_withdraws_drops_what_waits_and_leaves_a_trace(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    say()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        set_consent(uow, is_given=False, covers=Covers.ALL)

    assert ask() == 0
    trail = rows(database, workspace, "select actor, action from audit_entries order by id")
    assert trail == [
        {"actor": "ana", "action": "enrichment.allowed"},
        {"actor": "ana", "action": "enrichment.ended"},
    ]


def test_a_conversation_of_who_opted_out_meanwhile_leaves_the_line(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    say()
    change(
        database, f"update user_profiles set memory_opt_out = true where workspace_id = {workspace}"
    )

    assert ask() == 1
    assert rows(database, workspace, FOUND) == []


@pytest.mark.parametrize(
    "case",
    [
        (saying("desculpe, não posso"), "pending", "garbage"),
        (saying({**READING, "intent": "HACKED"}), "pending", "garbage"),
        (saying("", refusal="I cannot"), "failed", "refused"),
        (saying("", finish_reason="content_filter"), "failed", "refused"),
        (never_ending, "pending", "too_slow"),
        (hanging_up, "pending", "unreachable"),
        (refusing("500 Oops"), "pending", "broken"),
        (refusing("401 Unauthorized"), "pending", "key_refused"),
        (refusing("429 Too Many", "Retry-After: 60"), "pending", "rate_limited"),
        (refusing("302 Found", "Location: http://127.0.0.1:9/"), "failed", "rejected"),
    ],
)
def test_a_bad_answer_is_tried_again_where_that_may_help(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, case: Case
) -> None:
    mood, state, trouble = case
    model.first(mood)
    conversation = say()

    ask()

    after = "select state, trouble, attempts from enrichments where conversation_id = %(id)s"
    with database.read_only(system_scope("tests")) as uow:
        assert uow.run(after, {"id": conversation}).one() == (state, trouble, 1)
    assert len(model.host.requests) == 1


def test_a_second_failure_is_the_last(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    model.first(refusing("500 Oops"), refusing("500 Oops"))
    say()

    for _ in range(3):
        ask()
        make_due(database)

    assert found(database, workspace)["state"] == "failed"
    assert len(model.host.requests) == 2


def test_an_interface_without_schemas_is_asked_in_words_and_that_is_remembered(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    model.first(refusing("400 Bad Request"), refusing("422 Unprocessable"))
    model.first(saying(f"Claro!\n```json\n{json.dumps(READING)}\n```"))
    say()
    ask()
    say("outra conversa")
    ask()

    asked = [question.get("response_format", {}).get("type") for question in model.questions]
    assert asked == ["json_schema", "json_object", None, None]
    assert [row["state"] for row in rows(database, workspace, FOUND)] == ["done", "done"]


def test_the_same_question_is_paid_for_once(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    say("oi", "olá")
    ask()
    say("oi", "olá")
    ask()

    kept = rows(database, workspace, FOUND)
    assert [row["is_repeated"] for row in kept] == [False, True]
    assert [row["result"] for row in kept] == [READING, READING]
    assert len(model.host.requests) == 1


def test_beyond_the_days_budget_nobody_calls_and_nobody_loses_an_attempt(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    change(database, "delete from enrichment_usage")
    say("uma conversa")
    say("outra conversa")

    # A call is counted as its longest, and corrected to 360 afterwards: then no other fits.
    longest = question_about(transcript("outra conversa"), names=None)
    ask(daily_tokens=longest.most_sent + MOST_RECEIVED + 300)
    ask(daily_cost=0.0)

    used = rows(database, workspace, "select calls, tokens, micros from enrichment_usage")
    assert used == [{"calls": 1, "tokens": 360, "micros": 300 * 5 + 60 * 20}]
    went = {row["state"]: row["attempts"] for row in rows(database, workspace, FOUND)}
    assert went == {"done": 1, "pending": 0}
    assert len(model.host.requests) == 1


def test_an_interface_that_fails_is_left_alone_and_then_tried_once(
    say: Callable[..., int], ask: Ask, model: LanguageModel, database: Database, workspace: int
) -> None:
    model.first(*[refusing("503 Busy")] * 8)
    for number in range(9):
        say(f"conversa {number}")
    ask()
    assert len(model.host.requests) == 8  # four at once, twice; then it rests

    make_due(database)
    assert ask() == 0

    change(database, "update enrichment_endpoints set closed_until = now() - interval '1 s'")
    model.first(refusing("503 Busy"))
    assert ask() == 1  # it fails, and rests again

    change(database, "update enrichment_endpoints set closed_until = now() - interval '1 s'")
    assert ask() == 8
    states = [row["state"] for row in rows(database, workspace, FOUND)]
    assert states.count("done") == 8


def test_what_was_read_of_a_transcript_goes_when_it_changes(
    caller: Caller, say: Callable[..., int], ask: Ask, database: Database
) -> None:
    conversation = say("oi")
    ask()
    change(database, f"update conversations set fingerprint = 'x' where id = {conversation}")

    with database.unit_of_work(workspace_scope(caller.workspace_id, "ana")) as uow:
        queue_enrichments(uow, [conversation])

    row = found(database, caller.workspace_id)
    assert (row["state"], row["result"]) == ("pending", None)


def test_no_workspace_sees_what_was_read_for_another(
    say: Callable[..., int], ask: Ask, database: Database
) -> None:
    say()
    ask()

    other = make_workspace(database)
    assert rows(database, other, FOUND) == []
    assert rows(database, other, "select * from enrichment_usage") == []
