"""The labelled conversations are sound: each stands for itself, and bad files are refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from test_corpus import near_duplicates

from talkhub.analysis.conversation.labelled import (
    LabelledConversation,
    conversation_files,
    conversations_of,
    read_conversations,
    split_of_people,
)
from talkhub.analysis.examples import (
    BadExamples,
    Split,
    corpus_files,
    read_examples,
    split_of_personas,
)
from talkhub.names import (
    MessageRole,
    Outcome,
    Resolution,
    Sentiment,
    Trajectory,
    Urgency,
)
from talkhub.names.labels import SatisfactionBand

# Whoever says "ok, obrigada" says what others say.
LONG = 40

GOOD: dict[str, Any] = {
    "id": "one",
    "persona": "someone",
    "channel": "whatsapp",
    "lang": "pt",
    "turns": [
        {"who": "user", "text": "abre domingo?", "minutes": 0},
        {"who": "bot", "text": "Abrimos, das 9h às 13h.", "minutes": 0.5},
    ],
    "labels": {
        "outcome": "contained",
        "resolution": "silent",
        "handoff_requested": False,
        "handoff_done": False,
        "bot_failed": False,
        "unanswered": [],
        "urgency": "none",
        "intent": "information",
        "intent_alt": None,
        "sentiment": "neutral",
        "trajectory": "stable",
        "topics": ["horário"],
        "satisfaction_band": "high",
    },
}


@cache
def conversations() -> list[LabelledConversation]:
    return [one for file in conversation_files() for one in read_conversations(file)]


def said_by(conversation: LabelledConversation) -> list[str]:
    return [turn.text for turn in conversation.turns if turn.who == MessageRole.USER]


def test_no_conversation_and_no_long_message_in_one_is_nearly_another() -> None:
    whole = [" ".join(said_by(one)) for one in conversations()]
    long = [text for one in conversations() for text in said_by(one) if len(text) >= LONG]

    assert near_duplicates([text for text in whole if len(text) >= LONG]) == []
    assert near_duplicates(long) == []


def test_no_long_message_of_a_conversation_stands_among_the_labelled_messages() -> None:
    messages = {row.text.casefold() for file in corpus_files() for row in read_examples(file)}
    said = {text.casefold() for one in conversations() for text in said_by(one)}

    assert {text for text in said & messages if len(text) >= LONG} == set()


def test_there_are_enough_of_them_in_each_language() -> None:
    languages = Counter(one.lang for one in conversations())

    assert languages.total() >= 150
    assert (languages["pt"], languages["es"], languages["en"]) >= (100, 10, 10)


@pytest.mark.parametrize("split", [Split.TRAINING, Split.TEST])
def test_what_is_tuned_on_and_what_is_tested_on_have_every_label(split: Split) -> None:
    labels = [one.labels for one in conversations_of([split])]

    assert {it.outcome for it in labels} == set(Outcome)
    assert {it.resolution for it in labels} == set(Resolution)
    assert {it.urgency for it in labels} == set(Urgency)
    assert {it.sentiment for it in labels} == set(Sentiment)
    assert {it.trajectory for it in labels} == set(Trajectory)
    assert {it.satisfaction_band for it in labels} == set(SatisfactionBand)


def test_every_id_is_taken_once() -> None:
    ids = [one.id for one in conversations()]

    assert sorted(set(ids)) == sorted(ids)


def test_every_persona_is_known_and_in_one_split() -> None:
    people, writers = split_of_people(), split_of_personas()

    assert {one.persona for one in conversations()} == set(people)
    both = people.keys() & writers.keys()
    assert {name: people[name] for name in both} == {name: writers[name] for name in both}


def test_no_turn_holds_a_whole_document_or_phone_number() -> None:
    texts = [turn.text for one in conversations() for turn in one.turns]
    runs = [run for text in texts for run in re.findall(r"\d[\d .()/-]{8,}\d", text)]

    assert [run for run in runs if len(re.sub(r"\D", "", run)) >= 10] == []


def with_change(*path: str | int, to: object) -> str:
    changed = json.loads(json.dumps(GOOD))
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "Invalid JSON"),
        (with_change("labels", "urgency", to="high"), "labels.urgency"),
        (with_change("labels", "topics", to=["gatos"]), "'gatos' is none of pedido"),
        (with_change("labels", "intent", to="unknown"), "labels.intent"),
        (with_change("labels", "mood", to="bad"), "labels.mood"),
        (with_change("labels", "unanswered", to=[2]), "unanswered names turn 2"),
        (with_change("labels", "outcome", to="handed_off"), "handed_off without handoff_done"),
        (with_change("turns", 0, "who", to="system"), "turns.0.who"),
        (with_change("turns", 0, "text", to=" "), "turns.0.text"),
        (with_change("turns", 1, "minutes", to=-1), "turns.1.minutes"),
        (with_change("turns", 0, "minutes", to=3), "minutes begin with 0"),
        (json.dumps(GOOD), "the id one is taken"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n", encoding="utf-8")

    with pytest.raises(BadExamples, match=r"talks\.jsonl: line 2: .*") as refused:
        read_conversations(file)

    assert fault in str(refused.value)


def test_a_file_without_conversations_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text("\n", encoding="utf-8")

    with pytest.raises(BadExamples, match="no lines"):
        read_conversations(file)


def test_a_good_line_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(json.dumps(GOOD), encoding="utf-8")

    assert [one.model_dump(mode="json") for one in read_conversations(file)] == [GOOD]
