"""What a text is found by."""

import pytest

from talkhub.memory.words import stem, terms


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("pt", ["ligação", "Ligações", "LIGACAO", "ligacoes"]),
        ("pt", ["troquei", "trocou", "trocar", "troca"]),
        ("pt", ["paguei", "pagou", "pago", "pagamento"]),
        ("pt", ["fiz", "fez", "fazer", "feito"]),
        ("pt", ["pedido", "pedidos", "pedi"]),
        ("pt", ["e-mail", "email", "mail"]),
        ("en", ["went", "going", "gone", "go"]),
        ("en", ["children", "kids", "child"]),
        ("es", ["quiero", "quise", "querer"]),
    ],
)
def test_all_forms_of_a_word_are_one(language: str, forms: list[str]) -> None:
    found = {tuple(term for term in terms(form, language) if len(term) > 1) for form in forms}

    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("manda pra joana.lima@exemplo.com.br", "#email"),
        ("meu zap é (11) 99999-0001", "#phone"),
        ("saiu por R$ 30", "#money"),
        ("foram 30 reais", "#money"),
        ("pode ser dia 12/10", "#time"),
        ("amanhã às 14h30", "#time"),
        ("ontem", "#time"),
        ("fica na Av. Brasil, 01310-100", "#place"),
        ("protocolo BR99812", "#code"),
        ("são 3 caixas", "#number"),
        ("são três caixas", "#number"),
    ],
)
def test_what_kind_of_thing_stands_there_is_told(text: str, shape: str) -> None:
    assert shape in terms(text, "pt")


@pytest.mark.parametrize("text", ["", "de que a para", "@", "...", "😀"])
def test_what_says_nothing_is_found_by_nothing(text: str) -> None:
    assert terms(text, "pt") == []


def test_a_stop_word_of_any_language_has_no_stem() -> None:
    assert [stem(word, "pt") for word in ("para", "the", "los")] == [None, None, None]


def test_a_very_long_word_is_cut() -> None:
    assert len(terms("k" * 4_000, "pt")[0]) <= 40


@pytest.mark.parametrize("letter", ["k", "1"])
def test_words_that_differ_only_beyond_the_cut_are_remembered_as_one(letter: str) -> None:
    assert stem(letter * 50, "pt") is stem(letter * 60, "pt")
