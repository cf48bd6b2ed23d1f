"""What flow builders send, read for what they mean."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import Field, ValidationError

from talkhub.errors import PlaceholderNotFilled
from talkhub.tools.spec import FlowInput, ToolInput


class Address(FlowInput):
    """A nested part."""

    city: str | None = None


class Form(ToolInput):
    """A tool's input with one field of each kind."""

    _structured: ClassVar[frozenset[str]] = frozenset({"data", "items", "address"})

    name: str
    data: dict[str, Any] = Field(default_factory=dict)
    items: list[int] = Field(default_factory=list)
    address: Address = Address()
    is_open: bool = False
    count: int = 1
    note: str | None = None


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"is_open": "true"}, "is_open", True),
        ({"is_open": "0"}, "is_open", False),
        ({"count": "5"}, "count", 5),
        ({"count": ""}, "count", 1),
        ({"count": "{{n}}"}, "count", 1),
        ({"note": ""}, "note", None),
        ({"note": 7}, "note", "7"),
        ({"note": "{{a}} e {{b}}"}, "note", None),
        ({"note": "olá {{nome}}!"}, "note", "olá {{nome}}!"),
        ({"data": '{"a": 1}'}, "data", {"a": 1}),
        ({"data": ""}, "data", {}),
        ({"data": "{{data}}"}, "data", {}),
        ({"items": "[1, 2]"}, "items", [1, 2]),
        ({"items": ["1", "2"]}, "items", [1, 2]),
        ({"address": '{"city": ""}'}, "address", Address()),
        ({"address": {"city": "{{city}}"}}, "address", Address()),
        ({"name": 42}, "name", "42"),
    ],
)
def test_a_value_is_taken_for_what_it_says(
    given: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(Form.model_validate({"name": "Ana", **given}), field) == value


@pytest.mark.parametrize("name", ["{{name}}", " {{name}} ", "wa_{{id}}", "{{a}}{{b}}", "{{}}"])
def test_a_required_placeholder_is_told_as_such(name: str) -> None:
    with pytest.raises(PlaceholderNotFilled) as refused:
        Form.model_validate({"name": name})

    assert refused.value.extra["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize("name", ["{name}", "{ {name} }", "}}{{", "{{name"])
def test_other_braces_are_only_braces(name: str) -> None:
    assert Form.model_validate({"name": name}).name == name


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"data": '{"a": '}, ("data",)),
        ({"data": '{"a": 1, "a": 2}'}, ("data",)),
        ({"items": "[NaN]"}, ("items",)),
        ({"address": '{"city": ['}, ("address",)),
    ],
)
def test_a_text_that_is_not_the_json_it_begins_as_is_pointed_to(
    given: dict[str, str], place: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate({"name": "Ana", **given})

    assert [(e["loc"], e["type"]) for e in refused.value.errors()] == [(place, "json_invalid")]


def test_a_text_full_of_braces_is_read_in_linear_time() -> None:
    # Quadratic reading of this would take hours, and the test's time limit would end it.
    assert Form.model_validate({"name": "{{" * 500_000})
