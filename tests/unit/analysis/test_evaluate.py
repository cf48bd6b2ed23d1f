"""What `./run evaluate` answers, and which files it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from talkhub.analysis.conversation.labelled import CONVERSATIONS
from talkhub.analysis.evaluate import main

HEADER = "text,sentiment,intent,intent_alt,lang\n"
GOOD = (
    HEADER
    + "quero cancelar meu plano,neutral,cancellation,,pt\n"
    + '"que absurdo, péssimo atendimento",negative,complaint,support,pt\n'
    + "¡muchas gracias!,positive,thanks,,es\n"
    + "how much is it?,neutral,purchase,information,en\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labelled.csv"


def test_the_figures_for_machines_have_the_promised_shape(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD, encoding="utf-8")

    assert main([str(file), "--json"]) == 0

    figures = json.loads(capsys.readouterr().out)
    names = ["accuracy", "macro_f1", "ci95", "ece"]
    assert list(figures) == ["n", "sentiment", "intent"]
    assert list(figures["sentiment"]) == names
    assert list(figures["intent"]) == [*names, "accuracy_with_alt"]
    assert figures["n"] == 4
    assert all(len(figures[kind]["ci95"]) == 2 for kind in ("sentiment", "intent"))


def test_whole_conversations_are_judged_by_each_of_their_labels(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([str(CONVERSATIONS / "exemplos.jsonl"), "--conversations", "--json"]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert figures["n"] >= 10
    assert {"outcome", "urgency", "topics", "satisfaction_band"} <= figures["labels"].keys()
    assert list(figures["labels"]["outcome"]) == ["accuracy", "f1", "ci95", "by_guessing"]


def test_a_file_without_conversations_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD, encoding="utf-8")

    assert main([str(file), "--conversations"]) == 2
    assert "line 1" in capsys.readouterr().err


def test_the_same_file_gives_the_same_figures(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD, encoding="utf-8")

    answers = []
    for _ in range(2):
        main([str(file), "--json"])
        answers.append(capsys.readouterr().out)

    assert answers[0] == answers[1]


def test_an_accepted_alternative_counts_as_right(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + "quero cancelar,neutral,support,cancellation,pt\n", encoding="utf-8")

    main([str(file), "--json"])

    intent = json.loads(capsys.readouterr().out)["intent"]
    assert (intent["accuracy"], intent["accuracy_with_alt"]) == (0.0, 1.0)


def test_people_get_tables_with_intervals_and_confusion(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD, encoding="utf-8")

    assert main([str(file)]) == 0

    answer = capsys.readouterr()
    assert "calibration error" in answer.out
    assert "a row for each label" in answer.out
    assert "messages, 4 of 4" in answer.err


def test_pictures_are_drawn_beside_the_figures(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD, encoding="utf-8")

    assert main([str(file), "--json", "--plots", str(tmp_path / "plots")]) == 0

    assert json.loads(capsys.readouterr().out)["n"] == 4
    drawn = {picture.name: picture.read_bytes()[1:4] for picture in tmp_path.glob("plots/*")}
    assert drawn == {
        f"{kind}-{what}.png": b"PNG"
        for kind in ("sentiment", "intent")
        for what in ("confusion", "reliability", "f1")
    }


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (GOOD + "oi,happy,greeting,,pt\n", "row 6: sentiment is 'happy'"),
        (GOOD + "oi,neutral,hello,,pt\n", "row 6: intent is 'hello'"),
        (GOOD + "oi,neutral,unknown,,pt\n", "row 6: intent is 'unknown'"),
        (GOOD + "oi,neutral,greeting,bye,pt\n", "row 6: intent_alt is 'bye'"),
        (GOOD + " ,neutral,greeting,,pt\n", "row 6: the text is empty"),
        (GOOD + "oi,neutral,greeting,,pt,more\n", "row 6: it has more fields"),
        (GOOD + "oi\n", "row 6: sentiment is ''"),
        ("text,sentiment\noi,neutral\n", "lacks the column intent"),
        (HEADER, "has no rows"),
        ("", "lacks the column text, sentiment, intent"),
        (HEADER + '"oi,neutral', "is no CSV file"),
        (HEADER + "bad,x,y,,\n" * 14, "and 4 more rows"),
    ],
)
def test_bad_files_are_refused_with_their_rows(
    file: Path, capsys: pytest.CaptureFixture[str], content: str, complaint: str
) -> None:
    file.write_text(content, encoding="utf-8")

    assert main([str(file), "--json"]) == 2

    answer = capsys.readouterr()
    assert answer.out == ""
    assert complaint in answer.err


def test_a_file_that_is_no_text_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(HEADER.encode() + b"ol\xe1,neutral,greeting,,pt\n")

    assert main([str(file)]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["file.csv", "--split", "test"]])
def test_either_a_file_or_a_split_is_named(arguments: list[str]) -> None:
    assert main(arguments) == 2
