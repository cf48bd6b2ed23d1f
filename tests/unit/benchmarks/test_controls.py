"""`./run soak controls` takes away what is there, and its report tells who noticed."""

from pathlib import Path

import pytest

from benchmarks.failure import CannotMeasure
from benchmarks.soak.controls import Noticed, as_lines, weakened
from benchmarks.soak.weakenings import WEAKENINGS, Weakening

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("weakening", WEAKENINGS, ids=lambda it: it.control)
def test_a_protection_can_be_taken_away_and_its_test_exists(weakening: Weakening) -> None:
    own = (ROOT / weakening.file).read_text()

    assert weakened(weakening, own) != own
    for test in weakening.tests:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text()


def test_a_protection_that_is_not_there_cannot_be_measured() -> None:
    with pytest.raises(CannotMeasure, match="does not hold"):
        weakened(Weakening("x", "a.py", "if wrong:", "if False:", ()), "if right:\n")


def test_what_nobody_noticed_stands_out() -> None:
    found = [Noticed("scopes", "tests/a.py::test_b"), Noticed("limits", None)]

    assert list(as_lines(found)) == [
        "red  scopes: tests/a.py::test_b",
        "GREEN limits: nobody",
        "1 of 2 were noticed",
    ]
