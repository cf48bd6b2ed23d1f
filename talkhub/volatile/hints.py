"""Hints that a session changed, kept nowhere, and the sessions that are active, kept for a while.

Where a workspace's hints stand is kept too: who sees another position than before missed one.

Listeners read what changed themselves. With Redis away no hint is sent and no session shown, and
nobody can begin to listen; what they would see is in the database all the same.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import redis

from talkhub.errors import Unavailable
from talkhub.own_thread import OwnThread
from talkhub.volatile.redis_client import web_client

SHORTEST_PAUSE_SECONDS = 0.2
MOST_SHOWN = 100
"""So many sessions are shown at a time: in a flood the showing must not slow what it shows."""

POSITION_SECONDS = 3_600
_UNMOVED = "0"
_UNKNOWN = "unknown"


# As one command: packing one for each session takes Python five times as long.
_SHOW = """
for place, key in ipairs(KEYS) do
  local state = ARGV[place + 1]
  if state == '' then redis.call('DEL', key) else redis.call('SET', key, state, 'EX', ARGV[1]) end
end
"""


class ChangeHints:
    """Sends hints at most five times a second and process, off the callers' threads.

    An active session is `session:<workspace>:<session_id>` for `idle_seconds` after its last
    activity: then it has fallen silent. Nothing reads it but people who look into Redis: one
    statement of PostgreSQL's answers as fast.
    """

    def __init__(self, redis_url: str, *, idle_seconds: int = 1_800) -> None:
        self._redis_url = redis_url
        self._idle_seconds = idle_seconds
        self._changed: defaultdict[int, set[str]] = defaultdict(set)
        self._shown: dict[str, bytes] = {}
        self._wake = threading.Condition()
        self._thread = OwnThread(self._run, name="hints")

    def tell(
        self, workspace_id: int, changed: Iterable[str], active: Mapping[str, bytes | None]
    ) -> None:
        """Have the listeners of a workspace told, within a moment, that sessions changed.

        `active` are sessions with the state to show; without one they are active no longer.
        """
        with self._wake:
            self._thread.start()
            if changed:
                self._changed[workspace_id].update(changed)
            for session_id, state in active.items():
                if len(self._shown) >= MOST_SHOWN:
                    break
                self._shown[f"session:{workspace_id}:{session_id}"] = state or b""
            self._wake.notify_all()  # a fork remembers a waiter that it does not have

    def _run(self) -> None:
        client = web_client(self._redis_url)
        while True:
            with self._wake:
                while not self._changed and not self._shown:
                    self._wake.wait()
                changed, self._changed = self._changed, defaultdict(set)
                shown, self._shown = self._shown, {}
            try:
                with client.pipeline(transaction=False) as pipeline:
                    mark = secrets.token_hex(8)
                    for workspace_id, session_ids in changed.items():
                        names = b"\n".join(map(_name, session_ids))
                        # First: who listens and then looks misses neither.
                        pipeline.set(_position(workspace_id), mark, ex=POSITION_SECONDS)
                        pipeline.publish(_channel(client, workspace_id), names)
                    if shown:
                        pipeline.eval(
                            _SHOW, len(shown), *shown, self._idle_seconds, *shown.values()
                        )
                    pipeline.execute()
            except redis.RedisError:
                pass  # a hint that is late is worth nothing
            time.sleep(SHORTEST_PAUSE_SECONDS)


class Listener:
    """An ear on a workspace, and on some sessions of it."""

    def __init__(self, pubsub: redis.client.PubSub, session_ids: Iterable[str]) -> None:
        self._pubsub = pubsub
        self._sessions = {_name(session_id): session_id for session_id in session_ids}

    def wait(self, seconds: float) -> set[str]:
        """Return the sessions that changed, as soon as one does; none if the time is over.

        Raises Unavailable when Redis goes away.
        """
        names = self._names(seconds)
        return {self._sessions[name] for name in names if name in self._sessions}

    def wait_for_any(self, seconds: float) -> bool:
        """Tell whether any session of the workspace changed, as soon as one did.

        Everything that was heard until then is one change. Raises Unavailable.
        """
        if not self._names(seconds):
            return False
        while self._names(0):
            pass
        return True

    def _names(self, seconds: float) -> list[bytes]:
        with _unavailable_when_away():
            message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=seconds)
        return [] if message is None else message["data"].split(b"\n")


def position(client: redis.Redis, workspace_id: int) -> str:
    """Return where the hints of a workspace stand: another text after each, and after an hour.

    With Redis away it is one that they never have.
    """
    try:
        mark = client.get(_position(workspace_id))
    except redis.RedisError:
        return _UNKNOWN
    return mark.decode() if isinstance(mark, bytes) else _UNMOVED


@contextmanager
def listening(
    redis_url: str, workspace_id: int, session_ids: Iterable[str] = ()
) -> Iterator[Listener]:
    """Hear of changes from here on, over a connection of our own; raises Unavailable."""
    client = web_client(redis_url)
    try:
        with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]  # so it is in redis
            with _unavailable_when_away():
                pubsub.subscribe(_channel(client, workspace_id))
                # What is published before the subscription is confirmed would be missed.
                pubsub.get_message(timeout=client.get_connection_kwargs()["socket_timeout"])
            yield Listener(pubsub, session_ids)
    finally:
        client.close()


@contextmanager
def _unavailable_when_away() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable("Changes cannot be listened to right now.") from error


def _channel(client: redis.Redis, workspace_id: int) -> str:
    # Channels know no databases: two installations on one Redis would hear each other.
    database = client.get_connection_kwargs().get("db", 0)
    return f"changes:{database}:{workspace_id}"


def _position(workspace_id: int) -> str:
    return f"changed:{workspace_id}"


def _name(session_id: str) -> bytes:
    """Return a session's name on the channel: callers' ids may say who someone is."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:32].encode()
