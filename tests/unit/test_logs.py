"""Log lines: JSON, one an event, and nobody's data in them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from talkhub.logs import configure_logging, mask

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def begin_logging(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], Lines]]:
    """Write logs as the service does, and return what reads the lines so far."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def begin() -> Lines:
        configure_logging("INFO")  # within the test: pytest changes stdout before it
        return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield begin
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_an_event_is_a_line_of_json_with_its_fields(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    structlog.contextvars.bind_contextvars(request_id="0123456789abcdef")

    structlog.get_logger("talkhub.tests").info("thing_done", count=3, name=None)

    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "thing_done",
        "level": "INFO",
        "logger": "talkhub.tests",
        "count": 3,
        "name": None,
        "request_id": "0123456789abcdef",
    }


def test_a_librarys_line_is_json_too(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    logging.getLogger("some.library").warning("told %s", "so")

    (line,) = lines()
    assert (line["event"], line["level"], line["logger"]) == ("told so", "WARNING", "some.library")


def test_a_librarys_line_names_nobody(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    logging.getLogger("some.library").warning("%s did not answer", "+55 11 99999-0001")

    assert lines()[0]["event"] == "••• did not answer"


def test_less_severe_events_are_not_written(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    structlog.get_logger("talkhub.tests").debug("thing_tried")

    assert lines() == []


def test_a_line_break_does_not_make_a_second_line(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    structlog.get_logger("talkhub.tests").info("odd", text='a\n{"event":"forged"}')

    (line,) = lines()
    assert line["event"] == "odd"


def test_secrets_are_masked_by_their_names(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    structlog.get_logger("talkhub.tests").info(
        "odd", admin_secret="a", Authorization="b", cookie="c", api_key="d", password="e", token="f"
    )

    (line,) = lines()
    named = ("admin_secret", "Authorization", "cookie", "api_key", "password", "token")
    assert {line[name] for name in named} == {"•••"}


def test_a_traceback_is_kept_and_masked(begin_logging: Callable[[], Lines]) -> None:
    lines = begin_logging()
    error = ValueError("ana@example.com called from +55 11 99999-0001")

    structlog.get_logger("talkhub.tests").error("failed", exc_info=error)

    (line,) = lines()
    assert "ValueError" in line["exception"]
    assert "ana@example.com" not in line["exception"]
    assert "99999" not in line["exception"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to ana.souza+x@mail.example.com.br now", "write to •••@••• now"),
        ("+5511999990001", "•••"),
        ("(11) 99999-0001 called", "(••• called"),
        ("CPF 123.456.789-09", "CPF •••"),
        ("postgresql://ana:s3cret@db:5432/x", "postgresql://ana:•••@db:5432/x"),
        ("redis://:s3cret@127.0.0.1:6379/0", "redis://:•••@127.0.0.1:6379/0"),
        ("took 12 of 345 rows", "took 12 of 345 rows"),
        ("conv_aB3-xyz", "conv_aB3-xyz"),
        (
            "duplicate key\nDETAIL:  Key (name)=(Ana) exists.\nmore",
            "duplicate key\nDETAIL: •••\nmore",
        ),
    ],
)
def test_what_names_a_person_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", ["a" * 100_000, "://a:" * 20_000, "1 " * 50_000])
def test_a_text_that_somebody_made_long_is_masked_all_the_same(text: str) -> None:
    assert len(mask(text)) <= len(text)  # each took minutes once, in which the worker stood still
