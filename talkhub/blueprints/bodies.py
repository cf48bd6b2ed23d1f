"""Bodies that come slowly or never: who waits for one keeps nobody else from an answer.

The server starts a thread with a request's headers, and nothing can interrupt a thread
that reads a body. So there are far more threads than may work at once: one that waits for
a body lends its place to another, and how many may wait is bounded.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import ClientDisconnected

from talkhub.errors import Unavailable

if TYPE_CHECKING:  # these exist for type checkers only
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

SMALL_BODY_BYTES = 64 * 1024
"""What almost every request stays below; a stranger's megabytes wait elsewhere."""

SMALL_BODIES = 256
LARGE_BODIES = 16
"""How many of each a process waits for; large ones count while they are in memory, too."""

WAITING_THREADS = SMALL_BODIES + LARGE_BODIES
"""The threads that a server needs beyond those that work."""

FORM_BYTES = 16 * 1024
"""The largest body where strangers may try a secret or send a form."""


Permits = SimpleQueue[None]
"""How many more may go on: one is taken out and put back. A semaphore takes ten times as long."""


class SlowBodies:
    """Lets `places` requests work at once, and bounds how many others hold a body."""

    def __init__(
        self,
        application: WSGIApplication,
        places: int,
        *,
        small: int = SMALL_BODIES,
        large: int = LARGE_BODIES,
    ) -> None:
        self._application = application
        self._places = _permits(places)
        self._small = _permits(small)
        self._large = _permits(large)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer in a place of our own, which the body's reader lends to others."""
        kind, seats = (_Body, self._small) if _is_small(environ) else (_LargeBody, self._large)
        body = kind(environ["wsgi.input"], self._places, seats)
        environ["wsgi.input"] = body
        if _says_its_length(environ):
            # Werkzeug then reads once, that far, and not a second time to find the end.
            environ.pop("wsgi.input_terminated", None)
            body.left = int(environ["CONTENT_LENGTH"])
        self._places.get()
        try:
            return self._application(environ, start_response)
        finally:
            try:
                body.leave()
            finally:
                self._places.put(None)


class _Body(io.RawIOBase):
    """A body whose reader gives up its place, and takes a seat, while it waits.

    `left` is how much of it nobody has read, as far as its length is known.
    """

    left = 0

    def __init__(self, source: InputStream, places: Permits, seats: Permits) -> None:
        self._source = source
        self._places = places
        self._seats = seats

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        """Read from the client; the same as `receive`, for who brings a buffer."""
        chunk = self.receive(len(into))
        into[: len(chunk)] = chunk
        return len(chunk)

    def receive(self, most: int) -> bytes:
        """Return what the client sends next, unless too many others wait for theirs already."""
        self._sit_down()
        self._places.put(None)
        try:
            chunk = self._source.read(most)
        finally:
            self._stand_up()
            self._places.get()
        self.left -= len(chunk)
        return chunk

    def leave(self) -> None:
        """Take in what no view asked for: else the server hangs up on the client's next request."""
        with suppress(Unavailable, OSError):
            while self.left > 0 and self.receive(self.left):
                pass

    def _sit_down(self) -> None:
        try:
            self._seats.get_nowait()
        except Empty:
            raise Unavailable("Too many requests wait for their bodies.") from None

    def _stand_up(self) -> None:
        self._seats.put(None)


class _LargeBody(_Body):
    """A body that keeps its seat until the answer is there, for so long it is in memory."""

    _is_seated = False

    def leave(self) -> None:
        """Give up the seat. What is unread of so much is not worth waiting for."""
        if self._is_seated:
            self._is_seated = False
            self._seats.put(None)

    def _sit_down(self) -> None:
        if not self._is_seated:
            super()._sit_down()
            self._is_seated = True

    def _stand_up(self) -> None:
        """Remain seated: more of the body follows, and what came is kept."""


def read_body(request: Request) -> bytes:
    """Return a request's body, for routes that take more than SMALL_BODY_BYTES.

    Of what almost every request is, the same as Werkzeug's `get_data()` without the three
    layers that it reads through.
    """
    body, length = request.environ["wsgi.input"], request.content_length
    if not isinstance(body, _Body) or length is None or length > SMALL_BODY_BYTES:
        return request.get_data()
    read = b""
    while len(read) < length:
        chunk = body.receive(length - len(read))
        if not chunk:
            raise ClientDisconnected
        read += chunk
    return read


def _permits(count: int) -> Permits:
    permits: Permits = SimpleQueue()
    for _ in range(count):
        permits.put(None)
    return permits


def _says_its_length(environ: WSGIEnvironment) -> bool:
    length: str = environ.get("CONTENT_LENGTH", "")
    return length.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ


def _is_small(environ: WSGIEnvironment) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    if length:
        return length.isdecimal() and int(length) <= SMALL_BODY_BYTES
    return "HTTP_TRANSFER_ENCODING" not in environ
