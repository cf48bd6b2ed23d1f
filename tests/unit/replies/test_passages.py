"""What an imported text is cut into."""

from __future__ import annotations

import time

import pytest

from talkhub.replies.passages import (
    LONGEST_ANSWER,
    BadSource,
    Passage,
    SourceFormat,
    passages_of,
)

OPENING = Passage("Abre domingo?", "Não.")


@pytest.mark.parametrize(
    ("text", "written_as"),
    [
        ("pergunta;resposta\nAbre domingo?;Não.\n", SourceFormat.CSV),
        ("\ufeffid,Respuesta,Pregunta\n7,Não.,Abre domingo?\n", SourceFormat.CSV),
        ('"Abre domingo?","Não."\n\n', SourceFormat.CSV),
        ("# Abre **domingo**?\n\nNão.\n", SourceFormat.MARKDOWN),
        ("P: Abre domingo?\nR: Não.\n", SourceFormat.TEXT),
        ("Abre domingo?\n\nNão.", SourceFormat.TEXT),
    ],
)
def test_a_question_and_its_answer_are_read_however_they_are_written(
    text: str, written_as: SourceFormat
) -> None:
    assert passages_of(text, written_as) == [OPENING]


def test_a_paragraph_without_a_question_is_a_passage_too() -> None:
    found = passages_of("Não temos filiais.\n\nAbre domingo?\nNão.", SourceFormat.TEXT)

    assert found == [Passage("", "Não temos filiais."), OPENING]


def test_an_answer_longer_than_a_channel_takes_is_cut_at_the_ends_of_sentences() -> None:
    sentence = f"{'ã' * 300}."

    found = passages_of(f"# A\n{' '.join([sentence] * 4)}", SourceFormat.MARKDOWN)

    assert [it.answer for it in found] == [sentence] * 4
    assert all(len(it.answer.encode()) <= LONGEST_ANSWER for it in found)


@pytest.mark.parametrize(
    ("text", "written_as"),
    [
        ("", SourceFormat.TEXT),
        ("só uma coluna\n", SourceFormat.CSV),
        ("# A\n", SourceFormat.MARKDOWN),
        ("pergunta,resposta\nAbre\rdomingo?,Não.\n", SourceFormat.CSV),
        (f"pergunta,resposta\nAbre domingo?,{'a' * 131_073}\n", SourceFormat.CSV),
    ],
)
def test_a_text_with_nothing_to_answer_is_refused(text: str, written_as: SourceFormat) -> None:
    with pytest.raises(BadSource):
        passages_of(text, written_as)


def test_a_text_of_nothing_but_marks_takes_no_longer_than_another() -> None:
    began = time.process_time()

    passages_of("# A\n" + "*b " * 4_000, SourceFormat.MARKDOWN)

    assert time.process_time() - began < 1  # one mark looked for its like in all the rest: 6
