"""What the security documents call a test exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/asvs.md", "docs/owasp-api.md")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def named(document: str) -> list[tuple[str, str]]:
    """Return the modules and tests that a document names; a module alone has no test."""
    return NAMED.findall((ROOT / document).read_text())


def exists(path: str, test: str) -> bool:
    module = ROOT / path
    return module.exists() and (not test or f"def {test}(" in module.read_text())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_is_named_as_evidence_exists(document: str) -> None:
    assert named(document)
    assert [f"{path}::{test}" for path, test in named(document) if not exists(path, test)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert exists("tests/contract/test_evidence.py", "exists")
    assert not exists("tests/contract/test_evidence.py", "test_that_nobody_wrote")
    assert not exists("tests/contract/test_nothing.py", "")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_row_names_a_test_or_says_why_there_is_none(document: str) -> None:
    rows = [line for line in (ROOT / document).read_text().splitlines() if line.startswith("| ")]
    told = [row for row in rows if not row.startswith(("| item", "| |"))]

    silent = [
        row
        for row in told
        if not NAMED.search(row)
        and not any(word in row for word in ("not met", "not applicable", "not tested", "operator"))
    ]

    assert silent == []
