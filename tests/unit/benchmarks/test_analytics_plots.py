"""The picture of what questions cost."""

from pathlib import Path

from benchmarks.analytics_plots import write_analytics_plot


def test_what_questions_cost_is_drawn_over_the_number_of_conversations(tmp_path: Path) -> None:
    costs = {"30 days": {10_000: 2.0, 100_000: 2.5}, "one person": {10_000: 1.0, 100_000: 1.1}}

    file = write_analytics_plot(tmp_path / "new", costs, {"30 days": 5})

    assert file.read_bytes().startswith(b"\x89PNG")
