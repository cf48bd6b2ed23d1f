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

    masked = without_numbers({**kept, **told, "card": {"number": card}})

    assert masked == {
        **kept,
        "a": ["***.***.***-25", {"card": "**** 1111"}],
        "t": ("***.***.***-25", "oi"),
        "number": "5511999990001",
        "card": {"number": "**** 1111"},
    }


@given(st.text(alphabet="0123456789.-/ ABab", max_size=60))
def test_what_was_masked_is_masked_no_further(text: str) -> None:
    once = masked_numbers(text)

    assert masked_numbers(once) == once
