"""The enricher: has a language model read conversations and word replies, where one is configured.

A process of its own, as the courier is: a model takes seconds for an answer, and its package
40 MB; neither should a worker spend that analyses thousands of messages meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial

import structlog

from talkhub.enrichment.budget import Budget
from talkhub.enrichment.calling import Caller
from talkhub.enrichment.interface import Interface
from talkhub.enrichment.reading import Reader
from talkhub.enrichment.writing import Writer
from talkhub.errors import Unavailable
from talkhub.services.answering.queueing import DueReply
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database

logger = structlog.get_logger(__name__)

READING, WRITING = 4, 2
"""So many conversations are read and replies worded at once: nobody's answer waits for readings."""

THREADS = READING + WRITING
POLL_SECONDS = 1.0
REST_SECONDS = 5.0
# What a call may take beyond its limit: forms that are refused, and the database.
_MARGIN = timedelta(seconds=30)


def make_caller(settings: Settings, database: Database) -> Caller:
    """Return what asks the interface that the settings name."""
    interface = Interface(
        settings.llm_url or "",
        key=reveal(settings.llm_key),
        model=settings.llm_model or "",
        seconds=settings.llm_seconds,
    )
    budget = Budget(
        daily_tokens=settings.llm_daily_tokens,
        daily_cost=settings.llm_daily_cost,
        price_sent=settings.llm_price_input,
        price_received=settings.llm_price_output,
    )
    lease = timedelta(seconds=2 * settings.llm_seconds) + _MARGIN
    return Caller(database, interface, budget, lease)


class Enricher:
    """Claims replies and conversations while it has threads free, and hands each to one of them."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._reader, self._writer = Reader(caller), Writer(caller)
        self._readings: set[Future[None]] = set()
        self._writings: set[Future[None]] = set()

    def run(self, stop: threading.Event) -> None:
        """Read and write until told to stop; what is under way is then finished."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="enricher") as threads:
            while not stop.is_set():
                try:
                    taken = self._hand_out(threads)
                    stop.wait(0 if taken and self._room() else POLL_SECONDS)
                except Unavailable:
                    logger.warning("enricher_waits_for_database")
                    stop.wait(REST_SECONDS)
                except Exception:
                    logger.exception("enricher_failed")
                    stop.wait(REST_SECONDS)

    def drain(self) -> int:
        """Go on until nothing is due that may be asked about; return how much it was."""
        total = 0
        with ThreadPoolExecutor(THREADS) as threads:
            while taken := self._hand_out(threads):
                total += taken
                wait(self._readings | self._writings)
        return total

    def _room(self) -> int:
        return THREADS - len(self._readings) - len(self._writings)

    def _hand_out(self, threads: ThreadPoolExecutor) -> int:
        self._readings = {future for future in self._readings if not future.done()}
        self._writings = {future for future in self._writings if not future.done()}
        if not (room := self._room()):
            return 0
        room, form = self._caller.room(room)
        to_write = self._claim_replies(room)
        room = min(room - len(to_write), READING - len(self._readings))
        to_read = self._reader.claim(room) if room else []
        for due in to_write:
            work = partial(self._writer.write, due, form)
            self._writings.add(threads.submit(self._do, work, reply=due.id))
        for claimed in to_read:
            work = partial(self._reader.read, claimed, form)
            self._readings.add(threads.submit(self._do, work, enrichment=claimed.id))
        return len(to_write) + len(to_read)

    def _claim_replies(self, room: int) -> list[DueReply]:
        room = min(room, WRITING - len(self._writings))
        return self._writer.claim(room) if room else []

    def _do(self, work: Callable[[], None], **about: int) -> None:
        try:
            work()
        except Unavailable:
            # The lease ends by itself; the attempt stays counted.
            logger.warning("enrichment_not_stored", **about)
        except Exception:
            logger.exception("enrichment_failed", **about)
