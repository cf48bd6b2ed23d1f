"""HTTPS to addresses that strangers name, without being led into our own network.

A name is resolved once, every address it has must be of the open internet, and the
connection goes to one of those very addresses: a second lookup could answer otherwise.
No redirect is followed and no proxy asked; time and size are bounded.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from talkhub import __version__
from talkhub.outbound.addresses import is_loopback, is_public

Resolve = Callable[[str], Sequence[str]]

USER_AGENT = f"TalkHub/{__version__}"
HEAD_BYTES = 32 * 1024
"""What status line and headers of an answer may take, beside its body."""

_URL = re.compile(r"[\x21-\x7e]{1,2048}")


class CallRefused(Exception):
    """The service never calls this address."""


class CallFailed(Exception):
    """No answer came, or none within the bounds; the same call may work later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve(host: str) -> Sequence[str]:
    """Return a name's addresses, each once, in the order of preference."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True)
class GuardedClient:
    """Sends requests; tests give it a resolver, a rule, ports and certificates of their own.

    With `reaches_loopback` this very machine may be called too, on any port and without TLS.
    """

    resolve: Resolve = resolve
    may_reach: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset({443})
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    reaches_loopback: bool = False

    def check(self, url: str) -> None:
        """Raise CallRefused for an address that would be refused whatever its name resolves to."""
        target = self._target(url)
        try:
            found = socket.getaddrinfo(
                target.hostname, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        except (OSError, UnicodeError):
            if not self.reaches_loopback:  # else the name may lead to this machine
                self._refuse_doors(target)
            return
        self._judge(target, [str(place[0]) for *_, place in found])

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        seconds: float,
        max_bytes: int,
        cuts: bool = False,
    ) -> Answer:
        """Return the answer; raises CallRefused, or CallFailed when a bound is passed.

        `seconds` bounds the call from the lookup to the body's last byte; the lookup itself
        ends by the system's own patience, and leaves the rest less. With `cuts` a longer body
        is cut off after `max_bytes`, for callers to whom the status says it all.
        """
        target = self._target(url)
        deadline = time.monotonic() + seconds
        addresses = self._addresses(target)
        try:
            connection = _Pinned(target, addresses, tls=self.tls, deadline=deadline)
            with connection:
                path = target.path or "/"
                wanted = f"{path}?{target.query}" if target.query else path
                sent = {"User-Agent": USER_AGENT, **(headers or {})}
                answer = connection.exchange(method, wanted, sent, body=body, max_bytes=max_bytes)
        except (OSError, http.client.HTTPException) as error:
            raise CallFailed(f"{target.hostname} did not answer: {type(error).__name__}") from error
        if len(answer.body) > max_bytes and not cuts:
            raise CallFailed(f"{target.hostname} answered more than {max_bytes} bytes.")
        return replace(answer, body=answer.body[:max_bytes])

    def _target(self, url: str) -> SplitResult:
        if not _URL.fullmatch(url) or "\\" in url:
            raise CallRefused("An address is printable ASCII of at most 2048 characters.")
        try:
            target = urlsplit(url)
            _ = target.port
        except ValueError as error:
            raise CallRefused("This is not an address.") from error
        schemes = {"https", "http"} if self.reaches_loopback else {"https"}
        if target.scheme not in schemes or not target.hostname:
            raise CallRefused("Only https addresses are called.")
        if target.username is not None or target.password is not None:
            raise CallRefused("An address with a name or password in it is not called.")
        if not self.reaches_loopback:
            self._refuse_doors(target)
        return target

    def _refuse_doors(self, target: SplitResult) -> None:
        if target.scheme != "https":
            raise CallRefused("Only https addresses are called.")
        if (target.port or 443) not in self.ports:
            raise CallRefused(f"Port {target.port} is not called.")

    def _addresses(self, target: SplitResult) -> Sequence[str]:
        host = target.hostname or ""
        try:
            addresses = self.resolve(host)
        except (OSError, UnicodeError) as error:
            raise CallFailed(f"{host} has no address.") from error
        if not addresses:
            raise CallFailed(f"{host} has no address.")
        self._judge(target, addresses)
        return addresses

    def _judge(self, target: SplitResult, addresses: Sequence[str]) -> None:
        if self.reaches_loopback and all(is_loopback(address) for address in addresses):
            return
        self._refuse_doors(target)
        # One private address among public ones is an attempt, not an accident.
        if not all(self.may_reach(address) for address in addresses):
            raise CallRefused(f"{target.hostname} is not a host of the open internet.")


class _Pinned(http.client.HTTPSConnection):
    """A connection to addresses that were looked up and judged before."""

    def __init__(
        self,
        target: SplitResult,
        addresses: Sequence[str],
        *,
        tls: ssl.SSLContext,
        deadline: float,
    ) -> None:
        self._is_plain = target.scheme == "http"
        port = target.port or (80 if self._is_plain else 443)
        super().__init__(target.hostname or "", port, context=tls)
        self._addresses = addresses
        self._tls = tls
        self._deadline = deadline
        self._budget = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._socket is not None:
            self._socket.close()

    def connect(self) -> None:
        plain = self._reach_any()
        try:
            plain.settimeout(_left(self._deadline))
            self._socket = plain
            if not self._is_plain:
                self._socket = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock = _Wire(self._socket, self._deadline, self._budget)

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None,
        max_bytes: int,
    ) -> Answer:
        """Send one request and read its answer, one byte more than `max_bytes` at most."""
        self._budget = HEAD_BYTES + max_bytes
        self.request(method, path, body=body, headers=dict(headers))
        response = self.getresponse()
        content = response.read(max_bytes + 1)
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)

    def _reach_any(self) -> socket.socket:
        refused: OSError = OSError("no address")
        for address in self._addresses:
            try:
                return socket.create_connection((address, self.port), _left(self._deadline))
            except OSError as error:  # an IPv6 address where there is no IPv6, for example
                refused = error
        raise refused


class _Wire:
    """A socket whose every turn ends by one deadline.

    http.client bounds each turn alone: a byte every few seconds would hold a thread for ever.
    """

    def __init__(self, source: socket.socket, deadline: float, budget: int) -> None:
        self._source = source
        self._deadline = deadline
        self._budget = budget

    def sendall(self, data: bytes) -> None:
        self._source.settimeout(_left(self._deadline))
        self._source.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def read_into(self, into: Any) -> int:
        self._source.settimeout(_left(self._deadline))
        count = self._source.recv_into(into)
        self._budget -= count
        if self._budget < 0:
            raise OSError("the answer is too long")
        return count

    def close(self) -> None:
        """Stay open: http.client closes before the body is read; `_Pinned` closes at the end."""


class _Reader(io.RawIOBase):
    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._wire.read_into(into)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
