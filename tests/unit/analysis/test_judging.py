"""The figures of `./run evaluate --conversations` are what a count by hand gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_conversation_corpus import GOOD

from talkhub.analysis.conversation.judging import Answers, judge, labels_of
from talkhub.analysis.conversation.labelled import LabelledConversation, read_conversations


@pytest.fixture
def labelled(tmp_path: Path) -> list[LabelledConversation]:
    file = tmp_path / "talks.jsonl"
    lines = [
        {**GOOD, "id": "one"},
        {**GOOD, "id": "two", "labels": {**GOOD["labels"], "urgency": "money", "bot_failed": True}},
        {**GOOD, "id": "three", "labels": {**GOOD["labels"], "topics": ["preço", "plano"]}},
        {**GOOD, "id": "four", "labels": {**GOOD["labels"], "intent_alt": "purchase"}},
    ]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return read_conversations(file)


def changed(answers: Answers, **values: frozenset[str]) -> Answers:
    return {**answers, **values}


def test_right_answers_have_all_the_points(labelled: list[LabelledConversation]) -> None:
    scores = judge(labelled, [labels_of(one) for one in labelled])

    assert {(score.accuracy, score.f1) for score in scores.values()} == {(1.0, 1.0)}


def test_wrong_answers_cost_what_they_should(labelled: list[LabelledConversation]) -> None:
    right = [labels_of(one) for one in labelled]
    answered = [
        changed(right[0], urgency=frozenset({"money"}), bot_failed=frozenset({"yes"})),
        right[1],
        changed(right[2], topics=frozenset({"preço"})),
        right[3],
    ]

    scores = judge(labelled, answered)

    assert scores["urgency"].accuracy == 0.75
    # none: 2 right of 3 true and 2 answered; money: 1 right of 1 true and 2 answered.
    assert scores["urgency"].f1 == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert scores["bot_failed"].f1 == pytest.approx(2 / 3)
    assert scores["topics"].f1 == pytest.approx(2 * 4 / (5 + 4))
    low, high = scores["urgency"].f1_ci95
    assert low <= scores["urgency"].f1 <= high


def test_an_accepted_alternative_is_right(labelled: list[LabelledConversation]) -> None:
    right = [labels_of(one) for one in labelled]
    wanted = frozenset({"purchase"})

    accepted = judge(labelled, [*right[:3], changed(right[3], intent=wanted)])
    refused = judge(labelled, [changed(right[0], intent=wanted), *right[1:]])

    assert (accepted["intent"].accuracy, refused["intent"].accuracy) == (1.0, 0.75)


def test_guessing_is_the_share_of_the_most_frequent_label(
    labelled: list[LabelledConversation],
) -> None:
    scores = judge(labelled, [labels_of(one) for one in labelled])

    assert scores["urgency"].by_guessing == 0.75
    assert scores["outcome"].by_guessing == 1.0
