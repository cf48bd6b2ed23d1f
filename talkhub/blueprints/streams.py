"""Answers that take their time: how many a process sends at once."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from threading import BoundedSemaphore, Event

from flask import Response

from talkhub.errors import Unavailable

MAX_STREAMS = 8
"""Of all kinds together: each one holds a thread for as long as it lasts."""

closing = Event()
"""Set when this process is asked to end, so that its streams end in good order before it does."""


class StreamSeats:
    """Sends streams, and refuses one more than there is room for."""

    def __init__(self, seats: int = MAX_STREAMS) -> None:
        self._seats = BoundedSemaphore(seats)

    def send(
        self, stream: Generator[bytes, None, None], *, mimetype: str, headers: Mapping[str, str]
    ) -> Response:
        """Return the response that holds a seat until its client has all of it or is gone."""
        if not self._seats.acquire(blocking=False):
            stream.close()
            raise Unavailable("Too many streams are open; try again in a while.")
        response = Response(stream, mimetype=mimetype, headers=dict(headers))
        # Unlike a `finally` in the generator, this also happens if nothing was ever read.
        response.call_on_close(self._seats.release)
        return response
