"""What strangers write takes no longer than its length, up to the longest content there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from talkhub.analysis.conversation.course import course
from talkhub.analysis.conversation.service import sentences, unanswered_questions
from talkhub.analysis.conversation.signs import Shown, shown_by_company, shown_by_person
from talkhub.analysis.conversation.turns import Turn, turns_of
from talkhub.analysis.pipeline import analyse
from talkhub.analysis.text import LONGEST_READ, read
from talkhub.memory.cleaning import cleaned
from talkhub.memory.words import terms

LONGEST = 65_536
PIECES = ["a", " ", ".", "?", "!", "\n", "\U0001f600", "1", "a@b.co ", "! ", "?a", ".a", "A×"]

# Whatever takes the square of such a length takes minutes, the rest parts of a second.
pytestmark = pytest.mark.timeout(10)


def turn(content: str) -> Turn:
    messages = [{"id": "1", "role": "user", "content": content}]
    return turns_of(messages, analyse(messages).messages, "pt")[0]


@pytest.mark.parametrize("piece", PIECES)
def test_a_question_is_found_behind_any_text(piece: str) -> None:
    content = f"{piece * (LONGEST // len(piece))}\nabrem domingo?"

    (question,) = unanswered_questions([turn(content)])

    assert content[: question.end].endswith("?" if "?" in piece else "\nabrem domingo?")


@pytest.mark.parametrize("piece", PIECES)
def test_a_text_is_cut_into_sentences_as_far_as_it_is_read(piece: str) -> None:
    spans = list(sentences(f"Abrimos às 9h. {piece * LONGEST}"))

    assert spans[0] == (0, len("Abrimos às 9h."))
    assert all(0 <= start < end <= LONGEST_READ for start, end in spans)


@pytest.mark.parametrize("shown", [shown_by_person, shown_by_company])
def test_short_texts_are_remembered_and_long_ones_are_not(shown: Callable[..., Shown]) -> None:
    short, long = "tá bom, obrigada", "tá bom, obrigada " * 100

    assert shown(short, "pt") is shown(short, "pt")
    assert shown(long, "pt") is not shown(long, "pt")


def test_no_token_is_longer_than_a_word_can_be() -> None:
    for piece in ("a", " :(", " 1", "!", "'", "@"):
        assert max(map(len, read("ok" + piece[:-1] + piece[-1] * LONGEST).words)) <= 40


@pytest.mark.parametrize("piece", PIECES)
def test_how_a_conversation_of_the_longest_texts_went_is_told(piece: str) -> None:
    content = (piece * LONGEST)[:LONGEST]
    messages = [
        {"id": str(number), "role": role, "content": content}
        for number, role in enumerate(["user", "bot", "user", "agent"])
    ]

    told = course(messages, analyse(messages))

    assert all(len(quote.text) <= 201 for quote in told.summary)


@pytest.mark.parametrize("piece", PIECES)
def test_the_memory_takes_in_a_text_of_any_length(piece: str) -> None:
    content = (piece * LONGEST)[:LONGEST]

    assert all(len(term) <= 40 for term in terms(content, "pt"))
    assert len(cleaned(content)) < LONGEST
