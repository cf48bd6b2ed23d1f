"""The forms that rows leave in: CSV, NDJSON and Parquet, a piece for each batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from talkhub import json_codec
from talkhub.services.exporting.rows import Row, RowType
from talkhub.services.talking.transcripts import format_time

BROKEN_OFF = "EXPORT BROKEN OFF, THIS FILE IS NOT WHOLE"
"""The last line of a file that is not: not every server breaks the connection off when what it
sends fails, and not every proxy passes that on. Parquet without its end can not be opened."""

_FORMULAS_BEGIN_WITH = frozenset("=+-@\t\r\n")

Column = Sequence[Any]


class ExportFormat(StrEnum):
    """What a file can be; the value is how its name ends."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


MEDIA_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How CSV is written. With a zone it is for a spreadsheet that writes as Brazil does.

    Then semicolons part the cells, decimals have a comma, times are the zone's, and a byte order
    mark says that it is UTF-8: without these Excel shows one column, and "Ã£" for "ã".
    """

    zone: ZoneInfo | None = None

    @property
    def delimiter(self) -> str:
        """What parts the cells."""
        return ";" if self.zone else ","


def encoded(
    batches: Iterator[Sequence[Row]], columns: RowType, form: ExportFormat, style: Style
) -> Generator[bytes, None, None]:
    """Yield a file of the batches' rows, in pieces."""
    if form is ExportFormat.CSV:
        yield from _csv(batches, columns, style)
    elif form is ExportFormat.NDJSON:
        yield from _ndjson(batches, columns)
    else:
        # Where nobody asks for Parquet, a web process is 9 MB smaller.
        from talkhub.services.exporting.parquet import parquet

        yield from parquet(batches, columns)


def _csv(batches: Iterator[Sequence[Row]], columns: RowType, style: Style) -> Iterator[bytes]:
    text = _cell_of(style)
    written = [_writer(hint, text, style.zone) for hint in get_type_hints(columns).values()]
    yield ("\ufeff" if style.zone else "").encode() + _lines([columns._fields], style)
    try:
        for batch in batches:
            if batch:
                # Column by column, as a call for each cell would take as long as all the rest.
                values = zip(*batch, strict=True)
                cells = [write(column) for write, column in zip(written, values, strict=True)]
                yield _lines(zip(*cells, strict=True), style)
    except Exception:
        # More cells than there are columns: strict readers stop here, and people see it.
        yield _lines([[text(BROKEN_OFF), *("" for _ in written), text(BROKEN_OFF)]], style)
        raise


def _lines(rows: Iterable[Sequence[str]], style: Style) -> bytes:
    """Return rows of cells as RFC 4180 has them, in half the time that Python's writer takes."""
    return "".join([f"{style.delimiter.join(row)}\r\n" for row in rows]).encode()


def _ndjson(batches: Iterator[Sequence[Row]], columns: RowType) -> Iterator[bytes]:
    names = columns._fields
    try:
        for batch in batches:
            if batch:
                # Line by line into one text: kept apart, they would be 100 MB of scattered memory.
                text = bytearray()
                for row in batch:
                    text += json_codec.dumps(dict(zip(names, row, strict=True)))
                    text += b"\n"
                yield bytes(text)
    except Exception:
        yield f"{BROKEN_OFF}\n".encode()  # which is no JSON
        raise


def _writer(
    hint: Any, text: Callable[[str], str], zone: ZoneInfo | None
) -> Callable[[Column], list[str]]:
    """Return what makes a column's cells of its values."""
    if hint == list[str]:
        return lambda column: [text(", ".join(value)) for value in column]
    if hint is bool:
        return lambda column: ["true" if value else "false" for value in column]
    if hint in (float, float | None) and zone:
        return lambda column: [cell.replace(".", ",") for cell in _numbers(column)]
    if hint in (int, int | None, float, float | None):
        return _numbers
    if hint in (datetime, datetime | None):
        time = _local_time(zone) if zone else format_time
        return lambda column: ["" if moment is None else time(moment) for moment in column]
    return lambda column: _texts(column, text)


def _texts(column: Column, text: Callable[[str], str]) -> list[str]:
    """Return texts as cells: most columns have few different ones."""
    cells = {value: "" if value is None else text(value) for value in set(column)}
    return [cells[value] for value in column]


def _numbers(column: Column) -> list[str]:
    return ["" if value is None else str(value) for value in column]


def _local_time(zone: ZoneInfo) -> Callable[[datetime], str]:
    """Return what writes times as spreadsheets of any language read them: they know no zones."""
    return lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _cell_of(style: Style) -> Callable[[str], str]:
    """Return what makes a text a cell."""
    is_special = re.compile(f'["\r\n{style.delimiter}]').search

    def cell(text: str) -> str:
        text = without_formula(text)
        return '"{}"'.format(text.replace('"', '""')) if is_special(text) else text

    return cell


def without_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: what people wrote is none.

    An apostrophe before it says so; spreadsheets hide it.
    """
    return f"'{text}" if text and text[0] in _FORMULAS_BEGIN_WITH else text
