"""Health and metrics. Authentication: none; they tell nothing of anyone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from http import HTTPStatus

import redis
import structlog
from flask import Blueprint, Response, request
from prometheus_client.registry import Collector

from talkhub import __version__, clock, metrics
from talkhub.blueprints import leaving
from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import NotFound, Unavailable
from talkhub.names import DatabaseRole
from talkhub.services.labelling.insights import count_outdated
from talkhub.store.needed_schema import needed_revision
from talkhub.store.statements.health import EFFECTIVE_ROLE
from talkhub.store.statements.inbox import INBOX_STATE
from talkhub.store.uow import Database, system_scope

logger = structlog.get_logger(__name__)

REMEMBERED_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 0.5
OUTDATED_COUNTED = 10_000
MIGRATE = "./deploy-talkhub.sh init-supabase, or ./run migrate"
"""What is to be run where the schema is older than this code."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the servers we depend on answer, and what our role and schema there are."""

    has_database: bool
    has_redis: bool
    is_role_safe: bool
    has_schema: bool

    @property
    def is_ready(self) -> bool:
        """Tell whether requests can be served."""
        return self.has_database and self.is_role_safe and self.has_schema

    @property
    def status(self) -> str:
        """Say it in one word."""
        return "healthy" if self.has_database and self.has_redis else "degraded"


NOT_IN_TIME = Health(has_database=False, has_redis=False, is_role_safe=False, has_schema=False)


class HealthCheck:
    """Checks at most once a second, and never makes a caller wait longer than half a second."""

    def __init__(self, database: Database, client: redis.Redis) -> None:
        self._database = database
        self._redis = client
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")
        self._running: Future[Health] | None = None
        self._last = NOT_IN_TIME
        self._checked_at = float("-inf")

    def now(self) -> Health:
        """Return the state of at most a second ago; what does not answer in time is away."""
        with self._lock:
            if time.monotonic() - self._checked_at < REMEMBERED_SECONDS:
                return self._last
            if self._running is None:
                self._running = self._pool.submit(self._check)
            running = self._running
        try:
            health = running.result(LONGEST_WAIT_SECONDS)
        except NotInTime:
            return NOT_IN_TIME
        with self._lock:
            if self._running is running:
                self._running = None
                self._last, self._checked_at = health, time.monotonic()
        return health

    def _check(self) -> Health:
        has_redis = self._pool.submit(self._ping_redis)
        has_database, is_role_safe, has_schema = True, False, False
        try:
            prologue = system_scope("health").prologue()
            role, *claims, revision = self._database.single(prologue, EFFECTIVE_ROLE, {})[0]
            is_role_safe = role == DatabaseRole.SYSTEM and not any(claims)
            has_schema = revision is not None and revision >= needed_revision()
        except Unavailable:
            has_database = False
        except Exception:
            # The database answers, but does not let us become what we must be.
            logger.exception("health_check_refused")
        return Health(
            has_database=has_database,
            has_redis=has_redis.result(),
            is_role_safe=is_role_safe,
            has_schema=has_schema,
        )

    def _ping_redis(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False


def create_blueprint(runtime: Runtime, gate: Gate, service: str) -> Blueprint:
    """Return the health and metrics routes."""
    blueprint = Blueprint("health", __name__)
    check = HealthCheck(runtime.database, runtime.redis)

    @gate.open_to_probes("health")
    def health() -> Response:
        """Tell operators and load balancers how the service is."""
        found = check.now()
        document = {
            "status": found.status,
            "supabase": "connected" if found.has_database else "disconnected",
            "redis": "connected" if found.has_redis else "disconnected",
            "version": __version__,
            "service": service,
            "timestamp": clock.now(),
        }
        return _answer(document, is_up=found.has_database)

    @gate.open_to_probes("livez")
    def livez() -> Response:
        """Tell that this process answers, whatever the database does."""
        return _answer({"status": "alive"}, is_up=True)

    @gate.open_to_probes("readyz")
    def readyz() -> Response:
        """Tell whether this process can serve: database there, schema there, role lowered."""
        if leaving.is_announced():
            return _answer({"status": "leaving"}, is_up=False)
        found = check.now()
        return _answer(_readiness(found), is_up=found.is_ready)

    def prometheus() -> Response:
        """Expose the metrics to whoever comes directly, not through the public proxy."""
        if "X-Forwarded-For" in request.headers:
            raise NotFound("There is nothing here.")
        text = metrics.exposition(
            _collectors(runtime.database),
            pages=runtime.page_metrics,
            shared_dir=runtime.settings.metrics_dir,
        )
        return Response(text, mimetype="text/plain; version=0.0.4; charset=utf-8")

    for path, view in (
        ("/health", health),
        ("/api/health", health),
        ("/livez", livez),
        ("/readyz", readyz),
        ("/metrics", prometheus),
    ):
        blueprint.add_url_rule(path, path.strip("/").replace("/", "_"), view)
    return blueprint


def _readiness(found: Health) -> dict[str, object]:
    document: dict[str, object] = {
        "status": "ready" if found.is_ready else "not_ready",
        "database": found.has_database,
        "role_is_safe": found.is_role_safe,
        "schema": found.has_schema,
        "redis": found.has_redis,
    }
    if found.has_database and not found.has_schema:
        document["run"] = MIGRATE
    return document


def _collectors(database: Database) -> list[Collector]:
    return [
        metrics.InboxCollector(lambda: _inbox_state(database)),
        metrics.OutdatedCollector(lambda: _outdated_analyses(database)),
    ]


def _inbox_state(database: Database) -> tuple[int, float] | None:
    try:
        row = database.single(system_scope("metrics").prologue(), INBOX_STATE, {})[0]
    except Unavailable:
        return None
    return int(row[0]), float(row[1])


def _outdated_analyses(database: Database) -> int | None:
    try:
        with database.read_only(system_scope("metrics")) as uow:
            return count_outdated(uow, at_most=OUTDATED_COUNTED)
    except Unavailable:
        return None


def _answer(document: object, *, is_up: bool) -> Response:
    status = HTTPStatus.OK if is_up else HTTPStatus.SERVICE_UNAVAILABLE
    return private_answer(document, status)
