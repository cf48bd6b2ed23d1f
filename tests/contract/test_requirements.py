"""Every promise has a test, and every test's promise is one that was made."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from requirements import PROMISES, requirement

TESTS = Path(__file__).parents[1]


def held() -> set[str]:
    """Return the promises that stand above tests."""
    return {
        ast.literal_eval(name)
        for module in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "requirement"
        for name in decorator.args
    }


def test_every_promise_is_held_by_a_test() -> None:
    assert PROMISES.keys() - held() == set()


def test_every_test_holds_a_promise_that_was_made() -> None:
    assert held() - PROMISES.keys() == set()


def test_a_promise_that_was_never_made_cannot_be_held() -> None:
    with pytest.raises(LookupError, match="no such promise"):
        requirement("tools:make-coffee")
