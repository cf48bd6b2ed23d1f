"""The forms of an export: what stands in the files, and what a broken one looks like."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from arro3.io import read_parquet

from talkhub import json_codec
from talkhub.services.exporting import parquet
from talkhub.services.exporting.export_formats import BROKEN_OFF, ExportFormat, Style, encoded
from talkhub.services.exporting.rows import MessageRow

SENT = datetime(2026, 3, 2, 15, 30, 4, tzinfo=UTC)
PLAIN = MessageRow(
    conversation_id="c1",
    user_id="ana",
    channel="whatsapp",
    position=0,
    message_id="m1",
    external_id=None,
    role="user",
    kind="text",
    content='Olá; "tudo" bem?\nÉ sobre o pedido, 12,50',
    sent_at=SENT,
    waited_seconds=None,
    is_edited=False,
    is_revoked=True,
    reactions=["👍", "🙏"],
    sentiment="negative",
    sentiment_score=-0.25,
    intent="support",
    is_corrected=False,
)
EXCEL = Style(ZoneInfo("America/Sao_Paulo"))


class Lost(Exception):
    pass


def written(
    form: ExportFormat, *batches: Sequence[MessageRow], style: Style | None = None
) -> bytes:
    return b"".join(encoded(iter(batches), MessageRow, form, style or Style()))


def cells(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_csv_holds_each_value_as_it_is() -> None:
    (read,) = cells(written(ExportFormat.CSV, [PLAIN]).decode())

    assert read == {
        **{name: str(value) for name, value in PLAIN._asdict().items()},
        "external_id": "",
        "sent_at": "2026-03-02T15:30:04Z",
        "waited_seconds": "",
        "is_edited": "false",
        "is_revoked": "true",
        "reactions": "👍, 🙏",
        "is_corrected": "false",
    }


def test_csv_for_excel_is_what_excel_in_brazil_opens() -> None:
    text = written(ExportFormat.CSV, [PLAIN], style=EXCEL)

    (read,) = cells(text.decode("utf-8-sig"), ";")
    assert text.startswith(b"\xef\xbb\xbfconversation_id;user_id;")
    assert (read["sent_at"], read["sentiment_score"]) == ("2026-03-02 12:30:04", "-0,25")


@pytest.mark.parametrize("start", ["=1+1", "+55", "-1", "@sum", "\tx", "\rx", "\n=x"])
def test_no_text_becomes_a_formula_in_csv_alone(start: str) -> None:
    row = PLAIN._replace(content=start, user_id=start, reactions=[start])

    (read,) = cells(written(ExportFormat.CSV, [row]).decode())
    plain = json_codec.loads(written(ExportFormat.NDJSON, [row]))

    assert {read[name] for name in ("content", "user_id", "reactions")} == {f"'{start}"}
    assert read["sentiment_score"] == "-0.25"
    assert plain["content"] == start


def test_ndjson_is_a_line_a_row() -> None:
    lines = written(ExportFormat.NDJSON, [PLAIN], [], [PLAIN]).splitlines()

    expected = {**PLAIN._asdict(), "sent_at": "2026-03-02T15:30:04Z"}
    assert [json_codec.loads(line) for line in lines] == [expected] * 2


def test_parquet_gives_back_what_went_in() -> None:
    file = written(ExportFormat.PARQUET, [PLAIN, PLAIN], [PLAIN._replace(reactions=[])])

    table = read_parquet(io.BytesIO(file)).read_all()

    read = [table.column(name).to_pylist() for name in MessageRow._fields]
    assert [MessageRow(*row) for row in zip(*read, strict=True)] == [
        PLAIN,
        PLAIN,
        PLAIN._replace(reactions=[]),
    ]


@pytest.mark.parametrize("form", list(ExportFormat))
def test_an_export_of_nothing_can_be_read(form: ExportFormat) -> None:
    file = written(form)

    if form is ExportFormat.PARQUET:
        assert len(read_parquet(io.BytesIO(file)).read_all()) == 0
    else:
        assert cells(file.decode()) == []


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_file_that_was_broken_off_does_not_look_whole(form: ExportFormat) -> None:
    def batches() -> Iterator[Sequence[Any]]:
        yield [PLAIN]
        raise Lost

    pieces: list[bytes] = []
    with pytest.raises(Lost):
        pieces.extend(encoded(batches(), MessageRow, form, Style()))

    file = b"".join(pieces)
    match form:
        case ExportFormat.CSV:
            assert None in cells(file.decode())[-1]  # more cells than there are columns
        case ExportFormat.NDJSON:
            assert file.splitlines()[-1] == BROKEN_OFF.encode()
        case ExportFormat.PARQUET:
            assert not file.endswith(b"PAR1")


def test_whoever_stops_reading_parquet_ends_the_reading_of_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    def batches() -> Iterator[Sequence[Any]]:
        for number in range(1_000):
            read.append(number)
            yield [PLAIN]

    monkeypatch.setattr(parquet, "_PIECE_BYTES", 1)
    monkeypatch.setattr(parquet, "ROWS_IN_A_GROUP", 1)
    stream = encoded(batches(), MessageRow, ExportFormat.PARQUET, Style())
    next(stream)
    stream.close()

    assert len(read) < 1_000
