"""The courier: delivers what is due in the outbox, each endpoint, account and CRM at its own pace.

Not an RQ job: a job ends before its limit and is deaf to the bell while it waits for a slow
endpoint; the courier does neither, and needs no Redis (docs/decisions/0019).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import structlog

from talkhub.crm.registry import PACE
from talkhub.errors import Unavailable
from talkhub.jobs import timing
from talkhub.names.crm import CRMKind
from talkhub.outbound.guarded import GuardedClient
from talkhub.outbound.senders.base import Hosts
from talkhub.services.answering import asking_again
from talkhub.services.connecting import errands
from talkhub.services.connecting.errands import Errand
from talkhub.services.connecting.sessions import SignIn
from talkhub.services.sending import replying
from talkhub.services.sending.replying import QueuedMessage
from talkhub.services.telling import delivering
from talkhub.services.telling.delivering import Delivery
from talkhub.services.telling.webhooks import ROTATION_GRACE
from talkhub.settings import Settings
from talkhub.store.statements.crm import CLAIM_ERRANDS
from talkhub.store.statements.locks import LOCK
from talkhub.store.statements.messages import CLAIM_IN_TURN
from talkhub.store.statements.outbox import CLAIM_MESSAGES
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

logger = structlog.get_logger(__name__)

THREADS = 32
FOR_ENDPOINTS = 8
"""So many threads send people nothing: providers that hang hold up no webhook."""

WIDTH = 4
"""So many deliveries to one endpoint are under way at once; to one that failed last, a single."""

ACCOUNT_WIDTH = 8
"""So many messages are sent through one account at once; after a rest a single one, as a test."""

FOR_CRMS = 8
"""At most so many threads are at CRMs: nobody waits for those."""

CRM_WIDTH = 4
"""So many errands at one CRM are under way at once; after a rest a single one, as a test."""

CRM_BURST = timedelta(seconds=2)
"""So much of a CRM's pace may be used at once by what had to wait."""

POLL_SECONDS = 0.25
REST_SECONDS = 1.0


class Courier:
    """Claims due messages while it has threads free, and hands each to one of them."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        client: GuardedClient | None = None,
        *,
        hosts: Hosts | None = None,
        pace: Mapping[str, timedelta] = PACE,
    ) -> None:
        self._database = database
        self._client = client or GuardedClient(reaches_loopback=settings.webhooks_reach_loopback)
        # Customers' endpoints may be on this machine where a setting says so, providers never.
        self._provider_client = client or GuardedClient()
        self._hosts = hosts or Hosts(uchat=settings.uchat_url)
        self._keyring = settings.keyring
        self._pace = pace
        self._wake = threading.Event()
        self._under_way: set[Future[None]] = set()
        self._sends: set[Future[None]] = set()
        self._at_crms: set[Future[None]] = set()

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
        self._sends &= self._under_way
        self._at_crms &= self._under_way
        room = THREADS - len(self._under_way)
        messages, deliveries, told = self._claim(room) if room else ([], [], [])
        self._sends |= {self._begin(threads, partial(self._send, each)) for each in messages}
        for delivery in deliveries:
            self._begin(threads, partial(self._deliver, delivery))
        self._at_crms |= {self._begin(threads, partial(self._tell_crm, each)) for each in told}
        return len(messages) + len(deliveries) + len(told)

    def _begin(self, threads: ThreadPoolExecutor, errand: Callable[[], None]) -> Future[None]:
        future = threads.submit(errand)
        self._under_way.add(future)
        future.add_done_callback(lambda _done: self._wake.set())
        return future

    def _claim(self, room: int) -> tuple[list[QueuedMessage], list[Delivery], list[Errand]]:
        """Claim what is due: what people wait for, then what systems are told, CRMs last."""
        room_to_send = min(room, THREADS - FOR_ENDPOINTS - len(self._sends))
        with self._database.unit_of_work(system_scope("a drain's claim")) as uow:
            uow.run(LOCK, {"key": "the outbox' claim"})
            messages = self._claim_messages(uow, room_to_send)
            deliveries = self._claim_deliveries(uow, room - len(messages))
            left = room - len(messages) - len(deliveries)
            room_at_crms = min(left, FOR_CRMS - len(self._at_crms))
            return messages, deliveries, self._claim_errands(uow, room_at_crms)

    @staticmethod
    def _claim_messages(uow: UnitOfWork, limit: int) -> list[QueuedMessage]:
        params = {
            "limit": limit,
            "width": ACCOUNT_WIDTH,
            "max_attempts": replying.MAX_ATTEMPTS,
            "lease": timing.DELIVERY_LEASE,
        }
        return [QueuedMessage(**row) for row in uow.run(CLAIM_IN_TURN, params).mappings()]

    @staticmethod
    def _claim_deliveries(uow: UnitOfWork, limit: int) -> list[Delivery]:
        params = {
            "limit": limit,
            "width": WIDTH,
            "max_attempts": delivering.MAX_ATTEMPTS,
            "lease": timing.DELIVERY_LEASE,
            "grace": ROTATION_GRACE,
        }
        return [Delivery(**row) for row in uow.run(CLAIM_MESSAGES, params).mappings()]

    def _claim_errands(self, uow: UnitOfWork, limit: int) -> list[Errand]:
        params = {
            "limit": limit,
            "width": CRM_WIDTH,
            "burst": CRM_BURST,
            "kinds": list(self._pace),
            "apart": list(self._pace.values()),
            "max_attempts": delivering.MAX_ATTEMPTS,
            "lease": timing.DELIVERY_LEASE,
        }
        return [Errand(**row) for row in uow.run(CLAIM_ERRANDS, params).mappings()]

    def _send(self, message: QueuedMessage) -> None:
        def work() -> Callable[[UnitOfWork], None]:
            if asking_again.is_automatic(message):
                scope = workspace_scope(message.workspace_id, "courier")
                with self._database.read_only(scope) as uow:
                    hindrance = asking_again.what_hinders_now(uow, message)
                if hindrance is not None:
                    return lambda uow: asking_again.withdraw(uow, message, hindrance)
            result = replying.attempt(
                self._provider_client, self._hosts, message, keyring=self._keyring
            )
            return lambda uow: replying.settle(uow, message, result)

        self._do(message.id, message.workspace_id, work)

    def _deliver(self, delivery: Delivery) -> None:
        def work() -> Callable[[UnitOfWork], None]:
            outcome = delivering.attempt(self._client, delivery, keyring=self._keyring)
            return lambda uow: delivering.settle(uow, delivery, outcome)

        self._do(delivery.id, delivery.workspace_id, work)

    def _tell_crm(self, errand: Errand) -> None:
        is_generic = errand.crm == CRMKind.GENERIC
        client = self._client if is_generic else self._provider_client
        sign_in = SignIn(self._database, client, self._hosts, self._keyring)

        def work() -> Callable[[UnitOfWork], None]:
            scope = workspace_scope(errand.workspace_id, "courier")
            with self._database.read_only(scope) as uow:
                person = errands.person_told(uow, errand)
            result = errands.attempt(errand, person, sign_in)
            return lambda uow: errands.settle(uow, errand, result)

        self._do(errand.id, errand.workspace_id, work)

    def _do(
        self, message_id: int, workspace_id: int, work: Callable[[], Callable[[UnitOfWork], None]]
    ) -> None:
        """Do the work outside any transaction, then what it returns in one of the workspace."""
        try:
            settle = work()
            with self._database.unit_of_work(workspace_scope(workspace_id, "courier")) as uow:
                settle(uow)
        except Unavailable:
            # The lease ends by itself, and the message is delivered again with the same id.
            logger.warning("delivery_not_settled", message=message_id)
        except Exception:
            logger.exception("delivery_failed", message=message_id)
