"""What the jobs of one worker process share, made once when the process begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from talkhub.analysis.meaning import use_encoder
from talkhub.jobs.bell import Bell
from talkhub.services.people.tombstones import Tombstones
from talkhub.settings import Settings
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.uow import Database
from talkhub.volatile.hints import ChangeHints

WORKER_POOL_SIZE = 2


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The settings, database and hashing keys of a worker, and whether it is to end soon."""

    settings: Settings
    database: Database
    hashing_keys: HashingKeys
    is_stopping: Callable[[], bool]

    @property
    def tombstones(self) -> Tombstones:
        """What keeps erased people out."""
        return Tombstones(self.hashing_keys.tombstones)


_context: WorkerContext | None = None


def begin(settings: Settings, *, is_stopping: Callable[[], bool] = lambda: False) -> WorkerContext:
    """Make this process a worker: RQ hands jobs nothing, so they find their context here."""
    global _context  # noqa: PLW0603 -- one process, one context
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("settings must be resolved before a worker begins")
    use_encoder(wanted=settings.sentence_encoder)
    database = Database(
        settings.database_url,
        pool_size=WORKER_POOL_SIZE,
        ring=Bell(settings.bell_url).ring,
        tell=ChangeHints(settings.redis_url, idle_seconds=60 * settings.session_idle_minutes).tell,
    )
    hashing_keys = HashingKeys(database, settings.keyring)
    _context = WorkerContext(settings, database, hashing_keys, is_stopping)
    return _context


def worker_context() -> WorkerContext:
    """Return the context of this process; raises RuntimeError in one that is no worker."""
    if _context is None:
        raise RuntimeError("this process has not begun as a worker")
    return _context
