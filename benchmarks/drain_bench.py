"""`bench drain`: our drain in batches, beside one RQ job for each conversation."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rq import Queue, Worker
from sqlalchemy.engine import URL

from benchmarks import one_job_each, processor
from benchmarks.backlog import EACH, fill_backlog, make_due, outcomes, transcript
from benchmarks.failure import CannotMeasure
from benchmarks.figures import Goal, Sample, ratios, spread
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Contestant, interleave
from benchmarks.service import service_settings
from benchmarks.serving import PROCESSES, PYTHON, running
from benchmarks.settling import ANALYSES_DUE, ANYTHING_DUE, wait_until, wait_until_settled
from benchmarks.stage import Stage, address, empty_redis
from talkhub.analysis.pipeline import analyse_all, load
from talkhub.jobs.queues import connect, open_queue
from talkhub.names import Job
from talkhub.services.access.auth import DEFAULT_WORKSPACE_ID
from talkhub.services.labelling import insights
from talkhub.services.reporting import bucket_stats
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database, workspace_scope

WORK = "conversations analysed, stored and counted"
US, SIMPLE, FORK = "our drain", "a job each, SimpleWorker", "a job each, RQ's default Worker"
WANTED = 30

# About what each gets done in a second: turns of about one length need unequal work.
A_SECOND = {US: 1500, SIMPLE: 250, FORK: 50}

_READY_SECONDS = 60


def measure(stage: Stage, *, seconds: int, rounds: int, progress: Progress) -> Report:
    """Measure all designs on copies of one backlog, and compare what they stored."""
    progress.expect(1 + 3 * rounds)
    counts = {name: rate * seconds // EACH * EACH for name, rate in A_SECOND.items()}
    progress.step(f"{max(counts.values())} conversations")
    fill_backlog(stage.make_database("backlog"), max(counts.values()))
    race = _Race(stage, counts)
    contestants = [Contestant(WORK, name, race.turn(name)) for name in (US, SIMPLE, FORK)]
    results = interleave(contestants, rounds, progress)
    race.compare()
    report = Report("drain", seconds=seconds, rounds=rounds)
    report.sections.append(Section(WORK, results, WORK, against=(SIMPLE, FORK)))
    for name in (FORK, SIMPLE):
        reached = ratios(*([s.per_second for s in results[WORK, one]] for one in (US, name)))
        report.goals.append(Goal(f"{US} against {name}", WANTED, reached))
    alone = analyser_alone()
    share = spread([s.per_second / alone / PROCESSES for s in results[WORK, US]])
    report.facts = {
        "conversations": counts,
        "equal results": f"yes, of the first {min(counts.values())}",
        "analyser alone, one process": f"{alone:.0f} a second",
        f"our drain, of {PROCESSES} such": f"{share.median:.2f}",
    }
    return report


def analyser_alone() -> float:
    """Return how many conversations a second one process analyses and does nothing else."""
    choice = random.Random(2)
    waiting = [transcript(number, choice) for number in range(400)]
    load()
    began = time.perf_counter()
    analyse_all(waiting)
    return len(waiting) / (time.perf_counter() - began)


@dataclass
class _Race:
    """Turns of the designs, each on a fresh copy of the backlog."""

    stage: Stage
    counts: dict[str, int]
    _stored: dict[str, dict[str, Any]] = field(default_factory=dict)

    def turn(self, name: str) -> Callable[[], Sample]:
        """Return a design's turn."""
        return lambda: self._turn(name)

    def compare(self) -> None:
        """Raise CannotMeasure unless all designs stored the same."""
        ours = self._stored[US]
        for name, theirs in self._stored.items():
            for kind, rows in theirs.items():
                if rows != ours[kind]:
                    raise CannotMeasure(f"{name} stored other {kind} than {US}.")

    def _turn(self, name: str) -> Sample:
        url = self.stage.make_database("drained", template="backlog")
        try:
            settings = service_settings(self.stage, url, role="all", port=1)
            count = self.counts[name]
            make_due(url, count)
            sample = self._drained(name, url, settings, count)
            _count_the_rest(url)
            self._stored[name] = outcomes(url, min(self.counts.values()))
        finally:
            self.stage.drop_database("drained")
            empty_redis(self.stage)
        return sample

    def _drained(self, name: str, url: URL, settings: Settings, count: int) -> Sample:
        queue = _queue(name, settings)
        with _workers(name, self.stage.folder, settings) as pids:
            wait_until(lambda: len(Worker.all(queue=queue)) == PROCESSES, _READY_SECONDS)
            spent = [processor.cpu_seconds(pid) for pid in pids]
            postgres = processor.cpu_seconds(self.stage.postgres_pid)
            began = time.perf_counter()
            _ring(name, queue, count)
            wait_until_settled(url, ANYTHING_DUE if name == US else ANALYSES_DUE)
            elapsed = time.perf_counter() - began
            used = [
                processor.used(pid, before, count) for pid, before in zip(pids, spent, strict=True)
            ]
            return Sample(
                count / elapsed,
                server_us=None if None in used else sum(filter(None, used)),
                postgres_us=processor.used(self.stage.postgres_pid, postgres, count),
            )


def _queue(name: str, settings: Settings) -> Queue:
    redis_url = str(settings.redis_url)
    return open_queue(connect(redis_url)) if name == US else one_job_each.open_queue(redis_url)


@contextmanager
def _workers(name: str, folder: Path, settings: Settings) -> Iterator[Sequence[int]]:
    """Run two worker processes, ours under the parent that they have."""
    if name == US:
        commands: list[list[str]] = [[PYTHON, "worker.py"]]
    else:
        kind = "simple" if name == SIMPLE else "fork"
        commands = [[PYTHON, "-m", "benchmarks.one_job_each", kind]] * PROCESSES
    environment = environment_of_child(settings)
    with ExitStack() as stack:
        log = folder / "workers.log"
        started = [
            stack.enter_context(running(command, environment, log=log)) for command in commands
        ]
        yield [process.pid for process in started]


def _ring(name: str, queue: Queue, count: int) -> None:
    if name == US:
        for _ in range(PROCESSES):
            queue.enqueue(f"talkhub.jobs.handlers.{Job.DRAIN_ANALYSIS}", result_ttl=0)
        return
    jobs = [
        Queue.prepare_data(one_job_each.JOB, (number,), result_ttl=0)
        for number in range(1, count + 1)
    ]
    queue.enqueue_many(jobs)


def _count_the_rest(url: URL) -> None:
    """Count what a design left uncounted because another job held the same row."""
    database = Database(address(url), pool_size=1)
    scope = workspace_scope(DEFAULT_WORKSPACE_ID, "benchmark")
    counted = 1
    while counted:
        with database.unit_of_work(scope) as uow:
            counted = bucket_stats.recount_hours(uow, limit=1000)
            counted += insights.recount_profiles(uow, limit=1000)
    database.dispose()
