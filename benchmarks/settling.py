"""Waiting until workers have done what is due."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg2
from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure

ANALYSES_DUE = "select exists (select from conversations where analysis_due_at is not null)"
ANYTHING_DUE = f"""{ANALYSES_DUE}
or exists (select from user_profiles where stats_due_at is not null)
or exists (select from dirty_buckets)"""

_DONE_SECONDS = 300
_POLL_SECONDS = 0.02
_SWEEP_SECONDS = 2.0


def wait_until_settled(
    url: URL, still_due: str, *, sweep: Callable[[], object] = lambda: None
) -> None:
    """Return once a query says that nothing is due; sweep now and then, as a scheduler does."""
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True

    swept_at = time.monotonic()

    def is_settled() -> bool:
        nonlocal swept_at
        if time.monotonic() - swept_at > _SWEEP_SECONDS:
            sweep()
            swept_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(still_due)
            return cursor.fetchall() == [(False,)]

    try:
        wait_until(is_settled, _DONE_SECONDS)
    finally:
        connection.close()


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Return once it is so; raise CannotMeasure if it is not in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise CannotMeasure(f"The workers were not done within {seconds:.0f} s.")
        time.sleep(_POLL_SECONDS)
