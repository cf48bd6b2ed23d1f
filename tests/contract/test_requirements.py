"""Every promise and rule has a test, and every test's requirement is one of them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from requirements import PROMISES, RULES, requirement

TESTS = Path(__file__).parents[1]


@cache
def held() -> set[str]:
    """Return the requirements that stand above tests."""
    return {
        ast.literal_eval(name)
        for module in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "requirement"
        for name in decorator.args
    }


def test_every_requirement_is_held_by_a_test() -> None:
    assert PROMISES.keys() - held() == set()
    assert RULES.keys() - held() == set()


def test_every_test_holds_a_requirement_that_there_is() -> None:
    assert held() - PROMISES.keys() - RULES.keys() == set()


def test_what_nobody_requires_cannot_be_held() -> None:
    with pytest.raises(LookupError, match="no such requirement"):
        requirement("tools:make-coffee")
