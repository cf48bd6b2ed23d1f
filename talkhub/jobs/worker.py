"""The workers: RQ processes that drain what is due, kept alive by one parent.

Beside them runs one courier, which sends messages and delivers outgoing webhooks.

RQ 3's `SimpleWorker` runs jobs in its own process: a drain does the work of hundreds of
jobs, so a process for each would only cost its start. `TALKHUB_WORKER_CLASS=fork` runs
each drain in a child process instead.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import FrameType

import structlog
from rq import SimpleWorker, Worker

from talkhub.analysis.pipeline import load as load_analyser
from talkhub.jobs.bell import Bell
from talkhub.jobs.context import begin
from talkhub.jobs.courier import Courier
from talkhub.jobs.queues import connect, open_queue
from talkhub.logs import configure_logging
from talkhub.orphans import end_with_parent
from talkhub.settings import Settings
from talkhub.store.uow import Database

logger = structlog.get_logger(__name__)

WORKER_TTL_SECONDS = 60
MAINTENANCE_SECONDS = 30
MONITORING_SECONDS = 10
STOP_SECONDS = 30
RESTART_PAUSE_SECONDS = 1.0
POLL_SECONDS = 0.2
COURIER_POOL_SIZE = 8


class _Parent:
    """Starts the worker processes, replaces those that die, stops them together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = False
        self._processes: list[BaseProcess] = []
        # Spawned, not forked: a fork would copy threads' locks and open connections.
        self._make = multiprocessing.get_context("spawn").Process

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        tasks = [*[work] * self._settings.worker_processes, deliver]
        self._processes = [self._start(task) for task in tasks]
        logger.info("workers_started", count=len(self._processes))
        while not self._stopping:
            time.sleep(POLL_SECONDS)
            for place, process in enumerate(self._processes):
                if not process.is_alive() and not self._stopping:
                    logger.error("worker_died", exit_code=process.exitcode)
                    time.sleep(RESTART_PAUSE_SECONDS)
                    self._processes[place] = self._start(tasks[place])
        self._wait()
        logger.info("workers_stopped")

    def _start(self, task: Callable[[Settings, int], None]) -> BaseProcess:
        process = self._make(target=task, args=(self._settings, os.getpid()), name=task.__name__)
        process.start()
        return process

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for process in self._processes:
            if process.is_alive() and process.pid is not None:
                os.kill(process.pid, signal.SIGTERM)

    def _wait(self) -> None:
        end = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def run(settings: Settings) -> None:
    """Run `settings.worker_processes` workers and a courier until SIGTERM.

    Running batches and deliveries are finished.
    """
    configure_logging(settings.log_level)
    _Parent(settings).run()


def work(settings: Settings, parent: int) -> None:
    """Be one worker process until SIGTERM, or until RQ gives up; the parent starts another."""
    configure_logging(settings.log_level)
    end_with_parent(signal.SIGTERM, parent)
    load_analyser()
    client = connect(settings.redis_url or "")
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


def deliver(settings: Settings, parent: int) -> None:
    """Be the courier process until SIGTERM."""
    configure_logging(settings.log_level)
    end_with_parent(signal.SIGTERM, parent)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(
        settings.database_url or "",
        pool_size=COURIER_POOL_SIZE,
        ring=Bell(settings.redis_url or "").ring,
    )
    Courier(database, settings).run(stop)
    database.dispose()
