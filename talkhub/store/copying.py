"""Rows by the thousand, by COPY.

COPY does not go by the policies that keep workspaces apart: rows are copied into a table of the
transaction's own, and go from there by an ordinary statement.
"""

from __future__ import annotations

from contextlib import closing
from io import StringIO

from talkhub.store.uow import UnitOfWork


def copy_rows(uow: UnitOfWork, create: str, copy: str, lines: str) -> None:
    """Create a temporary table, and fill it with lines in COPY's text format."""
    connection = uow.run(create).connection.connection
    with closing(connection.cursor()) as cursor:
        cursor.copy_expert(copy, StringIO(lines))


def escaped(text: str) -> str:
    """Return a text as it stands in COPY's text format."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
