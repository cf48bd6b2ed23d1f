"""`save_conversation`: what is stored of a new, a repeated and a foreign transcript."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from callers import Caller
from factories import new_user, rows, transcript
from flask import Flask

from requirements import requirement
from talkhub import clock
from talkhub.store.uow import Database

CONVERSATIONS = "select * from conversations order by id"
SESSIONS = "select * from chat_sessions order by id"
PEOPLE = "select user_id from user_profiles order by id"


def save(caller: Caller, *texts: str, session: str = "s", **given: Any) -> dict[str, Any]:
    """Save a transcript and return the answer."""
    body = {"session_id": session, "user_id": "ana", "messages": transcript(*texts), **given}
    answer = caller.tool("save_conversation", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def contents(conversation: dict[str, Any]) -> list[str]:
    return [message["content"] for message in conversation["messages"]]


def test_a_saved_conversation_answers_with_its_row(caller: Caller, database: Database) -> None:
    answer = save(caller, "Olá, preciso de ajuda", "Claro! Como posso ajudar?")

    stored = rows(database, caller.workspace_id, CONVERSATIONS)[0]
    assert answer == {
        "id": stored["id"],
        "conversation_id": stored["conversation_id"],
        "session_id": "s",
        "user_id": "ana",
        "platform": "unknown",
        "messages": stored["messages"],
        "intent_analysis": {"status": "pending", "source": "talkhub"},
        "metadata": {"message_count": 2, "duration": 60, "completion_status": "completed"},
        "created_at": stored["created_at"].isoformat().replace("+00:00", "Z"),
    }


def test_a_message_keeps_what_was_sent_and_gets_an_id(caller: Caller) -> None:
    sent = {"role": "user", "content": "Oi 😀", "timestamp": "2026-03-02T09:00:00-03:00"}

    stored = save(caller, messages=[{**sent, "kind": "button"}])["messages"][0]

    assert stored.pop("id")
    assert stored == {
        "role": "user",
        "kind": "button",
        "content": "Oi 😀",
        "timestamp": "2026-03-02T12:00:00Z",
    }


def test_every_message_of_a_transcript_has_its_own_id(caller: Caller) -> None:
    same = [{"role": "user", "content": "oi", "timestamp": "2026-03-02T12:00:00Z"}] * 5

    stored = save(caller, messages=same)["messages"]

    assert len({message["id"] for message in stored}) == 5


def test_the_original_readmes_assistant_is_the_bot(caller: Caller) -> None:
    roles = ["user", "assistant", "bot", "agent", "system"]

    stored = save(caller, messages=[{"role": role, "content": "x"} for role in roles])["messages"]

    assert [message["role"] for message in stored] == ["user", "bot", "bot", "agent", "system"]


def test_a_message_without_a_time_takes_that_of_the_one_before(caller: Caller) -> None:
    messages = [
        {"role": "user", "content": "a", "timestamp": "2026-03-02T12:00:00Z"},
        {"role": "bot", "content": "b"},
    ]

    stored = save(caller, messages=messages)["messages"]

    assert stored[1]["timestamp"] == "2026-03-02T12:00:00Z"


def test_a_transcript_without_times_takes_that_of_the_call(caller: Caller) -> None:
    now = datetime(2026, 5, 5, 5, 5, tzinfo=UTC)
    clock.use_source(lambda: now)
    try:
        stored = save(caller, messages=[{"role": "user", "content": "a"}])["messages"]
    finally:
        clock.use_source(None)

    assert stored[0]["timestamp"] == "2026-05-05T05:05:00Z"


def test_a_time_without_a_zone_is_utc(caller: Caller) -> None:
    message = {"role": "user", "content": "a", "timestamp": "2026-03-02T12:00:00"}

    assert save(caller, messages=[message])["messages"][0]["timestamp"] == "2026-03-02T12:00:00Z"


def test_an_unknown_session_is_opened_and_completed(caller: Caller, database: Database) -> None:
    save(caller, "oi", "olá", session="session_xxx")

    session = rows(database, caller.workspace_id, SESSIONS)[0]
    assert (session["session_id"], session["status"], session["close_reason"]) == (
        "session_xxx",
        "completed",
        "saved",
    )
    assert session["closed_at"] is not None
    assert rows(database, caller.workspace_id, PEOPLE) == [{"user_id": "ana"}]


def test_saving_marks_an_opened_session_completed(caller: Caller, database: Database) -> None:
    opened = caller.tool("create_chat_session", {"user_id": "ana", "platform": "whatsapp"}).json

    answer = save(caller, "oi", "olá", session=opened["session_id"])

    session = rows(database, caller.workspace_id, SESSIONS)
    assert [(row["session_id"], row["status"]) for row in session] == [
        (opened["session_id"], "completed")
    ]
    assert answer["platform"] == "whatsapp"


def test_the_same_transcript_again_is_the_same_conversation(
    caller: Caller, database: Database
) -> None:
    first = save(caller, "oi", "olá")

    again = save(caller, "oi", "olá")

    assert again == first
    assert len(rows(database, caller.workspace_id, CONVERSATIONS)) == 1


def test_the_same_transcript_again_does_not_undo_its_analysis(caller: Caller, drain: Any) -> None:
    analysis = {"intent": "support", "sentiment": "neutral", "confidence": 0.85}
    save(caller, "oi", "olá", intent_analysis=analysis)
    drain()

    again = save(caller, "oi", "olá", intent_analysis=analysis)

    assert again["intent_analysis"] == {**analysis, "source": "caller", "status": "done"}


def test_the_same_transcript_with_a_new_analysis_takes_it_over(caller: Caller) -> None:
    save(caller, "oi", "olá")

    again = save(caller, "oi", "olá", intent_analysis={"intent": "support"})

    assert again["intent_analysis"] == {
        "intent": "support",
        "source": "caller",
        "status": "pending",
    }


def test_another_transcript_of_the_session_is_another_conversation(
    caller: Caller, database: Database
) -> None:
    first = save(caller, "oi", "olá")

    second = save(caller, "bom dia", "olá")

    assert second["conversation_id"] != first["conversation_id"]
    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [contents(row) for row in stored] == [["oi", "olá"], ["bom dia", "olá"]]
    assert rows(database, caller.workspace_id, SESSIONS)[0]["conversation_count"] == 2


def test_a_session_of_another_person_is_a_conflict(caller: Caller, database: Database) -> None:
    save(caller, "oi", "olá")
    body = {"session_id": "s", "user_id": "caio", "messages": transcript("eu", "também")}

    refused = caller.tool("save_conversation", body)

    assert (refused.status_code, refused.json["type"]) == (409, "/problems/conflict")
    assert [contents(row) for row in rows(database, caller.workspace_id, CONVERSATIONS)] == [
        ["oi", "olá"]
    ]


@pytest.mark.parametrize("opened_by", ["save_conversation", "create_chat_session"])
def test_a_conflict_creates_nobody(caller: Caller, database: Database, opened_by: str) -> None:
    if opened_by == "save_conversation":
        save(caller, "oi", "olá")
        session = "s"
    else:
        session = caller.tool("create_chat_session", {"user_id": "ana"}).json["session_id"]
    body = {"session_id": session, "user_id": "caio", "messages": transcript("eu")}

    refused = caller.tool("save_conversation", body)

    assert refused.status_code == 409
    assert rows(database, caller.workspace_id, PEOPLE) == [{"user_id": "ana"}]


def test_the_same_session_id_in_another_workspace_is_another_session(
    caller: Caller, database: Database, sign_token: Any
) -> None:
    from factories import make_workspace

    other_id = make_workspace(database)
    other = Caller(caller.client, other_id, sign_token(other_id))
    save(caller, "oi", "olá")

    answer = other.tool(
        "save_conversation",
        {"session_id": "s", "user_id": "caio", "messages": transcript("bom dia")},
    )

    assert answer.status_code == 200
    assert [contents(row) for row in rows(database, other_id, CONVERSATIONS)] == [["bom dia"]]


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (["user", "bot"], "completed"),
        (["user", "agent"], "completed"),
        (["user"], "unanswered"),
        (["user", "bot", "user"], "unanswered"),
        (["user", "system"], "unanswered"),
        (["bot"], "abandoned"),
        (["system"], "abandoned"),
    ],
)
def test_the_completion_status_is_honest(caller: Caller, roles: list[str], status: str) -> None:
    messages = [{"role": role, "content": "x"} for role in roles]

    assert save(caller, messages=messages)["metadata"]["completion_status"] == status


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["Paga por aqui", "Feito, está pago", "Pago! Obrigada"], "completed"),
        (["Abre hoje?", "Até as 20h", "blz", "valeu"], "completed"),
        (["obrigada"], "completed"),  # a channel may tell no answers
        (["Tem horário?", "Sim, às 9h. Confirmo?", "ok"], "unanswered"),
    ],
)
def test_a_closing_remark_waits_for_no_answer_before_and_after_the_analysis(
    caller: Caller, database: Database, drain: Any, texts: list[str], status: str
) -> None:
    roles = ["user", "bot", "user", "user"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]

    saved = save(caller, messages=messages)
    drain()

    analysed = rows(database, caller.workspace_id, CONVERSATIONS)[0]
    assert saved["metadata"]["completion_status"] == status
    assert (analysed["metadata"]["completion_status"], analysed["outcome"]) == (status, status)


def test_thanks_behind_a_question_leave_the_person_waiting(caller: Caller) -> None:
    texts = [("user", "oi"), ("bot", "olá"), ("user", "e o frete?"), ("user", "obrigada")]

    answer = save(caller, messages=[{"role": role, "content": text} for role, text in texts])

    assert answer["metadata"]["completion_status"] == "unanswered"


def test_the_callers_metadata_is_kept_beside_the_computed_facts(caller: Caller) -> None:
    given = {"campaign": "natal", "message_count": 99}

    answer = save(caller, "oi", "olá", metadata=given)

    assert answer["metadata"] == {
        "campaign": "natal",
        "message_count": 2,
        "duration": 60,
        "completion_status": "completed",
    }


def test_a_callers_analysis_is_kept_and_ours_is_stored_beside_it(
    caller: Caller, database: Database, drain: Any
) -> None:
    given = {"intent": "venda_plano", "sentiment": "neutral", "confidence": 0.85}

    save(caller, "quero cancelar, estou furioso", "ok", intent_analysis=given)
    drain()

    stored = rows(database, caller.workspace_id, CONVERSATIONS)[0]
    assert stored["intent_analysis"] == {**given, "source": "caller", "status": "done"}
    assert stored["primary_intent"] == "venda_plano"
    assert stored["sentiment"] == "negative"


@requirement("workflow:analysis-after-saving")
def test_without_an_analysis_ours_follows(caller: Caller, database: Database, drain: Any) -> None:
    save(caller, "quero cancelar, estou furioso", "ok")
    drain()

    analysis = rows(database, caller.workspace_id, CONVERSATIONS)[0]["intent_analysis"]
    confidence, course = analysis.pop("confidence"), analysis.pop("course")
    assert analysis == {
        "intent": "cancellation",
        "sentiment": "negative",
        "source": "talkhub",
        "status": "done",
    }
    assert 0 < confidence <= 1
    assert (course["urgency"], course["handoff_requested"]) == ("none", False)


def test_the_same_key_gives_the_same_answer(caller: Caller, database: Database) -> None:
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("oi", "olá")}
    key = {"Idempotency-Key": "k1"}

    first = caller.tool("save_conversation", body, **key)
    again = caller.tool("save_conversation", body, **key)

    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert len(rows(database, caller.workspace_id, CONVERSATIONS)) == 1


def test_the_same_key_with_another_body_is_refused(caller: Caller, database: Database) -> None:
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("oi"), "idempotency_key": 1}
    caller.tool("save_conversation", body)

    refused = caller.tool("save_conversation", {**body, "messages": transcript("bom dia")})

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/idempotency_mismatch")
    assert [contents(row) for row in rows(database, caller.workspace_id, CONVERSATIONS)] == [["oi"]]


def test_a_key_belongs_to_its_caller(caller: Caller, sign_token: Any) -> None:
    bia = Caller(caller.client, caller.workspace_id, sign_token(caller.workspace_id, subject="bia"))
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("oi")}
    caller.tool("save_conversation", body, **{"Idempotency-Key": "k"})

    answer = bia.tool("save_conversation", {**body, "session_id": "t"}, **{"Idempotency-Key": "k"})

    assert answer.status_code == 200


def test_a_request_that_failed_may_be_repeated_under_its_key(caller: Caller) -> None:
    save(caller, "oi")
    body = {"session_id": "s", "user_id": "caio", "messages": transcript("oi")}
    refused = caller.tool("save_conversation", body, **{"Idempotency-Key": "k"})

    repeated = caller.tool(
        "save_conversation", {**body, "session_id": "t"}, **{"Idempotency-Key": "k"}
    )

    assert [refused.status_code, repeated.status_code] == [409, 200]


def test_savers_of_one_session_at_the_same_time_store_one_conversation(
    app: Flask, caller: Caller, database: Database
) -> None:
    body = {
        "session_id": secrets.token_hex(4),
        "user_id": new_user(),
        "messages": transcript("oi", "olá"),
    }

    def save_it(_: int) -> tuple[int, str]:
        mine = Caller(app.test_client(), caller.workspace_id, caller.token)
        answer = mine.tool("save_conversation", body)
        return answer.status_code, answer.json.get("conversation_id")

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(save_it, range(12)))

    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert len(stored) == 1
    assert set(answers) == {(200, stored[0]["conversation_id"])}


def test_savers_of_growing_transcripts_at_the_same_time_lose_nothing(
    app: Flask, caller: Caller, database: Database
) -> None:
    texts = [f"texto {number}" for number in range(12)]
    session, user = secrets.token_hex(4), new_user()

    def save_it(length: int) -> int:
        mine = Caller(app.test_client(), caller.workspace_id, caller.token)
        body = {"session_id": session, "user_id": user, "messages": transcript(*texts[:length])}
        return mine.tool("save_conversation", body).status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = list(threads.map(save_it, range(1, 13)))

    assert set(statuses) == {200}
    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [contents(row) for row in stored] == [texts]


def test_the_same_transcript_again_is_not_analysed_again(
    caller: Caller, database: Database, drain: Any
) -> None:
    texts = ["qual o horário?", "das 9 às 18", "obrigada!"]
    save(caller, *texts)
    drain()
    analysed = rows(database, caller.workspace_id, CONVERSATIONS)

    again = save(caller, *texts)

    assert rows(database, caller.workspace_id, CONVERSATIONS) == analysed
    assert again["metadata"]["completion_status"] == "completed"


@requirement("analytics:intents")
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Não consigo acessar minha conta, preciso de ajuda", "support"),
        ("Quero comprar o plano anual", "purchase"),
        ("Qual o horário de funcionamento?", "information"),
        ("Isso é um absurdo, vou reclamar no Procon!", "complaint"),
    ],
)
def test_the_originals_four_intents_are_told_apart(
    caller: Caller, database: Database, drain: Any, *, text: str, intent: str
) -> None:
    save(caller, text, "ok")
    drain()

    assert rows(database, caller.workspace_id, CONVERSATIONS)[0]["primary_intent"] == intent
