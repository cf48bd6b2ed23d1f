"""The one place that domain time comes from."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

_OF_THE_MACHINE = {"localtime", "posixrules", "Factory"}
"""Files beside the zones that say where a machine is, or that nobody said it."""


def _system_time() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- the one place that may ask


_source: Callable[[], datetime] = _system_time


def now() -> datetime:
    """Return the current time, aware and in UTC.

    Leases, lockouts and schedule slots do not use it: they compare only with
    PostgreSQL's `clock_timestamp()`, because hosts' clocks differ.
    """
    return _source()


@cache
def known_zones() -> frozenset[str]:
    """Return the names of IANA's time zones: each means the same on every machine."""
    return frozenset(available_timezones() - _OF_THE_MACHINE)


def use_source(source: Callable[[], datetime] | None) -> None:
    """Make `now()` read another clock; None restores the system's. For tests."""
    global _source  # noqa: PLW0603 -- a clock is process-wide by nature
    _source = source or _system_time
