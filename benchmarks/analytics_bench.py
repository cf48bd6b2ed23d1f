"""`bench analytics`: figures of 30 days, a year and a person, at several sizes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks.analytics_plots import write_analytics_plot
from benchmarks.figures import Goal, Sample, ratios, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Results
from benchmarks.service import ADMIN_SECRET, service_settings
from benchmarks.stage import Stage, address
from benchmarks.year import ROUND, Filled, fill_year
from talkhub import clock
from talkhub.app import create_app
from talkhub.services.reporting.analytics import Question, conversation_analytics
from talkhub.services.reporting.wishes import Filters
from talkhub.store.uow import Database, workspace_scope

SIZES = (10_000, 100_000)
COMPARED = 100_000
MONTH, YEAR, PERSON = "30 days", "12 months", "one person"
BUSIEST, CHANNEL = "the busiest person", "30 days of one channel"
REQUEST = "the whole request, 12 months"
"""All of the original's metrics; both periods end today, in the middle of a day and a month."""

WANTED_MS = {MONTH: 5, YEAR: 25, PERSON: 5}
GROWTH = {MONTH: 2, YEAR: 3}
REQUEST_P95_MS = 50
UPKEEP_US = 10


@dataclass
class Year:
    """A year of so many conversations, and how long its questions took, in milliseconds."""

    count: int
    database: Database
    client: FlaskClient
    filled: Filled
    questions: dict[str, Question]
    headers: dict[str, str]
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def ask(self, name: str) -> float:
        """Answer a question, and return how long that took."""
        began = time.perf_counter()
        if name == REQUEST:
            asked = self.questions[YEAR]
            period = {"start": str(asked.start), "end": str(asked.end)}
            path = "/api/v1/mcp/get_conversation_analytics"
            answer = self.client.get(path, query_string=period, headers=self.headers)
            assert answer.status_code == 200, answer.text
        else:
            scope = workspace_scope(self.filled.workspace_id, "benchmark")
            with self.database.read_only(scope) as uow:
                conversation_analytics(uow, self.questions[name])
        return (time.perf_counter() - began) * 1000

    @property
    def name(self) -> str:
        """What the year is called in tables."""
        return f"{self.count:,} conversations"


def measure(  # what the command was given
    stage: Stage,
    *,
    seconds: int,
    rounds: int,
    progress: Progress,
    conversations: int,
    plots: Path | None,
) -> Report:
    """Measure the questions on years of 10,000 and 100,000 conversations, and of more if asked."""
    sizes = sorted({*SIZES, *([conversations] if conversations else [])})
    progress.expect(len(sizes) + rounds)
    results: Results = {}
    names = [MONTH, YEAR, PERSON, BUSIEST, CHANNEL, REQUEST]
    with ExitStack() as stack:
        years = []
        for size in sizes:
            progress.step(f"{size:,} conversations")
            years.append(stack.enter_context(_year(stage, size)))
        for number in range(rounds):
            progress.step(f"round {number + 1}")
            for name in names:
                for year in years:
                    sample = _turn(year, name, seconds / len(names) / len(years))
                    results.setdefault((name, year.name), []).append(sample)
    report = Report("analytics", seconds=seconds, rounds=rounds)
    report.sections = [Section(name, results, name) for name in names]
    report.goals = _goals(results, years)
    report.facts = {year.name: _in_words(year.filled) for year in years}
    if plots is not None:
        costs = {
            name: {year.count: spread(_medians(results, name, year)).median for year in years}
            for name in names
        }
        write_analytics_plot(plots, costs, WANTED_MS)
    return report


@contextmanager
def _year(stage: Stage, count: int) -> Iterator[Year]:
    url = stage.make_database(f"year_{count}")
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    filled = fill_year(url, count, now, lambda _done: None)
    settings = service_settings(stage, url, role="all", port=1)
    # Its lines would stand among the figures.
    app = create_app(settings.model_copy(update={"log_level": "ERROR"}))
    today = now.date()
    month = (today - timedelta(days=29), today)
    questions = {
        MONTH: Question(*month),
        YEAR: Question(today - timedelta(days=364), today),
        PERSON: Question(filters=Filters(user_id=filled.person)),
        BUSIEST: Question(filters=Filters(user_id=filled.busiest)),
        CHANNEL: Question(*month, filters=Filters(channels=("telegram",))),
    }
    client = app.test_client()
    given = {"username": "admin", "admin_secret": ADMIN_SECRET}
    token = client.post("/api/v1/auth/token", json=given).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    database = Database(address(url), pool_size=1)
    try:
        yield Year(count, database, client, filled, questions, headers)
    finally:
        database.dispose()
        app.extensions["talkhub"].database.dispose()
        app.extensions["talkhub"].redis.close()


def _turn(year: Year, name: str, seconds: float) -> Sample:
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


def _medians(results: Results, name: str, year: Year) -> list[float]:
    return [one.p50_ms or 0 for one in results[name, year.name]]


def _goals(results: Results, years: list[Year]) -> list[Goal]:
    last = years[-1]
    before = next(year for year in years if year.count == COMPARED)
    goals = [
        Goal(f"{name}, {last.count:,}: ms", wanted, spread(_medians(results, name, last)), True)
        for name, wanted in WANTED_MS.items()
    ]
    for name, wanted in GROWTH.items():
        if last is not before:
            grown = ratios(_medians(results, name, last), _medians(results, name, before))
            goals.append(Goal(f"{name}: times that of {COMPARED:,}", wanted, grown, at_most=True))
    slow = spread([_quantile(last.times[REQUEST], 0.95)])
    goals.append(Goal(f"{REQUEST}: ms, p95", REQUEST_P95_MS, slow, at_most=True))
    upkeep = spread([last.filled.upkeep_us])
    claim = f"{ROUND} new conversations in an hour: us each to count"
    goals.append(Goal(claim, UPKEEP_US, upkeep, at_most=True))
    return goals


def _in_words(filled: Filled) -> str:
    return (
        f"stored in {filled.stored_seconds:.0f} s, counted in {filled.counted_seconds:.0f} s,"
        f" {filled.gigabytes:.1f} GB"
    )


def _quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]
