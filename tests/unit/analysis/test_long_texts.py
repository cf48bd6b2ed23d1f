"""What strangers write takes no longer than its length, up to the longest content there is."""

from __future__ import annotations

import pytest

from talkhub.analysis.conversation.service import sentences, unanswered_questions
from talkhub.analysis.conversation.turns import Turn, turns_of
from talkhub.analysis.pipeline import analyse
from talkhub.analysis.text import LONGEST_READ

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
