"""Templates: what they may say of a person, and what they refuse to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from talkhub.errors import Invalid, PlaceholderNotFilled
from talkhub.services.sending.templates import VARIABLES, fill, known_values

KNOWN = {
    "name": "Ana  Souza",
    "phone": "+5511999990001",
    "email": None,
    "locale": "pt-BR",
    "timezone": "America/Sao_Paulo",
    "primary_intent": "purchase",
    "sentiment": "positive",
    "topics": ["entrega", "pagamento"],
    "started_at": datetime(2026, 3, 3, 1, 30, tzinfo=UTC),
    "conversations": 2,
}


def filled(text: str, **known: object) -> str:
    return fill(text, known_values({**KNOWN, **known}), at=("template",))


def test_everything_that_is_known_can_be_said() -> None:
    said = filled("|".join(f"{{{name}|-}}" for name in VARIABLES))

    assert said == (
        "Ana Souza|Ana|+5511999990001|-|uma compra|positivo|entrega, pagamento|02/03/2026|2"
    )


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en-US", "a purchase, 2026-03-02"), ("es", "una compra, 02/03/2026"), (None, "uma compra")],
)
def test_the_past_is_named_in_the_persons_language(locale: str | None, said: str) -> None:
    assert filled("{last_intent}, {last_conversation}", locale=locale).startswith(said)


def test_what_stands_in_is_said_where_nothing_is_known() -> None:
    assert filled("Olá, {first_name|tudo bem}!", name=None) == "Olá, tudo bem!"
    assert filled("Olá{email|}!") == "Olá!"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("Olá, {frist_name}!", "unknown_variable", "There are: name, first_name"),
        ("Olá, {}!", "unknown_variable", "''"),
        ("Olá, {email}!", "variable_empty", "{email|…}"),
        ("Olá, {last_intent}!", "variable_empty", "last_intent"),
    ],
)
def test_a_hole_is_refused_with_what_to_do_about_it(text: str, code: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        filled(text, primary_intent="other")

    (error,) = refused.value.extra["errors"]
    assert (error["pointer"], error["code"]) == ("/template", code)
    assert told in error["detail"]


def test_what_a_flow_builder_left_unfilled_is_refused() -> None:
    with pytest.raises(PlaceholderNotFilled):
        filled("Olá, {{first_name}}!")
