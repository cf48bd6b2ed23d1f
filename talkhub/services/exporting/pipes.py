"""What one thread makes and another takes, a few things ahead at most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from queue import Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing in a pipe: what went wrong, if anything."""

    error: Exception | None


class Pipe(Generic[Item]):
    """A queue whose ends know of each other: one may fail, the other may lose interest."""

    def __init__(self, depth: int) -> None:
        self._queue: Queue[Item | _End] = Queue(depth)
        self._closed = threading.Event()
        self._is_over = False

    @property
    def is_closed(self) -> bool:
        """Whether nobody takes anything any more; who puts is to stop then."""
        return self._closed.is_set()

    def put(self, item: Item) -> None:
        """Pass a thing on, once there is room for it."""
        self._queue.put(item)

    def end(self, error: Exception | None = None) -> None:
        """Say that nothing follows, and why if something went wrong."""
        self._queue.put(_End(error))

    def items(self) -> Iterator[Item]:
        """Yield what was put; raises what went wrong."""
        while not isinstance(item := self._queue.get(), _End):
            yield item
        self._is_over = True
        if item.error is not None:
            raise item.error

    def close(self) -> None:
        """Take nothing any more, and wait until who puts has noticed."""
        self._closed.set()
        while not self._is_over:
            self._is_over = isinstance(self._queue.get(), _End)

    def filled_by(self, make: Callable[[], None]) -> Generator[Item, None, None]:
        """Yield what `make` puts, in a thread of its own that ends with the generator."""
        thread = threading.Thread(target=make, name="pipe")
        thread.start()
        try:
            yield from self.items()
        finally:
            self.close()
            thread.join()


def ahead(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Yield the items, while a thread makes the next one: the database works meanwhile."""
    pipe: Pipe[Item] = Pipe(1)

    def make() -> None:
        try:
            for item in items:
                pipe.put(item)
                if pipe.is_closed:
                    break
        except Exception as error:  # noqa: BLE001 -- raised again where the items are taken
            pipe.end(error)
        else:
            pipe.end()

    yield from pipe.filled_by(make)
