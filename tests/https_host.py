"""Hosts on the loopback that speak HTTPS, well or badly, and a client that may reach them.

No test resolver ever hands out a public address: the names lead to 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from talkhub.outbound.guarded import GuardedClient

Behaviour = Callable[[socket.socket], None]


@dataclass
class Host:
    """A host that a test started. `requests` are what it was sent, as text."""

    port: int
    tls: ssl.SSLContext
    requests: list[str] = field(default_factory=list)

    def client(self, **changed: object) -> GuardedClient:
        """Return a client that finds this host under every name."""
        given = {
            "resolve": lambda _name: ["127.0.0.1"],
            "may_reach": lambda address: address == "127.0.0.1",
            "ports": frozenset({self.port}),
            "tls": self.tls,
        }
        return GuardedClient(**{**given, **changed})

    def url(self, path: str = "/", name: str = "client.example") -> str:
        return f"https://{name}:{self.port}{path}"


@pytest.fixture(scope="session")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `client.example`, with its key, that nobody but the tests trusts."""
    return _certificate(tmp_path_factory.mktemp("tls"), "client.example")


@pytest.fixture
def host(certificate_file: Path) -> Iterator[Callable[..., Host]]:
    """Start hosts that answer as they are told, or misbehave."""
    with _serve(certificate_file) as start:
        yield start


def answering(body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> Behaviour:
    """Answer with this, properly. A connection answers once, and says so."""
    length = f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status}", length, "Connection: close", *headers, "", ""]
    whole = "\r\n".join(lines).encode() + body
    return lambda connection: connection.sendall(whole)


def _certificate(folder: Path, name: str) -> Path:
    """Write a certificate for a name, with its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    day = timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextlib.contextmanager
def _serve(certificate_file: Path) -> Iterator[Callable[[Behaviour], Host]]:
    """Yield what starts a host with a behaviour; all end with the block."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate_file)
    trusting = ssl.create_default_context(cafile=str(certificate_file))
    ended = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(behave: Behaviour, *, is_plain: bool = False) -> Host:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.05)
        host = Host(listener.getsockname()[1], trusting)
        listeners.append(listener)
        thread = threading.Thread(
            target=_answer_all, args=(listener, None if is_plain else own, host, behave, ended)
        )
        threads.append(thread)
        thread.start()
        return host

    try:
        yield start
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        for listener in listeners:
            listener.close()


def _answer_all(
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    host: Host,
    behave: Behaviour,
    ended: threading.Event,
) -> None:
    while not ended.is_set():
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        plain.settimeout(5)
        with plain, contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            wire: socket.socket = plain
            if tls is not None:
                wire = stack.enter_context(tls.wrap_socket(plain, server_side=True))
            host.requests.append(_request(wire))
            behave(wire)


def _request(wire: socket.socket) -> str:
    received = b""
    while True:
        received += wire.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if len(body) >= int(length[1] if length else 0):
            return received.decode()
