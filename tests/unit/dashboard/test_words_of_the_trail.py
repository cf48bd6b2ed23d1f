"""What the trail's actions are called: each that is written down, in words for people."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from talkhub.blueprints.dashboard.rights.audit_words import (
    action_of_trail,
    detail_of_trail,
    families,
)

PROGRAM = Path(__file__).parents[3] / "talkhub"
ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)+")
WRITERS = frozenset({"audit", "audit_in", "_audit", "note"})


def written_down(tree: ast.AST) -> Iterator[str]:
    """Yield the actions that calls of the writers name, or a variable that is called so."""
    for node in ast.walk(tree):
        named: list[ast.expr] = []
        if isinstance(node, ast.Call):
            func = node.func
            called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            named = [word.value for word in node.keywords if word.arg == "action"]
            named += node.args if called in WRITERS else []
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
            named = [node.value]
        parts = (part for one in named for part in ast.walk(one))
        for part in parts:
            said = part.value if isinstance(part, ast.Constant) else None
            if isinstance(said, str) and ACTION.fullmatch(said):
                yield said


ACTIONS = sorted(
    {
        action
        for path in PROGRAM.rglob("*.py")
        if "audit" in (source := path.read_text()) or ".note(" in source
        for action in written_down(ast.parse(source))
    }
)


@pytest.fixture(scope="module")
def in_portuguese() -> Iterator[None]:
    with Flask(__name__).test_request_context(headers={"Accept-Language": "pt-BR"}):
        yield


@pytest.mark.usefixtures("in_portuguese")
def test_every_action_that_is_written_down_has_a_name_and_a_family() -> None:
    begins = tuple(families())

    assert len(ACTIONS) > 60
    assert [it for it in ACTIONS if action_of_trail(it) == it] == []
    assert [it for it in ACTIONS if not it.startswith(begins)] == []


@pytest.mark.usefixtures("in_portuguese")
def test_details_are_in_words_and_what_has_none_stands_as_it_is():
    told = {"method": "password", "role": "analyst", "is_whole": True, "rows": 3, "odd": [1]}

    said = detail_of_trail(told)

    assert said == "como: senha, papel: Analista, inteira: sim, linhas: 3, odd: [1]"
