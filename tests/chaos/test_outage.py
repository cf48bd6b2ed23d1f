"""What a soak of outages calls good: accepted without Redis, only 503 without PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.soak.__main__ import run
from benchmarks.soak.outage import OUTAGES, Outages, Period, as_document
from benchmarks.soak.steady import Answers

REDIS, _, DATABASE = OUTAGES


def period(away, statuses: dict[str, int], seconds: float = 0.01, back: float | None = 0.2):
    answers = Answers(Counter(statuses), [seconds] * sum(statuses.values()))
    return Period(away, answers, back)


@pytest.mark.parametrize(
    ("found", "is_good"),
    [
        (period(REDIS, {"200": 1000}), True),
        (period(REDIS, {"200": 1000, "503": 1}), True),
        (period(REDIS, {"200": 998, "503": 2}), False),
        (period(REDIS, {"200": 1000}, seconds=0.6), False),
        (period(REDIS, {"200": 1000}, back=None), False),
        (period(REDIS, {}), False),
        (period(DATABASE, {"503": 1000}), True),
        (period(DATABASE, {"503": 999, "200": 1}), False),
        (period(DATABASE, {"503": 999, "BrokenPipeError": 1}), False),
    ],
)
def test_a_period_is_good_if_the_service_kept_its_word(*, found: Period, is_good: bool) -> None:
    assert found.is_good is is_good


@pytest.mark.parametrize(
    ("outages", "is_good"),
    [
        (Outages([period(REDIS, {"200": 9})], accepted=9, drain_seconds=1.0), True),
        (Outages([period(REDIS, {"200": 9})], accepted=9, drain_seconds=None), False),
        (Outages([period(REDIS, {"200": 9})], 9, 1.0, ["lost: one"]), False),
        (Outages([period(REDIS, {"503": 9})], drain_seconds=1.0), False),
    ],
)
def test_outages_are_good_if_nothing_is_lost_or_left(*, outages: Outages, is_good: bool) -> None:
    assert outages.is_good is is_good


def test_the_document_tells_shares_and_milliseconds() -> None:
    outages = Outages([period(REDIS, {"200": 3, "503": 1}, seconds=0.02)], 3, 0.5)

    told = as_document(outages)["periods"]["Redis gone"]

    assert (told["sent"], told["accepted_share"], told["p99_ms"]) == (4, 0.75, 20.0)


@pytest.mark.parametrize("arguments", [["outage", "--seconds", "0"], ["outage", "--seed", "x"]])
def test_bad_input_is_refused_with_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
