"""`bench analytics`: figures of 30 days and of a year, at two numbers of conversations."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date

from benchmarks.figures import Goal, Sample, ratios, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Results
from benchmarks.stage import Stage, address
from benchmarks.year import Filled, count_year, fill_year
from talkhub.services.analytics import Question, conversation_analytics
from talkhub.services.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.figures import Filters
from talkhub.store.uow import Database, workspace_scope

SMALL = 100_000
MONTH, YEAR, PERSON = "30 days", "12 months", "one person"
QUESTIONS = {
    MONTH: Question(date(2025, 6, 10), date(2025, 7, 9)),
    YEAR: Question(date(2025, 1, 1), date(2025, 12, 31)),
    PERSON: Question(filters=Filters(user_id="user_777")),
}
"""All of the original's metrics."""

WANTED_MS = {MONTH: 5, YEAR: 25, PERSON: 5}
GROWTH = {MONTH: 2, YEAR: 3}
UPKEEP_US = 10


@dataclass
class _Year:
    """A year of so many conversations, and how long its questions took, in milliseconds."""

    count: int
    database: Database
    filled: Filled
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def ask(self, name: str) -> float:
        """Answer a question, and return how long that took."""
        began = time.perf_counter()
        with self.database.read_only(workspace_scope(DEFAULT_WORKSPACE_ID, "benchmark")) as uow:
            conversation_analytics(uow, QUESTIONS[name])
        return (time.perf_counter() - began) * 1000


def measure(
    stage: Stage, *, seconds: int, rounds: int, progress: Progress, conversations: int
) -> Report:
    """Measure the questions on a year of 100,000 conversations, and on one of more if asked."""
    sizes = [SMALL, *([conversations] if conversations else [])]
    progress.expect(len(sizes) + rounds)
    results: Results = {}
    with ExitStack() as stack:
        years = []
        for size in sizes:
            progress.step(f"{size:,} conversations")
            years.append(stack.enter_context(_year(stage, size)))
        for number in range(rounds):
            progress.step(f"round {number + 1}")
            for name in QUESTIONS:
                for year in years:
                    sample = _turn(year, name, seconds / len(QUESTIONS) / len(years))
                    results.setdefault((name, f"{year.count:,} conversations"), []).append(sample)
    report = Report("analytics", seconds=seconds, rounds=rounds)
    report.sections = [Section(name, results, name) for name in QUESTIONS]
    report.goals = _goals(results, years)
    report.facts = {
        f"{name}, {year.count:,} conversations": f"p95 {_quantile(year.times[name], 0.95):.1f} ms"
        for name in QUESTIONS
        for year in years
    } | {
        f"counted, {year.count:,} conversations": f"in {year.filled.seconds:.0f} s"
        for year in years
    }
    return report


@contextmanager
def _year(stage: Stage, count: int) -> Iterator[_Year]:
    url = stage.make_database(f"year_{count}")
    fill_year(url, count)
    filled = count_year(url, count)
    database = Database(address(url), pool_size=1)
    try:
        yield _Year(count, database, filled)
    finally:
        database.dispose()


def _turn(year: _Year, name: str, seconds: float) -> Sample:
    year.ask(name)  # the first answer warms the caches
    end = time.perf_counter() + seconds
    times: list[float] = []
    while not times or time.perf_counter() < end:
        times.append(year.ask(name))
    year.times[name] += times
    return Sample(
        1000 * len(times) / sum(times),
        p50_ms=_quantile(times, 0.5),
        p99_ms=_quantile(times, 0.99),
    )


def _goals(results: Results, years: list[_Year]) -> list[Goal]:
    def medians(name: str, year: _Year) -> list[float]:
        return [one.p50_ms or 0 for one in results[name, f"{year.count:,} conversations"]]

    first, last = years[0], years[-1]
    goals = [
        Goal(f"{name}, {last.count:,}: ms", wanted, spread(medians(name, last)), at_most=True)
        for name, wanted in WANTED_MS.items()
    ]
    if last is not first:
        for name, wanted in GROWTH.items():
            grown = ratios(medians(name, last), medians(name, first))
            goals.append(Goal(f"{name}: times that of {SMALL:,}", wanted, grown, at_most=True))
    upkeep = spread([last.filled.each_us])
    goals.append(Goal("counting a conversation, us", UPKEEP_US, upkeep, at_most=True))
    return goals


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]
