"""A balancer as operators put one before TalkHub: it asks for health, and repeats no request.

`python -m benchmarks.soak.balancer PORT INSTANCE INSTANCE …`, all of them ports of this machine.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

CHECK_SECONDS = 3.0
"""How often Traefik asks for health in docker-stack.yml."""
CHECK_TIMEOUT_SECONDS = 3.0
LONGEST_HEAD = 64 * 1024
ASK = b"GET /readyz HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n"

Kept = tuple[StreamReader, StreamWriter]
LOST = (OSError, asyncio.IncompleteReadError)


@dataclass(slots=True)
class Instance:
    """Who answers, whether it may be asked, and connections to it that nobody uses."""

    port: int
    is_ready: bool = False
    idle: list[Kept] = field(default_factory=list)

    async def connection(self) -> Kept:
        """Return the connection used last if the other side has not closed it, else a new one."""
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port, limit=LONGEST_HEAD)

    async def answer(self, request: bytes) -> bytes:
        """Pass a request on, once, and return the whole answer."""
        reader, writer = await self.connection()
        try:
            writer.write(request)
            message = await _message(reader)
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return message


class Balancer:
    """Leads requests to the instances that are ready, in turn."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.instances = [Instance(port) for port in ports]
        self._turn = itertools.cycle(self.instances)

    async def look(self) -> None:
        """Ask every instance once whether it is ready."""
        await asyncio.gather(*map(self._check, self.instances))

    async def watch(self) -> None:
        """Ask for ever."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.look()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one client until it closes its connection."""
        with closing(writer), suppress(*LOST):
            while True:
                writer.write(await self._answer(await _message(reader)))
                await writer.drain()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for instance in self.instances:
            for _, writer in instance.idle:
                writer.close()

    async def _answer(self, request: bytes) -> bytes:
        for instance in itertools.islice(self._turn, len(self.instances)):
            if instance.is_ready:
                try:
                    return await instance.answer(request)
                except LOST:
                    return _problem("502 Bad Gateway")
        return _problem("504 Gateway Timeout")  # a 503 is an instance's own

    async def _check(self, instance: Instance) -> None:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", instance.port)
                with closing(writer):
                    writer.write(ASK)
                    status, _, _ = (await _message(reader)).partition(b"\r\n")
                    instance.is_ready = b" 200 " in status
        except LOST:
            instance.is_ready = False


async def _message(reader: StreamReader) -> bytes:
    """Return a request or an answer, head and body; all of ours say how long they are."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


def _problem(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nX-From: balancer\r\n\r\n".encode()


async def balance(port: int, instances: Sequence[int]) -> None:
    """Listen until the process is ended."""
    balancer = Balancer(instances)
    await balancer.look()
    server = await asyncio.start_server(balancer.serve, "127.0.0.1", port, limit=LONGEST_HEAD)
    async with server:
        await asyncio.gather(server.serve_forever(), balancer.watch())


if __name__ == "__main__":
    own, *others = map(int, sys.argv[1:])
    asyncio.run(balance(own, others))
