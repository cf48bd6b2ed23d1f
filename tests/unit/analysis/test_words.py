"""How a text is cut into words, and how hurried words are brought back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.analysis.phrases import PhraseBook
from talkhub.analysis.spelling import speller
from talkhub.analysis.text import LONGEST_READ, fold, read


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Não É, VOCÊ!", ["nao", "e", ",", "voce", "."]),
        ("muuuito", ["muuito"]),
        ("don't d'água", ["dont", "dagua"]),
        ("segunda-feira", ["segunda", "feira"]),
        ("às 14h30 do dia 10/12", ["as", "<time>", "do", "dia", "<number>"]),
        ("R$ 1.250,90 CPF 111.222.333-44", ["r", "<number>", "cpf", "<number>"]),
        ("ana.lima+x@exemplo.com.br", ["<link>"]),
        ("veja https://exemplo.com/a?b=1 já", ["veja", "<link>", "ja"]),
        ("oi😀😀 :) <3", ["oi", "😀", "😀", ":)", "<3"]),
        ("*bom* _dia_\n\ntchau...", ["bom", "dia", ".", "tchau", "."]),
    ],
)
def test_a_text_becomes_folded_words(content: str, words: list[str]) -> None:
    assert read(content).words == words


def test_a_very_long_text_is_read_up_to_a_limit() -> None:
    assert read("oi " * LONGEST_READ).spans[-1][1] <= LONGEST_READ


@given(st.text(max_size=300))
def test_spans_slice_the_words_out_of_the_text(content: str) -> None:
    text = read(content)

    assert text.words == [fold(content[start:end]) for start, end in text.spans]
    assert text.spans == sorted(text.spans)


def test_abbreviations_doubled_letters_plurals_and_slips_are_brought_back() -> None:
    spell = speller({"voce", "problema", "atendimento", "bom"}, {"vc": "voce"})

    hurried = [
        "vc",
        "boom",
        "problemas",
        "atendimneto",
        "atedimento",
        "atendimennto",
        "atendinento",
    ]
    assert [spell(word) for word in hurried] == [
        "voce",
        "bom",
        "problema",
        *["atendimento"] * 4,
    ]


@pytest.mark.parametrize("word", ["carro", "eduardo", "bem", "tentamento", "<number>", "😀"])
def test_other_words_are_left_alone(word: str) -> None:
    spell = speller({"caro", "educado", "bom", "atendimento"}, {})

    assert spell(word) == word


@pytest.fixture
def book() -> PhraseBook[int]:
    classes = {"want": ["quero", "gostaria de"], "thing": ["plano", "conta"]}
    book: PhraseBook[int] = PhraseBook(classes, join=max)
    book.add("não", 1)
    book.add("não chegou", 2)
    book.add("ótim@ produto(s)", 3)
    book.add("<want> muito? cancelar", 4)
    book.add("veio ... quebrado", 5)
    book.add("<thing>|linha fixa", 6)
    return book


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("não", [(0, 1, 1)]),
        ("ainda não chegou", [(1, 3, 2)]),
        ("ótimas produtos", [(0, 2, 3)]),
        ("ótimo produto", [(0, 2, 3)]),
        ("quero cancelar", [(0, 2, 4)]),
        ("gostaria de muito cancelar", [(0, 4, 4)]),
        ("veio quebrado", [(0, 2, 5)]),
        ("veio todo sujo e quebrado", [(0, 5, 5)]),
        ("veio tudo muito sujo e quebrado", []),
        ("veio , quebrado", []),
        ("conta fixa", [(0, 2, 6)]),
        ("linha fixa", [(0, 2, 6)]),
        ("não não chegou", [(0, 1, 1), (1, 3, 2)]),
        ("gostaria", []),
    ],
)
def test_the_longest_phrase_at_each_place_is_found(
    book: PhraseBook[int], words: str, found: list[tuple[int, int, int]]
) -> None:
    assert book.find([fold(word) for word in words.split()]) == found


def test_a_phrase_written_twice_is_worth_what_join_says(book: PhraseBook[int]) -> None:
    book.add("não", 9)

    assert book.find(["nao"]) == [(0, 1, 9)]
