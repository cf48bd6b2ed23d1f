"""Write the copy of a person's data as a ZIP: JSON for programs, CSV for sheets, HTML to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from talkhub import json_codec
from talkhub.services.exporting.export_formats import without_formula
from talkhub.services.privacy.subject_copy import Row, SubjectCopy

_MESSAGES = ("conversation_id", "platform", "timestamp", "role", "name", "content")
_FACTS = ("kind", "value", "quote", "source", "confidence", "valid_from", "valid_to")
_SENT = ("sent_at", "to", "kind", "state")


def write_archive(
    target: IO[bytes],
    copy: SubjectCopy,
    *,
    conversations: Callable[[], Iterable[Row]],
    readable: Iterable[str],
) -> None:
    """Write the archive; `conversations` is asked twice, so that none needs to be held.

    `readable` are the pieces of the HTML page, which is the first thing in the archive.
    """
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        with archive.open("leia-me.html", "w") as page:
            for piece in readable:
                page.write(piece.encode())
        archive.writestr("person.json", json_codec.dumps(asdict(copy)))
        with archive.open("conversations.ndjson", "w") as lines:
            for conversation in conversations():
                lines.write(json_codec.dumps(conversation) + b"\n")
        with _sheet(archive, "messages.csv", _MESSAGES) as write:
            for conversation in conversations():
                for message in conversation["messages"]:
                    write({**conversation, **message})
        for name, columns, rows in (("facts", _FACTS, copy.facts), ("sent", _SENT, copy.sent)):
            with _sheet(archive, f"{name}.csv", columns) as write:
                for row in rows:
                    write(row)


@contextmanager
def _sheet(
    archive: ZipFile, name: str, columns: tuple[str, ...]
) -> Iterator[Callable[[Row], None]]:
    """Open a CSV file, as spreadsheets in Brazil read it: semicolons, and a mark before UTF-8."""
    with (
        archive.open(name, "w") as entry,
        io.TextIOWrapper(entry, encoding="utf-8-sig", newline="") as text,
    ):
        sheet = csv.writer(text, delimiter=";")
        sheet.writerow(columns)
        yield lambda row: sheet.writerow([_cell(row.get(column)) for column in columns])


def _cell(value: Any) -> str | None:
    return value if value is None else without_formula(str(value))
