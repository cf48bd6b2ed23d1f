"""A CRM's interface on the loopback, and the faults that it may be told to show."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

Reply = tuple[int, Any]


class Fault(StrEnum):
    """What goes wrong with a request; those below the line after the CRM has done it."""

    LIMITED = "limited"
    FAILED = "failed"
    SLOW = "slow"
    # The request was done, and nobody is told so.
    DONE_AND_FAILED = "done_and_failed"
    DONE_AND_CUT_OFF = "done_and_cut_off"
    DONE_AND_CHANGED = "done_and_changed"


SLOW_SECONDS = 0.05
SPARED = "/oauth2/token"
"""Whose answer, once lost, is lost for good: each refresh token counts once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a CRM reads it."""

    method: str
    steps: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    raw: bytes


class Book(Protocol):
    """What a CRM keeps, and how it answers."""

    def answer(self, asked: Asked) -> Reply:
        """Do what is asked; called by one thread at a time."""


@dataclass
class Faults:
    """Which request meets which fault: drawn with a share, or the next to a path as planned."""

    share: float = 0.0
    seed: int = 1
    planned: list[tuple[str, Fault]] = field(default_factory=list)
    shown: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self, path: str) -> Fault | None:
        """Return what goes wrong with a request."""
        fault = None
        if self.planned and path.endswith(self.planned[0][0]):
            fault = self.planned.pop(0)[1]
        elif self._random.random() < self.share and not path.endswith(SPARED):
            fault = self._random.choice(list(Fault))
        if fault is not None:
            self.shown[fault] += 1
        return fault


@dataclass
class Stub:
    """A CRM that runs. `requests` are the method and path of what it was asked."""

    base: str
    book: Any
    faults: Faults
    requests: list[str] = field(default_factory=list)


@contextmanager
def serving(book: Book, faults: Faults | None = None) -> Iterator[Stub]:
    """Let a CRM answer on a free port until the block ends."""
    stub = Stub("", book, faults or Faults())
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = _read(self, raw)
            with lock:
                path = urlsplit(self.path).path
                stub.requests.append(f"{self.command} {path}")
                fault = stub.faults.draw(path)
                reply = _met(fault) or book.answer(asked)
            _end(self, fault, reply)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 -- http.server's

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _read(handler: BaseHTTPRequestHandler, raw: bytes) -> Asked:
    target = urlsplit(handler.path)
    return Asked(
        method=handler.command,
        steps=tuple(unquote(step) for step in target.path.split("/") if step),
        query=dict(parse_qsl(target.query)),
        headers={name.lower(): value for name, value in handler.headers.items()},
        body=json.loads(raw) if raw.startswith((b"{", b"[")) else None,
        raw=raw,
    )


def _met(fault: Fault | None) -> Reply | None:
    """Return the answer of a CRM that did nothing."""
    match fault:
        case Fault.LIMITED:
            return 429, {"status": "error", "errorType": "RATE_LIMIT"}
        case Fault.FAILED:
            return 503, {"message": "try again"}
        case _:
            return None


def _end(handler: BaseHTTPRequestHandler, fault: Fault | None, reply: Reply) -> None:
    status, body = reply
    match fault:
        case Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        case Fault.DONE_AND_FAILED:
            status, body = 502, {"message": "bad gateway"}
        case Fault.DONE_AND_CHANGED:
            body = {"outcome": "as you wished"} if status < 300 else body
        case Fault.DONE_AND_CUT_OFF:
            handler.close_connection = True
            handler.connection.close()
            return
        case _:
            pass
    written = b"" if body is None else json.dumps(body).encode()
    handler.send_response(status)
    if status == 429:
        handler.send_header("Retry-After", "1")
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(written)))
    handler.end_headers()
    handler.wfile.write(written)


def numbered(first: int) -> Callable[[], int]:
    """Return what counts on from a number."""
    numbers = iter(range(first, 10**9))
    return lambda: next(numbers)
