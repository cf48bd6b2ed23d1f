"""Answers that take their time: how many a process sends at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from threading import Condition, Event
from typing import NamedTuple

from flask import Response

from talkhub.errors import Unavailable

MAX_STREAMS = 8
"""Of all kinds together: each one holds a thread for as long as it lasts."""

MAX_STREAMS_OF_ONE = MAX_STREAMS // 2
"""Of one caller, so that there is room for others."""

MOST_WAITING = 3
"""So many wait for a seat at once, as each holds a thread meanwhile; more are refused."""

closing = Event()
"""Set when this process is asked to end, so that its streams end in good order before it does."""


class Holder(NamedTuple):
    """Whose a stream is: somebody in a workspace."""

    workspace_id: int
    subject: str


class StreamSeats:
    """Sends streams, and refuses one more than there is room for."""

    def __init__(self, *, most: int = MAX_STREAMS, most_of_one: int = MAX_STREAMS_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._changes = Condition()
        self._taken: Counter[Holder] = Counter()
        self._waiting: dict[Holder, object] = {}

    def send(
        self,
        stream: Generator[bytes, None, None],
        holder: Holder,
        *,
        mimetype: str,
        headers: Mapping[str, str],
        patience: float = 0,
    ) -> Response:
        """Return the response that holds a seat until its client has all of it or is gone.

        Waits up to `patience` seconds for one of the holder's seats, unless many wait or the same
        holder comes again meanwhile; raises Unavailable.
        """
        try:
            self._sit_down(holder, patience)
        except Unavailable:
            stream.close()
            raise
        response = Response(stream, mimetype=mimetype, headers=dict(headers))
        # Unlike a `finally` in the generator, this also happens if nothing was ever read. A
        # response may be closed twice, which must not give up somebody else's seat.
        seat = iter((holder,))
        response.call_on_close(lambda: self._stand_up(next(seat, None)))
        return response

    def is_awaited(self, holder: Holder) -> bool:
        """Tell whether a holder waits for a seat: whose client is gone shows when one writes."""
        return holder in self._waiting

    def _sit_down(self, holder: Holder, patience: float) -> None:
        with self._changes:
            has_seat = self._has_room_for(holder) or self._wait(holder, patience)
            if has_seat:
                self._taken[holder] += 1
            elif self._taken[holder] >= self._most_of_one:
                raise Unavailable("Too many of your streams are open; end one of them first.")
            else:
                raise Unavailable("Too many streams are open; try again in a while.")

    def _wait(self, holder: Holder, patience: float) -> bool:
        if not patience or (holder not in self._waiting and len(self._waiting) >= MOST_WAITING):
            return False
        self._waiting[holder] = mine = object()  # who waits already has gone on to another page
        self._changes.notify_all()

        def is_over() -> bool:
            return self._waiting.get(holder) is not mine or self._has_room_for(holder)

        self._changes.wait_for(is_over, patience)
        if self._waiting.get(holder) is not mine:
            return False
        del self._waiting[holder]
        return self._has_room_for(holder)

    def _has_room_for(self, holder: Holder) -> bool:
        return self._taken.total() < self._most and self._taken[holder] < self._most_of_one

    def _stand_up(self, holder: Holder | None) -> None:
        if holder is None:
            return
        with self._changes:
            self._taken[holder] -= 1
            if not self._taken[holder]:
                del self._taken[holder]
            self._changes.notify_all()
