"""`bench scale`: 1, 2 and 4 web processes and workers, each a node, on one database and Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from rq import Queue, Worker
from sqlalchemy.engine import URL

from benchmarks import processor, workload
from benchmarks.backlog import EACH, fill_backlog, make_due
from benchmarks.figures import Sample
from benchmarks.http_requests import rest_call
from benchmarks.progress import Progress
from benchmarks.report import Report, Section
from benchmarks.rounds import Contestant, Results, interleave
from benchmarks.service import Target, service_settings, talkhub
from benchmarks.serving import PYTHON, running
from benchmarks.settling import ANYTHING_DUE, wait_until, wait_until_settled
from benchmarks.stage import Stage, empty_redis, migrate
from benchmarks.workload import USER_MARK, create_arguments
from benchmarks.wrk import Load, require_wrk, run_wrk
from talkhub.jobs.queues import connect, open_queue
from talkhub.names import Job
from talkhub.settings import environment_of_child

NODES = (1, 2, 4)
CONNECTIONS = 16
CREATE = "create_chat_session"
WEB, WORK = f"web processes: {CREATE}", "workers: conversations analysed, stored and counted"
CONVERSATIONS_A_SECOND = 600
"""About what a worker gets done, so that a turn of one is as long as was asked."""

_READY_SECONDS = 90


def measure(
    stage: Stage, *, seconds: int, rounds: int, progress: Progress, plots: Path | None
) -> Report:
    """Measure both kinds of node, in interleaved rounds."""
    require_wrk()
    progress.expect(1 + 2 * len(NODES) * rounds)
    count = CONVERSATIONS_A_SECOND * seconds // EACH * EACH
    progress.step(f"{count} conversations")
    fill_backlog(stage.make_database("backlog"), count)
    report = Report("scale", seconds=seconds, rounds=rounds, connections=CONNECTIONS)
    results = _web(stage, seconds, rounds, progress) | _workers(stage, count, rounds, progress)
    for work in (WEB, WORK):
        report.sections.append(Section(work, results, work, against=(_name(NODES[0]),)))
    report.facts = {"conversations of a turn": count, "nodes": "a process each, of one machine"}
    if plots is not None:
        from benchmarks.scale_plots import write_scale_plot

        report.facts["picture"] = str(write_scale_plot(plots, _rates(results)))
    return report


def _name(nodes: int) -> str:
    return f"{nodes} node{'s' if nodes > 1 else ''}"


def _rates(results: Results) -> Mapping[str, Mapping[int, float]]:
    """Return the median of what each number of nodes did in a second."""
    return {
        work: {n: median(s.per_second for s in results[work, _name(n)]) for n in NODES}
        for work in (WEB, WORK)
    }


def _web(stage: Stage, seconds: int, rounds: int, progress: Progress) -> Results:
    url = stage.make_database("sessions")
    migrate(url)
    with ExitStack() as started:
        # All of them wait all the time; a turn asks the first few.
        nodes = [
            started.enter_context(talkhub(stage, url, role="api", processes=1))
            for _ in range(max(NODES))
        ]
        contestants = [Contestant(WEB, _name(n), _asking(stage, nodes[:n], seconds)) for n in NODES]
        return interleave(contestants, rounds, progress)


def _asking(stage: Stage, nodes: Sequence[Target], seconds: int) -> Callable[[], Sample]:
    """Return a turn in which a wrk asks each node, with its share of the connections."""

    def ask(number: int) -> Load:
        node = nodes[number]
        folder = stage.folder / f"node-{node.port}"
        folder.mkdir(exist_ok=True)
        # Each node has its people: two wrk with the same ones would wait for each other's locks.
        arguments = create_arguments(f"{number}{USER_MARK}")
        request = folder / "request"
        request.write_bytes(rest_call(CREATE, arguments, port=node.port, token=node.token))
        return run_wrk(
            "turns.lua",
            *(request, workload.PEOPLE, workload.SESSIONS),
            port=node.port,
            connections=CONNECTIONS // len(nodes),
            seconds=seconds,
            folder=folder,
        )

    def turn() -> Sample:
        spent = [processor.cpu_seconds(node.pid) for node in nodes]
        postgres = processor.cpu_seconds(stage.postgres_pid)
        client = processor.children_seconds()
        with ThreadPoolExecutor(len(nodes)) as callers:
            done = list(callers.map(ask, range(len(nodes))))
        count = sum(one.requests for one in done)
        return Sample(
            sum(one.per_second for one in done),
            p50_ms=median(one.p50_ms for one in done),
            p99_ms=max(one.p99_ms for one in done),
            client_us=(processor.children_seconds() - client) / count * 1e6,
            server_us=_used([node.pid for node in nodes], spent, count),
            postgres_us=processor.used(stage.postgres_pid, postgres, count),
        )

    return turn


def _workers(stage: Stage, count: int, rounds: int, progress: Progress) -> Results:
    contestants = [Contestant(WORK, _name(n), _draining(stage, n, count)) for n in NODES]
    return interleave(contestants, rounds, progress)


def _draining(stage: Stage, nodes: int, count: int) -> Callable[[], Sample]:
    """Return a turn in which so many workers share a fresh copy of the backlog."""

    def turn() -> Sample:
        url = stage.make_database("drained", template="backlog")
        try:
            make_due(url, count)
            return _drained(stage, url, nodes, count)
        finally:
            stage.drop_database("drained")
            empty_redis(stage)

    return turn


def _drained(stage: Stage, url: URL, nodes: int, count: int) -> Sample:
    queue = open_queue(connect(stage.redis_url))
    with _started(stage, url, nodes) as pids:
        wait_until(lambda: len(Worker.all(queue=queue)) == nodes, _READY_SECONDS)
        spent = [processor.cpu_seconds(pid) for pid in pids]
        postgres = processor.cpu_seconds(stage.postgres_pid)
        began = time.perf_counter()
        for _ in range(nodes):
            _ring(queue, Job.DRAIN_ANALYSIS)
        wait_until_settled(url, ANYTHING_DUE, sweep=lambda: _ring_again(queue))
        return Sample(
            count / (time.perf_counter() - began),
            server_us=_used(pids, spent, count),
            postgres_us=processor.used(stage.postgres_pid, postgres, count),
        )


def _ring(queue: Queue, job: Job) -> None:
    queue.enqueue(f"talkhub.jobs.handlers.{job}", result_ttl=0)


def _ring_again(queue: Queue) -> None:
    """Ring for what a job left that was out of time."""
    for job in (Job.DRAIN_ANALYSIS, Job.DRAIN_STATS):
        _ring(queue, job)


@contextmanager
def _started(stage: Stage, url: URL, nodes: int) -> Iterator[list[int]]:
    """Run worker.py so many times, with one worker process each."""
    settings = service_settings(stage, url, role="all", port=1, processes=1)
    environment = environment_of_child(settings)
    with ExitStack() as started:
        yield [
            started.enter_context(
                running((PYTHON, "worker.py"), environment, log=stage.folder / "workers.log")
            ).pid
            for _ in range(nodes)
        ]


def _used(pids: Sequence[int], before: Sequence[float | None], count: int) -> float | None:
    used = [processor.used(pid, then, count) for pid, then in zip(pids, before, strict=True)]
    return None if None in used else sum(filter(None, used))
