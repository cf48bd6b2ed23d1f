"""What names a person is masked; what only looks like it stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.analysis.examples import corpus_files, read_examples
from talkhub.analysis.personal import Kind, masked, personal_in


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("meu cpf é 111.444.777-35", "meu cpf é [cpf]"),
        ("cpf 11144477735, pode ver?", "cpf [cpf], pode ver?"),
        ("CPF: 111444777-35.", "CPF: [cpf]."),
        ("com um dígito trocado: 111.444.777-34", "com um dígito trocado: [cpf]"),
        ("cnpj 11.222.333/0001-81 da loja", "cnpj [cnpj] da loja"),
        ("cnpj 11222333000181", "cnpj [cnpj]"),
        ("o novo é 12.ABC.345/01DE-35", "o novo é [cnpj]"),
        ("cartão 4111 1111 1111 1111 validade 12/29", "cartão [card] validade 12/29"),
        ("5500-0000-0000-0004", "[card]"),
        ("me liga 11 98765-4321", "me liga [phone]"),
        ("(11) 98765-4321 ou (11) 3456-7890", "[phone] ou [phone]"),
        ("meu zap é 11987654321", "meu zap é [phone]"),
        ("+55 11 98765-4321", "[phone]"),
        ("whatsapp: 5511987654321", "whatsapp: [phone]"),
        ("call me at +1 415 555 2671", "call me at [phone]"),
        ("mi móvil: +34 612 34 56 78", "mi móvil: [phone]"),
        ("98765-4321 falar com a Bia", "[phone] falar com a Bia"),
        ("tel 3456-7890", "tel [phone]"),
        ("manda para ana.lima+x@example.com.br!", "manda para [email]!"),
        ("pix 123e4567-e89b-12d3-a456-426614174000", "pix [pix_key]"),
        ("cep 01310-100", "cep [cep]"),
        ("CEP: 01310100", "CEP: [cep]"),
        ("moro na Rua das Flores, 123, apto 4", "moro na Rua das Flores, [address], apto 4"),
        ("Av. Paulista nº 1578", "Av. Paulista nº [address]"),
        (
            "sou a Ana, 111.444.777-35, ana@example.com, 11 98765-4321",
            "sou a Ana, [cpf], [email], [phone]",
        ),
    ],
)
def test_what_names_a_person_is_masked(text: str, after: str) -> None:
    assert masked(text) == after


@pytest.mark.parametrize(
    "text",
    [
        "pedido 12345678901",
        "pedido nº 11987654321",
        "protocolo: 11987654321",
        "rastreio BR123456789BR",
        "código 4111111111111111",
        "nota 000.123.456",
        "custa R$ 1.234.567,89",
        "paguei 1.500,00 em 12x de 125,00",
        "dia 12/03/2026 às 14h30",
        "de 2019-2020 a 2023-2024",
        "sala 1234-5678",
        "código de barras 34191.79001 01043.510047 91020.150008 5 84410026000",
        "chave 35260311222333000181550010000012341000012345",
        "boleto 11111111111",
        "00000000000",
        "12345678900",
        "estou na rua desde 2019",
        "rua 7",
        "@lojadaana respondeu",
        "versão 10.2.33.1",
        "ligo às 8, 9 ou 10",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert masked(text) == text


def test_kinds_and_places_are_told() -> None:
    text = "ana@example.com e 11 98765-4321"

    found = [(it.kind, text[it.start : it.end]) for it in personal_in(text)]

    assert found == [(Kind.EMAIL, "ana@example.com"), (Kind.PHONE, "11 98765-4321")]


@given(st.text(alphabet="0123456789 .-/()+@aR", max_size=80))
def test_no_stretch_overlaps_another(text: str) -> None:
    found = personal_in(text)

    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= it.start < it.end <= len(text) for it in found)


def test_a_long_text_takes_no_longer_than_its_length() -> None:
    for piece in ("1 ", "a.", "rua x ", "9-", "(", "a", "é", " "):
        assert personal_in(piece * 15_000) == []


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["a@b.co ", "01310-100 "])
def test_nor_does_one_that_is_full_of_them(piece: str) -> None:
    assert len(personal_in(piece * 6_553)) == 6_553


def test_our_corpus_holds_nobodys_number() -> None:
    kinds = {Kind.CPF, Kind.CNPJ, Kind.CARD, Kind.PHONE}
    named = [
        row.text
        for file in corpus_files()
        for row in read_examples(file)
        if kinds & {it.kind for it in personal_in(row.text)}
    ]

    assert named == []
