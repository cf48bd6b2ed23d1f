"""The courier: delivers what is due in the outbox, each endpoint at its own pace.

Not an RQ job: a job ends before its limit and is deaf to the bell while it waits for a slow
endpoint; the courier does neither, and needs no Redis (docs/decisions/0019).
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from talkhub.errors import Unavailable
from talkhub.jobs import timing
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.delivering import MAX_ATTEMPTS, Delivery, attempt, settle
from talkhub.services.webhooks import ROTATION_GRACE
from talkhub.settings import Settings, reveal
from talkhub.store.statements.locks import LOCK
from talkhub.store.statements.outbox import CLAIM_MESSAGES
from talkhub.store.uow import Database, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

THREADS = 32
WIDTH = 4
"""So many deliveries to one endpoint are under way at once; to one that failed last, a single."""

POLL_SECONDS = 0.25
REST_SECONDS = 1.0


class Courier:
    """Claims due messages while it has threads free, and hands each to one of them."""

    def __init__(
        self, database: Database, settings: Settings, client: GuardedClient | None = None
    ) -> None:
        self._database = database
        self._client = client or GuardedClient(reaches_loopback=settings.webhooks_reach_loopback)
        self._key = reveal(settings.encryption_key)
        self._wake = threading.Event()
        self._under_way: set[Future[None]] = set()

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; what is under way is then finished."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="courier") as threads:
            while not stop.is_set():
                try:
                    self._hand_out(threads)
                except Unavailable:
                    logger.warning("courier_waits_for_database")
                    stop.wait(REST_SECONDS)
                except Exception:
                    logger.exception("courier_failed")
                    stop.wait(REST_SECONDS)
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()

    def drain(self) -> int:
        """Deliver until nothing is due and nothing under way; return how many attempts it were."""
        total = 0
        with ThreadPoolExecutor(THREADS) as threads:
            while (claimed := self._hand_out(threads)) or self._under_way:
                total += claimed
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()
        return total

    def _hand_out(self, threads: ThreadPoolExecutor) -> int:
        self._under_way = {future for future in self._under_way if not future.done()}
        room = THREADS - len(self._under_way)
        claimed = self._claim(room) if room else []
        for delivery in claimed:
            future = threads.submit(self._deliver, delivery)
            self._under_way.add(future)
            future.add_done_callback(lambda _done: self._wake.set())
        return len(claimed)

    def _claim(self, limit: int) -> list[Delivery]:
        params = {
            "limit": limit,
            "width": WIDTH,
            "max_attempts": MAX_ATTEMPTS,
            "lease": timing.LEASE,
            "grace": ROTATION_GRACE,
        }
        with self._database.unit_of_work(system_scope("a drain's claim")) as uow:
            uow.run(LOCK, {"key": "the outbox' claim"})
            return [Delivery(**row) for row in uow.run(CLAIM_MESSAGES, params).mappings()]

    def _deliver(self, delivery: Delivery) -> None:
        try:
            outcome = attempt(self._client, delivery, key=self._key)
            scope = workspace_scope(delivery.workspace_id, "courier")
            with self._database.unit_of_work(scope) as uow:
                settle(uow, delivery, outcome)
        except Unavailable:
            # The lease ends by itself, and the message is delivered again with the same id.
            logger.warning("delivery_not_settled", message=delivery.id)
        except Exception:
            logger.exception("delivery_failed", message=delivery.id)
