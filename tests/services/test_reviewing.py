"""Doubtful analyses are looked at, and what is confirmed is evidence of how right they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from callers import Caller
from conversation_rows import Row, insert_conversations
from factories import transcript

from talkhub.analysis.conversation.course import course
from talkhub.analysis.next_intent import Likely
from talkhub.analysis.pipeline import analyse
from talkhub.names.labels import ReviewKind
from talkhub.services.labelling.next_intents import next_intents, prediction_report
from talkhub.services.labelling.reviewing import review, review_priority, reviewed_accuracy
from talkhub.store.queries.reviews import doubtful_conversations
from talkhub.store.uow import Database, workspace_scope

PEOPLE = "select user_id, id from user_profiles"
PRIORITIES = "select review_priority from conversations order by id"
DOUBT = "update conversations set review_priority = 0.5 + 0.1 * session_id::int"


def priority(text: str, confidence: float | None = None) -> float | None:
    messages = transcript(text)
    found = analyse(messages)
    if confidence is not None:
        found = replace(found, confidence=confidence)
    return review_priority(found, course(messages, found))


def test_what_is_surely_called_need_not_be_looked_at() -> None:
    assert priority("quero cancelar meu plano", 0.9) is None


def test_doubt_about_the_angry_comes_before_doubt_about_others() -> None:
    calm = priority("quero cancelar meu plano", 0.2)
    angry = priority("péssimo, uma vergonha, quero cancelar!!!", 0.2)

    assert calm is not None
    assert angry is not None
    assert angry > calm


def test_what_is_confirmed_leaves_the_list_and_counts_as_right(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    texts = ("então, e aí, resolve ou não", "quero cancelar a assinatura")
    for session, text in enumerate(texts):
        body = {"session_id": str(session), "user_id": "ana", "messages": transcript(text)}
        caller.tool("save_conversation", body)
    drain()

    with database.unit_of_work(workspace_scope(caller.workspace_id, "bia")) as uow:
        stored = uow.run(PRIORITIES).scalars().all()
        uow.run(DOUBT)
        first, second = (before := doubtful_conversations(uow)).lines
        said = {"intent": first.intent, "sentiment": first.sentiment}
        review(uow, first.conversation_id, said, kind=ReviewKind.UNSURE)
        after = doubtful_conversations(uow)
        found = {it.field: (it.right, it.judged) for it in reviewed_accuracy(uow)}

    assert stored == [priority(text) for text in texts]
    assert (before.waiting, first.said) == (2, (texts[1],))
    assert (after.waiting, after.lines) == (1, (second,))
    assert found == {"intent": (1, 1), "sentiment": (1, 1)}


@pytest.fixture
def regulars(database: Database, workspace: int) -> dict[str, int]:
    """Sixteen people who buy, then need help, then buy; their profiles by name."""
    began = datetime(2026, 3, 2, 12, tzinfo=UTC)
    wanted = ("purchase", "support", "purchase")
    rows = [
        Row(f"person {number}", began + timedelta(days=day), intent=intent)
        for number in range(16)
        for day, intent in enumerate(wanted)
    ]
    insert_conversations(database, workspace, rows)
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        return {row.user_id: row.id for row in uow.run(PEOPLE)}


def test_what_follows_among_a_workspaces_people_is_expected_and_judged(
    database: Database, workspace: int, regulars: dict[str, int]
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        found = next_intents(uow, [regulars["person 3"]])
        report = prediction_report(uow)

    ((first, *_),) = found.values()
    assert isinstance(first, Likely)
    assert first.intent == "support"
    assert report is not None
    assert (report.predictions, report.accuracy, report.base) == (32, 1.0, 0.5)
