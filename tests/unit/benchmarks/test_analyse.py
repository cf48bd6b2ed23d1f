"""What `./run bench analyse` makes of its turns."""

from dataclasses import replace

import pytest

from benchmarks.analyse_bench import MESSAGES, WANTED, WITH, WITHOUT, report_of
from benchmarks.analyse_once import Turn

TURN = Turn(
    version="7",
    messages=759,
    conversations=72,
    load_seconds=1.5,
    messages_per_second=WANTED,
    conversations_per_second=200,
    peak_mb=170,
)


@pytest.mark.parametrize(("speed", "is_met"), [(WANTED, True), (WANTED - 1, False)])
def test_the_goal_is_that_of_the_analyser_with_its_encoder(speed: float, *, is_met: bool) -> None:
    with_encoder = [replace(TURN, messages_per_second=speed)] * 3
    without = [replace(TURN, version="7-words", messages_per_second=9_000)] * 3

    report = report_of({WITH: with_encoder, WITHOUT: without})

    assert [goal.is_met for goal in report.goals] == [is_met]
    assert [it.per_second for it in report.sections[0].results[MESSAGES, WITHOUT]] == [9_000] * 3


def test_load_time_is_the_median_and_memory_the_highest() -> None:
    turns = [replace(TURN, load_seconds=load, peak_mb=peak) for load, peak in ((1, 150), (3, 190))]

    report = report_of({WITH: turns, WITHOUT: turns})

    assert report.facts[f"{WITH}, version 7"] == "loaded in 2.0 s, 190 MB"
