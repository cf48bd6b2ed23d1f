"""The pictures of a measurement of the memory."""

from pathlib import Path

from benchmarks.retrieval_bench import BUDGETS, DEPTHS, Retrieval

SUMMARY = {
    "questions": 2,
    "recall": {str(depth): 0.5 for depth in DEPTHS},
    "mrr": 0.5,
    "coverage": {str(budget): 0.75 for budget in BUDGETS},
}


def test_each_side_of_a_measurement_has_its_picture(tmp_path: Path) -> None:
    from benchmarks.retrieval_plots import write_retrieval_plots  # late: it imports matplotlib

    times = {"10000 messages": {"p50": 9.5, "p95": 14.0}}
    found = Retrieval("ours.json", SUMMARY, {"1": SUMMARY}, times, missed=())

    written = write_retrieval_plots(tmp_path / "new", found)

    assert [path.name for path in written] == ["coverage.png", "recall.png", "latency.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
