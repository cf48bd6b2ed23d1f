"""Single statements share a few connections, and survive the loss of one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from talkhub.errors import Unavailable
from talkhub.settings import Settings
from talkhub.store import single_connections
from talkhub.store.single_connections import SingleConnections

BACKEND = "select pg_backend_pid()"
END = "select pg_terminate_backend(%(pid)s, 5000)"
SLEEP = "select pg_backend_pid(), pg_sleep(0.2)"


@pytest.fixture
def singles(settings: Settings) -> Iterator[SingleConnections]:
    singles = SingleConnections(settings.database_url, 2)
    yield singles
    singles.close()


def backend(singles: SingleConnections, statement: str = BACKEND) -> int:
    return singles.execute("", statement, {})[0][0]


def two_at_once(singles: SingleConnections) -> set[int]:
    """Return the backends of two statements that ran at the same time."""
    with ThreadPoolExecutor(2) as threads:
        return set(threads.map(lambda _: backend(singles, SLEEP), range(2)))


def test_the_connection_used_last_is_used_next(singles: SingleConnections) -> None:
    two_at_once(singles)

    assert len({backend(singles) for _ in range(4)}) == 1


def test_no_more_connections_are_opened_than_allowed(singles: SingleConnections) -> None:
    with ThreadPoolExecutor(6) as threads:
        backends = set(threads.map(lambda _: backend(singles, SLEEP), range(6)))

    assert len(backends) == 2


def test_who_waits_too_long_for_a_connection_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_connections, "LONGEST_WAIT_SECONDS", 0.01)
    none_left = SingleConnections(settings.database_url, 0)

    with pytest.raises(Unavailable, match="Too many"):
        backend(none_left)


def test_a_lost_connection_takes_its_idle_neighbours_along(singles: SingleConnections) -> None:
    lost = two_at_once(singles)
    other = SingleConnections(singles._address, 1)
    for pid in lost:
        other.execute("", END, {"pid": pid})

    with pytest.raises(Unavailable):
        backend(singles)

    assert backend(singles) not in lost
    other.close()


def test_a_statement_that_fails_gives_its_connection_back(singles: SingleConnections) -> None:
    before = backend(singles)

    for _ in range(3):
        with pytest.raises(Exception, match="no_such_column"):
            singles.execute("", "select no_such_column", {})

    assert backend(singles) == before


def test_an_old_connection_is_replaced(
    singles: SingleConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = backend(singles)

    monkeypatch.setattr(single_connections, "LONGEST_LIFE_SECONDS", 0)

    assert backend(singles) != before
