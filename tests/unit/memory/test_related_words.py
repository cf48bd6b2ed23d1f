"""Words that mean nearly the same, from the table that the sentence encoder filled."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.letters import Letters, languages_of
from talkhub.memory.packing import number_of, unpack
from talkhub.memory.query import question
from talkhub.memory.related import likely_languages, related
from talkhub.memory.words import stem


@pytest.mark.parametrize(
    ("word", "other", "language"),
    [
        ("illness", "allergy", "en"),
        ("profession", "jobs", "en"),
        ("crianca", "bebes", "pt"),
        ("remedio", "antibiotico", "pt"),
        ("coche", "vehiculo", "es"),
    ],
)
def test_a_word_finds_what_means_nearly_the_same(word: str, other: str, language: str) -> None:
    # Also holds that the table's stems are those that messages are packed by.
    assert number_of(stem(other, language) or "") in related(word, language)


def test_nothing_counts_as_much_as_the_word_itself() -> None:
    assert 0 < max(related("illness", "en").values()) < 1


def test_a_word_that_nobody_listed_has_no_relatives() -> None:
    assert related("pl0388", "pt") == {}


@pytest.mark.parametrize(
    ("text", "language"),
    [("qual foi o motivo", "pt"), ("what is her job", "en"), ("donde trabaja su hermano", "es")],
)
def test_a_question_is_in_the_language_that_knows_its_words(text: str, language: str) -> None:
    assert likely_languages(text.split()) == [language]


def test_a_question_of_many_words_looks_for_the_nearest_relatives_only() -> None:
    words = ["illness", "profession", "weather", "kitchen", "journey", "music", "school", "money"]
    relatives = {number for word in words for number in related(word, "en")}

    sought = {number for aspect in question(" ".join(words)).aspects for number in aspect.terms}

    assert len(relatives) > 600 > len(sought)


def test_terms_whose_last_bits_are_alike_are_told_apart() -> None:
    shelf = unpack(np.array([8, 0x10005, 0, 0x20005, 0x30005], dtype="<u4").tobytes())

    messages, places = shelf.messages_with(np.array([0x10005, 0x20005], dtype=np.uint32))

    assert (messages.tolist(), places.tolist()) == ([0, 1], [0, 1])


def test_the_letters_of_a_word_tell_its_language() -> None:
    letters = {
        "pt": Letters(dict.fromkeys(["ligação", "pagamento", "entrega", "coração"], 2)),
        "en": Letters(dict.fromkeys(["shipping", "nothing", "though", "working"], 2)),
    }

    assert languages_of("ração", letters) == {"pt"}
    assert languages_of("thing", letters) == {"en"}
    assert languages_of("zzxqj", letters) == set()
