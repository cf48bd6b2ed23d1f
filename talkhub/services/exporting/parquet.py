"""Parquet, a row group at a time.

The library asks for rows and writes bytes at its own pace, on a thread; whoever takes the bytes
decides how far it gets.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, get_type_hints

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet

from talkhub.services.exporting.pipes import Pipe
from talkhub.services.exporting.rows import Row, RowType

ROWS_IN_A_GROUP = 25_000
"""What readers skip or take as a whole; so many rows wait in memory, compressed."""

_PIECE_BYTES = 256 * 1024
_AHEAD = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = DataType.timestamp("us", tz="UTC")
_PLAIN = {str: DataType.utf8(), int: DataType.int64(), bool: DataType.bool()}
_TYPES: dict[Any, DataType] = {
    **_PLAIN,
    str | None: DataType.utf8(),
    int | None: DataType.int64(),
    float: DataType.float64(),
    float | None: DataType.float64(),
    datetime: _TIME,
    datetime | None: _TIME,
    list[str]: DataType.list(Field("item", DataType.utf8(), nullable=False)),
}


class _Gone(Exception):
    """Nobody takes the file any more."""


def parquet(batches: Iterator[Sequence[Row]], columns: RowType) -> Generator[bytes, None, None]:
    """Yield a Parquet file of the batches' rows, in pieces."""
    pipe: Pipe[bytes] = Pipe(_AHEAD)
    yield from pipe.filled_by(lambda: _write(pipe, batches, columns))


def _write(pipe: Pipe[bytes], batches: Iterator[Sequence[Row]], columns: RowType) -> None:
    hints = get_type_hints(columns)
    schema = Schema([Field(name, _TYPES[hint]) for name, hint in hints.items()])
    failed: list[Exception] = []

    def tables() -> Iterator[RecordBatch]:
        try:
            for rows in batches:
                _refuse_if_closed(pipe)
                if rows:
                    yield _table(rows, list(hints.values()), schema)
        except Exception as error:
            failed.append(error)  # of which the library passes on no more than its text
            raise

    file = _File(pipe)
    try:
        reader = RecordBatchReader.from_batches(schema, tables())
        write_parquet(reader, file, compression="zstd(1)", max_row_group_size=ROWS_IN_A_GROUP)  # type: ignore[arg-type] # it has all that is called
    except Exception as error:  # noqa: BLE001 -- raised again where the pieces are taken
        pipe.end(failed[0] if failed else error)
    else:
        file.pass_on()
        pipe.end()


def _refuse_if_closed(pipe: Pipe[bytes]) -> None:
    if pipe.is_closed:
        raise _Gone


def _table(rows: Sequence[Row], hints: Sequence[Any], schema: Schema) -> RecordBatch:
    arrays = [
        _array(hint, values) for hint, values in zip(hints, zip(*rows, strict=True), strict=True)
    ]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _array(hint: Any, values: Sequence[Any]) -> Array:
    if _TYPES[hint] is _TIME:
        moments = [None if it is None else (it - _EPOCH) // _MICROSECOND for it in values]
        return Array(moments, DataType.int64()).cast(_TIME)
    if hint == list[str]:
        ends = Array([0, *accumulate(map(len, values))], DataType.int32())
        texts = Array([text for value in values for text in value], DataType.utf8())
        return list_array(ends, texts, type=_TYPES[hint])
    return Array(values, _TYPES[hint])


class _File:
    """What the library writes to: it passes larger pieces on."""

    def __init__(self, pipe: Pipe[bytes]) -> None:
        self._pipe = pipe
        self._held = bytearray()
        self._size = 0

    def write(self, data: bytes) -> int:
        """Take some kilobytes; where nobody takes them any more as well.

        The library panics where a file refuses to be written to.
        """
        self._held += data
        self._size += len(data)
        if len(self._held) >= _PIECE_BYTES:
            self.pass_on()
        return len(data)

    def tell(self) -> int:
        """Return how much was written."""
        return self._size

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """Return the same: the library only ever asks where it is."""
        return self._size

    def flush(self) -> None:
        """Do nothing: who takes the pieces has no use for small ones."""

    def pass_on(self) -> None:
        """Pass on what is held."""
        if self._held:
            self._pipe.put(bytes(self._held))
            self._held.clear()
