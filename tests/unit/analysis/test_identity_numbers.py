"""CPF, CNPJ and card numbers are masked but for their last digits; what names people stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.analysis.identity_numbers import masked_numbers, without_numbers


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("meu cpf é 529.982.247-25, ok?", "meu cpf é ***.***.***-25, ok?"),
        ("52998224725", "***.***.***-25"),
        ("529 982 247 25", "***.***.***-25"),
        ("529-982-247-25", "***.***.***-25"),
        ("cnpj 11.222.333/0001-81", "cnpj **.***.***/****-81"),
        ("12.ABC.345/01DE-35", "**.***.***/****-35"),
        ("4111 1111 1111 1111 e 4111111111111111", "**** 1111 e **** 1111"),
        ("4111111111111111/12/29", "**** 1111/12/29"),
        ("4111111111111111-123", "**** 1111-123"),
        ("4111\u00a01111\u00a01111\u00a01111", "**** 1111"),
        ("4111  1111 1111 1111", "**** 1111"),
        ("cartao\n4111.1111.1111.1111", "cartao\n**** 1111"),
        ("amex3782 822463 10005", "amex**** 0005"),
        ("CPF52998224725", "CPF***.***.***-25"),
        ("CPF529.982.247-25", "CPF***.***.***-25"),
        ("_52998224725_", "_***.***.***-25_"),
        ("52998224725/", "***.***.***-25/"),
        ("CNPJ11222333000181.", "CNPJ**.***.***/****-81."),
    ],
)
def test_numbers_are_masked_but_for_their_last_digits(text: str, after: str) -> None:
    assert masked_numbers(text) == after
    assert masked_numbers(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "me liga 11 98765-4321",
        "5511999990001",
        "ana@example.com",
        "pedido 12345678901",
        "custa R$ 1.234.567,89",
        "529 982 247 26",
        "_52998224726_",
        "pedido_4111111111111111",
        "código: 4111111111111111/1",
        "IMG_20260112_123456.jpg e IMG20260112123456",
        "https://host.example/p/4111111111111111",
        "52998224725@example.com",
        "-23.52998224725",
        "3526 0112 3456 4111 1111 1111 1111 2222",
        "fone_11987654321 ou +5511987654321",
        "1529982247251",
        "rua 7",
    ],
)
def test_what_is_no_such_number_stays(text: str) -> None:
    assert masked_numbers(text) == text


def test_numbers_are_masked_at_every_depth_but_not_in_what_names_somebody() -> None:
    cpf, card = "529.982.247-25", 4111111111111111
    kept: dict[str, Any] = {
        "user_id": "52998224725",
        "mediaUrl": f"https://host.example/?n={card}",
        "reply_to": str(card),
        "phones": ["52998224725"],
        "ok": True,
        "none": None,
        "n": 7.5,
    }

    told = {"a": [cpf, {"card": card}], "t": (cpf, "oi"), "number": "5511999990001"}

    found = {"card": {"number": card}, "f": 52998224725.0}

    masked = without_numbers({**kept, **told, **found})

    assert masked == {
        **kept,
        "a": ["***.***.***-25", {"card": "**** 1111"}],
        "t": ("***.***.***-25", "oi"),
        "number": "5511999990001",
        "card": {"number": "**** 1111"},
        "f": "***.***.***-25",
    }


def test_numbers_that_name_members_are_masked_and_no_member_is_lost() -> None:
    told = {"52998224725": 1, "***.***.***-25": 2, "529.982.247-25": 3, "a": 4}

    masked = without_numbers(told)

    names = ("***.***.***-25 (2)", "***.***.***-25", "***.***.***-25 (3)", "a")
    assert masked == dict(zip(names, (1, 2, 3, 4), strict=True))
    assert without_numbers(masked) == masked


@given(st.text(alphabet="0123456789.-/ ABab", max_size=60))
def test_what_was_masked_is_masked_no_further(text: str) -> None:
    once = masked_numbers(text)

    assert masked_numbers(once) == once
