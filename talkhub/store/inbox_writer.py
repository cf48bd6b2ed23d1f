"""Group commit of verified events: many requests' events in one durable INSERT."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from talkhub import json_codec
from talkhub.errors import TalkHubError, Unavailable
from talkhub.names import Job
from talkhub.names.workspaces import UsageKind
from talkhub.own_thread import OwnThread
from talkhub.store.statements.inbox import INSERT_EVENTS
from talkhub.store.uow import Database, system_scope
from talkhub.store.workspace_use import WorkspaceUse

MAX_BATCH = 200
MAX_WAITING = 1000
ANSWER_WITHIN_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class EventToStore:
    """A verified event on its way into the inbox."""

    workspace_id: int
    channel_id: int | None
    platform: str
    source: str
    external_id: str
    kind: str
    raw: bytes
    payload: dict[str, object] | None
    state: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many of a request's events were new, and how many were there already."""

    accepted: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class _Request:
    events: Sequence[EventToStore]
    answer: queue.SimpleQueue[Receipt | TalkHubError] = field(default_factory=queue.SimpleQueue)


class InboxWriter:
    """Stores events for all threads of a process through one writer thread.

    The thread starts with the first event, so that it lives in the process that serves
    and not in one that was forked from.
    """

    def __init__(self, database: Database, use: WorkspaceUse | None = None) -> None:
        self._database = database
        self._use = use
        self._waiting: queue.Queue[_Request] = queue.Queue(MAX_WAITING)
        self._thread = OwnThread(self._write_forever, name="inbox-writer")

    def put(self, events: Sequence[EventToStore]) -> Receipt:
        """Return once the events are committed; raise Unavailable if they are not.

        After Unavailable the events may still be stored: the provider sends them again
        and they are recognised.
        """
        self._thread.start()
        request = _Request(events)
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            raise Unavailable("Too many events are waiting to be stored.") from None
        try:
            answer = request.answer.get(timeout=ANSWER_WITHIN_SECONDS)
        except queue.Empty:
            raise Unavailable("The event could not be stored in time.") from None
        if isinstance(answer, TalkHubError):
            raise answer
        return answer

    def _write_forever(self) -> None:
        while True:
            batch = [self._waiting.get()]
            size = len(batch[0].events)
            while size < MAX_BATCH:
                try:
                    request = self._waiting.get_nowait()
                except queue.Empty:
                    break
                batch.append(request)
                size += len(request.events)
            self._write(batch)

    def _write(self, batch: Sequence[_Request]) -> None:
        try:
            self._store(batch)
        except Unavailable as error:
            self._finish(batch, error)
        except Exception:  # noqa: BLE001 -- one bad event must not fail its neighbours
            for request in batch:
                self._write_alone(request)

    def _write_alone(self, request: _Request) -> None:
        try:
            self._store([request])
        except TalkHubError as error:
            self._finish([request], error)
        except Exception as error:  # noqa: BLE001 -- the thread must outlive any event
            failure = Unavailable("The event could not be stored.")
            failure.__cause__ = error
            self._finish([request], failure)

    def _store(self, batch: Sequence[_Request]) -> None:
        events = [event for request in batch for event in request.events]
        scope = system_scope("the inbox takes events of all workspaces")
        params = {
            "workspace_ids": [event.workspace_id for event in events],
            "channel_ids": [event.channel_id for event in events],
            "platforms": [event.platform for event in events],
            "sources": [event.source for event in events],
            "external_ids": [event.external_id for event in events],
            "kinds": [event.kind for event in events],
            "raws": [event.raw for event in events],
            "payloads": [
                None if event.payload is None else json_codec.dumps_text(event.payload)
                for event in events
            ],
            "states": [event.state for event in events],
        }
        rows = self._database.single(scope.prologue(), INSERT_EVENTS, params)
        # For duplicates too: the one that is there may not be done yet, and its bell lost.
        self._database.ring(Job.DRAIN_INBOX)
        new = {(row[0], row[1], row[2]) for row in rows}
        if self._use is not None:
            for workspace_id, number in Counter(row[0] for row in rows).items():
                self._use.note(workspace_id, UsageKind.EVENTS, number)
        for request in batch:
            accepted = 0
            for event in request.events:
                key = (event.workspace_id, event.source, event.external_id)
                if key in new:
                    new.discard(key)
                    accepted += 1
            request.answer.put(Receipt(accepted, len(request.events) - accepted))

    @staticmethod
    def _finish(batch: Sequence[_Request], error: TalkHubError) -> None:
        for request in batch:
            request.answer.put(error)
