"""Files in LoCoMo's layout are read as they come, odd ones too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dialogues import Dialogue, Turn, read_dialogues
from benchmarks.failure import CannotMeasure

CONVERSATION: dict[str, Any] = {
    "speaker_a": "Nora",
    "speaker_b": "Abel",
    "session_1_date_time": "1:56 pm on 8 May, 2023",
    "session_1": [
        {"speaker": "Nora", "dia_id": "D1:1", "text": "I adopted a goat."},
        {
            "speaker": "Abel",
            "dia_id": "D1:2",
            "text": "Look!",
            "img_url": ["https://example.org/1.jpg"],
            "blip_caption": "a red tractor in a field",
        },
    ],
    "session_2_date_time": "2:10 pm on 9 May, 2023",
    "session_2": [],
    "session_10": [{"speaker": "Nora", "dia_id": "D10:1", "text": "Bye"}],
    "session_11_date_time": "9:00 am on 1 June, 2023",
}


def asked(evidence: object, **more: object) -> dict[str, Any]:
    return {"question": "What?", "answer": "That", "evidence": evidence, "category": 4, **more}


def read(folder: Path, *questions: dict[str, Any]) -> Dialogue:
    path = folder / "dialogues.json"
    path.write_text(json.dumps([{"conversation": CONVERSATION, "qa": questions}]))
    return read_dialogues(path)[0]


@pytest.mark.parametrize(
    ("evidence", "turns"),
    [
        (["D1:1"], {"D1:1"}),
        (["D1:1; D10:1"], {"D1:1", "D10:1"}),
        (["D1:1 D1:2"], {"D1:1", "D1:2"}),
        (["D:10:1"], {"D10:1"}),
        (["D01:02"], {"D1:2"}),
        (["D1:1", "D9:9", "D"], {"D1:1"}),
        ("D1:2", {"D1:2"}),
    ],
)
def test_evidence_is_understood_however_it_is_written(
    tmp_path: Path, evidence: object, turns: set[str]
) -> None:
    (question,) = read(tmp_path, asked(evidence)).questions

    assert question.evidence == turns


def test_questions_that_nothing_answers_are_passed_over(tmp_path: Path) -> None:
    without = {"question": "What?", "category": 1}
    unknown = [asked(["D7:7"]), asked([]), asked(None), without, asked(["D1:1"], category=5)]

    assert len(read(tmp_path, *unknown, asked(["D1:1"], category=2)).questions) == 1


def test_empty_sessions_are_passed_over_and_undated_ones_follow_the_one_before(
    tmp_path: Path,
) -> None:
    first, last = read(tmp_path, asked(["D1:1"])).sessions

    assert first.began_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert last.began_at == datetime(2023, 5, 10, 14, 10, tzinfo=UTC)
    assert [turn.id for turn in last.turns] == ["D10:1"]


def test_a_picture_is_said_by_its_caption(tmp_path: Path) -> None:
    first, _ = read(tmp_path, asked(["D1:1"])).sessions

    assert first.turns[1] == Turn("D1:2", "Abel", "Look! [a red tractor in a field]")


def test_a_file_without_answerable_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match="no question"):
        read(tmp_path, asked(["D7:7"]))
