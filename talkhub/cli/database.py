"""The database of a command that works on it and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from talkhub.settings import Settings
from talkhub.store.uow import Database


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """Open the settings' database with one connection, and close it afterwards."""
    if settings.database_url is None:
        raise click.UsageError("DATABASE_URL is not set.")
    database = Database(settings.database_url, pool_size=1)
    try:
        yield database
    finally:
        database.dispose()
