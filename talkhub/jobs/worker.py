"""The workers: RQ processes that drain what is due, kept alive by one parent.

Beside them runs one courier, which sends messages and delivers outgoing webhooks, and where a
language model is configured one enricher, which asks it; where METRICS_PORT is set, one that
tells metrics.

RQ 3's `SimpleWorker` runs jobs in its own process: a drain does the work of hundreds of
jobs, so a process for each would only cost its start. `TALKHUB_WORKER_CLASS=fork` runs
each drain in a child process instead.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from types import FrameType

import structlog
from rq import SimpleWorker, Worker

from talkhub import tracing
from talkhub.analysis.meaning import use_encoder
from talkhub.analysis.pipeline import load as load_analyser
from talkhub.heartbeat import Heartbeat
from talkhub.jobs.bell import Bell
from talkhub.jobs.context import WORKER_POOL_SIZE, begin
from talkhub.jobs.courier import Courier
from talkhub.jobs.enricher import Enricher, make_caller
from talkhub.jobs.queues import connect, open_queue
from talkhub.logs import configure_logging
from talkhub.metrics import serve_metrics
from talkhub.orphans import end_with_parent
from talkhub.settings import Settings
from talkhub.store.connections import look_for_room, most_connections
from talkhub.store.uow import Database

logger = structlog.get_logger(__name__)

WORKER_TTL_SECONDS = 60
MAINTENANCE_SECONDS = 30
MONITORING_SECONDS = 10
STOP_SECONDS = 30
RESTART_PAUSE_SECONDS = 1.0
POLL_SECONDS = 0.2
COURIER_POOL_SIZE = 8
ENRICHER_POOL_SIZE = 3
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Parent:
    """Starts the worker processes, replaces those that die, stops them together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = False
        # Forked, so that all share the analyser's memory and a replacement is there at once. That
        # is safe here only: this process has no threads and no connections that a fork would
        # copy. Apple's libraries cannot be forked at all.
        if sys.platform.startswith("linux"):
            self._make: Callable[..., BaseProcess] = multiprocessing.get_context("fork").Process
        else:
            self._make = multiprocessing.get_context("spawn").Process

    def run(self) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop)
        load_analyser()
        tasks = [*[work] * self._settings.worker_processes, deliver]
        if self._settings.llm_url:
            tasks.append(enrich)
        if self._settings.metrics_port:
            tasks.append(tell_metrics)
        heartbeat = Heartbeat(self._settings.heartbeat_file)
        processes = [self._start(task) for task in tasks]
        logger.info("workers_started", count=len(processes))
        while not self._stopping:
            time.sleep(POLL_SECONDS)
            heartbeat.beat()
            for place, process in enumerate(processes):
                if not process.is_alive() and not self._stopping:
                    logger.error("worker_died", exit_code=process.exitcode)
                    time.sleep(RESTART_PAUSE_SECONDS)
                    try:
                        processes[place] = self._start(tasks[place])
                    except OSError:  # no memory for it now: tried again at the next look
                        logger.exception("worker_not_started")
        _end(processes)
        logger.info("workers_stopped")

    def _start(self, task: Callable[[Settings, int], None]) -> BaseProcess:
        process = self._make(target=task, args=(self._settings, os.getpid()), name=task.__name__)
        # What arrives in between waits until the child has put off its parent's handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        return process

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _end(processes: Sequence[BaseProcess]) -> None:
    end = time.monotonic() + STOP_SECONDS
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def run(settings: Settings) -> None:
    """Run `settings.worker_processes` workers and a courier until SIGTERM.

    Running batches and deliveries are finished.
    """
    configure_logging(settings.log_level, file=settings.log_file)
    use_encoder(wanted=settings.sentence_encoder)
    look_for_room(settings.database_url or "", part="workers", needed=connections_of(settings))
    _Parent(settings).run()


def connections_of(settings: Settings) -> int:
    """Return how many connections the workers and those beside them open at most."""
    pools = settings.worker_processes * WORKER_POOL_SIZE + COURIER_POOL_SIZE
    return most_connections(1, pools + (ENRICHER_POOL_SIZE if settings.llm_url else 0))


def work(settings: Settings, parent: int) -> None:
    """Be one worker process until SIGTERM, or until RQ gives up; the parent starts another."""
    _begin(settings, parent)
    load_analyser()
    tracing.begin(settings.otlp_endpoint, "worker")
    client = connect(settings.bell_url)
    queue = open_queue(client)
    worker_class = Worker if settings.worker_class == "fork" else SimpleWorker
    worker = worker_class(
        [queue],
        connection=client,
        serializer=queue.serializer,
        worker_ttl=WORKER_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
    )
    # RQ waits for the running job when it is asked to stop; a long drain looks up here.
    begin(settings, is_stopping=lambda: bool(worker._stop_requested))  # noqa: SLF001
    worker.work(logging_level="WARNING", with_scheduler=False)


def _begin(settings: Settings, parent: int) -> None:
    """Become a process of one's own: a fork would stop its siblings when it is told to stop."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    configure_logging(settings.log_level, file=settings.log_file)
    use_encoder(wanted=settings.sentence_encoder)
    end_with_parent(signal.SIGTERM, parent)


def deliver(settings: Settings, parent: int) -> None:
    """Be the courier process until SIGTERM."""
    _begin(settings, parent)
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    database = Database(
        settings.database_url or "",
        pool_size=COURIER_POOL_SIZE,
        ring=Bell(settings.bell_url).ring,
    )
    Courier(database, settings).run(stop)
    database.dispose()


def enrich(settings: Settings, parent: int) -> None:
    """Be the enricher process until SIGTERM."""
    _begin(settings, parent)
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    database = Database(
        settings.database_url or "",
        pool_size=ENRICHER_POOL_SIZE,
        ring=Bell(settings.bell_url).ring,
    )
    Enricher(make_caller(settings, database)).run(stop)
    database.dispose()


def tell_metrics(settings: Settings, parent: int) -> None:
    """Be the process that tells Prometheus what the others measured, until SIGTERM.

    The parent cannot: its children are forked, and must find no thread there.
    """
    _begin(settings, parent)
    serve_metrics(settings.metrics_port or 0, settings.metrics_dir, host=settings.host).join()
