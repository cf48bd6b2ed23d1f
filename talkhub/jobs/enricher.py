"""The enricher: has a language model read conversations, where that is configured.

A process of its own, as the courier is: a model takes seconds for an answer, and its package
40 MB; neither should a worker spend that analyses thousands of messages meanwhile.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

import structlog

from talkhub.enrichment.budget import Budget
from talkhub.enrichment.interface import Interface
from talkhub.enrichment.model import Form
from talkhub.enrichment.queueing import Claimed
from talkhub.enrichment.reading import Reader
from talkhub.errors import Unavailable
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database

logger = structlog.get_logger(__name__)

THREADS = 4
POLL_SECONDS = 1.0
REST_SECONDS = 5.0
# What a call may take beyond its limit: forms that are refused, and the database.
_MARGIN = timedelta(seconds=30)


def make_reader(settings: Settings, database: Database) -> Reader:
    """Return what reads through the interface that the settings name."""
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
    return Reader(database, interface, budget, lease)


class Enricher:
    """Claims conversations while it has threads free, and hands each to one of them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._under_way: set[Future[None]] = set()

    def run(self, stop: threading.Event) -> None:
        """Read until told to stop; what is under way is then finished."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="enricher") as threads:
            while not stop.is_set():
                try:
                    taken = self._hand_out(threads)
                    stop.wait(0 if taken and len(self._under_way) < THREADS else POLL_SECONDS)
                except Unavailable:
                    logger.warning("enricher_waits_for_database")
                    stop.wait(REST_SECONDS)
                except Exception:
                    logger.exception("enricher_failed")
                    stop.wait(REST_SECONDS)

    def drain(self) -> int:
        """Read until nothing is due that may be read; return how many conversations it were."""
        total = 0
        with ThreadPoolExecutor(THREADS) as threads:
            while taken := self._hand_out(threads):
                total += taken
                wait(self._under_way)
        return total

    def _hand_out(self, threads: ThreadPoolExecutor) -> int:
        self._under_way = {future for future in self._under_way if not future.done()}
        room = THREADS - len(self._under_way)
        if not room:
            return 0
        claimed, form = self._reader.claim(room)
        for each in claimed:
            self._under_way.add(threads.submit(self._read, each, form))
        return len(claimed)

    def _read(self, claimed: Claimed, form: Form) -> None:
        try:
            self._reader.read(claimed, form)
        except Unavailable:
            # The lease ends by itself; the attempt stays counted.
            logger.warning("enrichment_not_stored", enrichment=claimed.id)
        except Exception:
            logger.exception("enrichment_failed", enrichment=claimed.id)
