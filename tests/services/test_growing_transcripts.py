"""A saved transcript grows: over several saves, over parts, and beside a channel's events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_channel, rows, transcript
from providers import Door, said

from talkhub.names import Platform
from talkhub.services.talking.transcripts import MAX_BYTES, MAX_MESSAGES
from talkhub.store.uow import Database

CONVERSATIONS = "select * from conversations order by id"
PERSON = "5511999990001"


def save(caller: Caller, messages: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    body = {"session_id": "s", "user_id": "ana", "messages": messages, **given}
    answer = caller.tool("save_conversation", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def untimed(*texts: str) -> list[dict[str, Any]]:
    return [
        {"role": "bot" if number % 2 else "user", "content": text}
        for number, text in enumerate(texts)
    ]


def contents(conversation: dict[str, Any]) -> list[str]:
    return [message["content"] for message in conversation["messages"]]


def stored_contents(caller: Caller, database: Database) -> list[list[str]]:
    return [contents(row) for row in rows(database, caller.workspace_id, CONVERSATIONS)]


@pytest.fixture
def fed_session(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> Callable[..., str]:
    """Feed a person's session by webhooks and return its id."""
    door = Door(
        caller.client,
        Platform.WHATSAPP,
        make_channel(database, caller.workspace_id, Platform.WHATSAPP),
    )

    def feed(*messages: tuple[str, str]) -> str:
        for at, text in messages:
            assert door.post(said(Platform.WHATSAPP, text, person=PERSON, at=at)).status_code == 200
        drain()
        return rows(database, caller.workspace_id, CONVERSATIONS)[0]["session_id"]

    return feed


@pytest.mark.parametrize("write", [transcript, untimed])
def test_a_longer_transcript_lets_the_conversation_grow(
    caller: Caller, database: Database, write: Callable[..., list[dict[str, Any]]]
) -> None:
    first = save(caller, write("oi", "olá"))

    grown = save(caller, write("oi", "olá", "tudo bem?", "tudo!"))

    assert grown["conversation_id"] == first["conversation_id"]
    assert grown["messages"][:2] == first["messages"]
    assert contents(grown) == ["oi", "olá", "tudo bem?", "tudo!"]
    assert stored_contents(caller, database) == [contents(grown)]


def test_what_grew_is_counted_again(caller: Caller, database: Database) -> None:
    save(caller, transcript("oi"))

    grown = save(caller, transcript("oi", "olá", "obrigada"))

    row = rows(database, caller.workspace_id, CONVERSATIONS)[0]
    assert grown["metadata"] == row["metadata"]
    assert (row["message_count"], row["user_message_count"], row["response_count"]) == (3, 2, 1)
    assert (row["response_ms_total"], row["metadata"]["duration"]) == (60_000, 120)


def test_what_grew_is_analysed_again(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    save(caller, transcript("oi", "olá"))
    drain()

    grown = save(caller, transcript("oi", "olá", "quero cancelar, estou furioso"))
    pending = rows(database, caller.workspace_id, CONVERSATIONS)[0]["intent_analysis"]
    drain()

    analysed = rows(database, caller.workspace_id, CONVERSATIONS)[0]["intent_analysis"]
    assert grown["intent_analysis"]["status"] == pending["status"] == "pending"
    assert (analysed["status"], analysed["intent"]) == ("done", "cancellation")


def test_a_shorter_transcript_takes_nothing_away(caller: Caller, database: Database) -> None:
    whole = save(caller, transcript("oi", "olá", "tudo bem?"))

    late = save(caller, transcript("oi", "olá"))

    assert late["conversation_id"] == whole["conversation_id"]
    assert stored_contents(caller, database) == [["oi", "olá", "tudo bem?"]]


def test_the_same_words_at_another_time_are_another_conversation(
    caller: Caller, database: Database
) -> None:
    save(caller, transcript("oi", "olá", day="2026-03-02"))

    save(caller, transcript("oi", "olá", day="2026-03-03"))

    assert stored_contents(caller, database) == [["oi", "olá"], ["oi", "olá"]]


def test_only_the_last_transcript_of_a_session_grows(caller: Caller, database: Database) -> None:
    save(caller, transcript("oi", "olá"))
    save(caller, transcript("bom dia"))

    save(caller, transcript("bom dia", "bom dia!"))

    assert stored_contents(caller, database) == [["oi", "olá"], ["bom dia", "bom dia!"]]


def test_metadata_is_merged_while_a_transcript_grows(caller: Caller) -> None:
    save(caller, transcript("oi"), metadata={"campaign": "natal", "step": 1})

    grown = save(caller, transcript("oi", "olá"), metadata={"step": 2})

    assert grown["metadata"] == {
        "campaign": "natal",
        "step": 2,
        "message_count": 2,
        "duration": 60,
        "completion_status": "completed",
    }


def test_a_transcript_is_cut_after_five_hundred_messages(
    caller: Caller, database: Database
) -> None:
    texts = [f"texto {number}" for number in range(MAX_MESSAGES + 3)]

    answer = save(caller, untimed(*texts))

    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [(row["part"], row["message_count"]) for row in stored] == [(1, MAX_MESSAGES), (2, 3)]
    assert [text for row in stored for text in contents(row)] == texts
    assert answer["conversation_id"] == stored[1]["conversation_id"]


def test_a_transcript_is_cut_after_256_kilobytes(caller: Caller, database: Database) -> None:
    texts = [f"{number} " + "ã" * 30_000 for number in range(9)]

    save(caller, untimed(*texts))

    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [row["part"] for row in stored] == [1, 2, 3]
    assert [text for row in stored for text in contents(row)] == texts
    sizes = "select max(octet_length(messages::text)) as size from conversations"
    assert rows(database, caller.workspace_id, sizes)[0]["size"] <= MAX_BYTES * 1.01


def test_a_cut_transcript_sent_again_is_recognised(caller: Caller, database: Database) -> None:
    messages = untimed(*(f"texto {number}" for number in range(MAX_MESSAGES + 3)))
    first = save(caller, messages)

    again = save(caller, messages)

    assert again == first
    assert len(stored_contents(caller, database)) == 2


def test_a_cut_transcript_grows_in_its_last_part(caller: Caller, database: Database) -> None:
    texts = [f"texto {number}" for number in range(MAX_MESSAGES + 10)]
    save(caller, untimed(*texts[: MAX_MESSAGES + 3]))

    save(caller, untimed(*texts))

    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [row["message_count"] for row in stored] == [MAX_MESSAGES, 10]
    assert [text for row in stored for text in contents(row)] == texts


def test_a_transcript_that_fills_up_goes_on_in_a_further_part(
    caller: Caller, database: Database
) -> None:
    texts = [f"texto {number}" for number in range(MAX_MESSAGES + 1)]
    save(caller, untimed(*texts[:-2]))

    save(caller, untimed(*texts))

    stored = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [(row["part"], row["message_count"]) for row in stored] == [(1, MAX_MESSAGES), (2, 1)]
    session = rows(database, caller.workspace_id, "select conversation_count from chat_sessions")
    assert session == [{"conversation_count": 2}]


def test_what_a_channel_already_brought_is_not_doubled(
    caller: Caller, database: Database, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"), ("12:02", "meu pedido não chegou"))
    messages = [
        {"role": "user", "content": "oi", "timestamp": "2026-03-02T12:00:01Z"},
        {"role": "bot", "content": "Olá! Como posso ajudar?", "timestamp": "2026-03-02T12:00:30Z"},
        {
            "role": "user",
            "content": "meu pedido não chegou",
            "timestamp": "2026-03-02T12:06:59Z",
        },
    ]

    answer = save(caller, messages, session_id=session, user_id=PERSON)

    assert contents(answer) == ["oi", "Olá! Como posso ajudar?", "meu pedido não chegou"]
    assert stored_contents(caller, database) == [contents(answer)]


def test_the_same_words_more_than_five_minutes_apart_were_said_twice(
    caller: Caller, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"))
    late = [{"role": "user", "content": "oi", "timestamp": "2026-03-02T12:05:01Z"}]

    answer = save(caller, late, session_id=session, user_id=PERSON)

    assert contents(answer) == ["oi", "oi"]


def test_a_word_said_twice_to_the_channel_answers_for_two_sent_ones(
    caller: Caller, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"), ("12:01", "oi"))
    sent = [
        {"role": "user", "content": "oi", "timestamp": f"2026-03-02T12:0{minute}:30Z"}
        for minute in range(3)
    ]

    answer = save(caller, sent, session_id=session, user_id=PERSON)

    assert contents(answer) == ["oi", "oi", "oi"]


def test_the_same_words_of_another_role_are_another_message(
    caller: Caller, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"))
    sent = [{"role": "bot", "content": "oi", "timestamp": "2026-03-02T12:00:05Z"}]

    answer = save(caller, sent, session_id=session, user_id=PERSON)

    assert [(m["role"], m["content"]) for m in answer["messages"]] == [
        ("user", "oi"),
        ("bot", "oi"),
    ]


def test_saving_a_fed_session_again_adds_nothing(
    caller: Caller, database: Database, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"))
    messages = transcript("oi", "olá", "tudo bem?")
    first = save(caller, messages, session_id=session, user_id=PERSON)

    again = save(caller, messages, session_id=session, user_id=PERSON)

    assert again == first
    assert stored_contents(caller, database) == [["oi", "olá", "tudo bem?"]]


def test_saving_a_fed_session_completes_it_and_the_next_message_opens_another(
    caller: Caller, database: Database, fed_session: Callable[..., str]
) -> None:
    session = fed_session(("12:00", "oi"))
    save(caller, transcript("oi", "olá"), session_id=session, user_id=PERSON)

    fed_session(("12:30", "voltei"))

    sessions = "select session_id = %(first)s as is_first, status from chat_sessions order by id"
    assert rows(database, caller.workspace_id, sessions, first=session) == [
        {"is_first": True, "status": "completed"},
        {"is_first": False, "status": "active"},
    ]
    conversations = rows(database, caller.workspace_id, CONVERSATIONS)
    assert [(contents(row), row["status"]) for row in conversations] == [
        (["oi", "olá"], "closed"),
        (["voltei"], "open"),
    ]
