"""What `bench pages` says."""

from benchmarks.pages_bench import report_of


def test_each_page_has_a_goal_for_its_slowest_requests() -> None:
    times = {"overview": [[10.0] * 18 + [200.0] * 2], "people": [[10.0] * 20]}

    report = report_of(times, 20_000, 0.5)

    assert [(goal.claim, goal.is_met) for goal in report.goals] == [
        ("overview: ms, p95", False),
        ("people: ms, p95", True),
    ]
    assert list(report.sections[0].samples()) == ["overview", "people"]
