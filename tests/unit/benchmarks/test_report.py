import json

import pytest

from benchmarks.figures import Goal, Sample, Spread
from benchmarks.report import Report, Section, write_json, write_tables


@pytest.fixture
def report() -> Report:
    results = {
        ("save", "ours"): [Sample(50.0, p50_ms=2.0), Sample(30.0, p50_ms=4.0)],
        ("save", "pgbench"): [Sample(100.0), Sample(100.0)],
        ("create", "ours"): [Sample(1.0)],
    }
    return Report(
        "http",
        seconds=2,
        rounds=2,
        sections=[Section("saving", results, "save", against=("pgbench",))],
        goals=[Goal("save against pgbench", 0.25, Spread(0.4, 0.3, 0.5))],
    )


def test_json_holds_every_contestant_of_the_work_and_its_ratios(report: Report, capsys) -> None:
    write_json(report)

    document = json.loads(capsys.readouterr().out)
    (section,) = document["sections"]
    assert section["contestants"] == {
        "ours": {
            "per_second": {"median": 40.0, "lowest": 30.0, "highest": 50.0},
            "p50_ms": {"median": 3.0, "lowest": 2.0, "highest": 4.0},
            "times pgbench": {"median": 0.4, "lowest": 0.3, "highest": 0.5},
        },
        "pgbench": {"per_second": {"median": 100.0, "lowest": 100.0, "highest": 100.0}},
    }


def test_a_table_says_of_each_goal_whether_it_was_met(report: Report, capsys) -> None:
    write_tables(report)

    (line,) = (line for line in capsys.readouterr().out.splitlines() if "0.25" in line)
    assert " ".join(line.split()) == "save against pgbench >= 0.25 0.40 (0.30 to 0.50) met"
