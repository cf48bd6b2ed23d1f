"""Receivers that behave badly, each in its own way."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading


def never_answer(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.recv(1)  # until the other side gives up


def drip(wire: socket.socket) -> None:
    """Send the answer's head, then a byte now and then."""
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        wire.sendall(b"x")
        threading.Event().wait(0.05)


def pour(wire: socket.socket) -> None:
    """Answer well, with ten gigabytes."""
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    for _ in range(160_000):
        wire.sendall(b"x" * 65_536)


def reset(wire: socket.socket) -> None:
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()
