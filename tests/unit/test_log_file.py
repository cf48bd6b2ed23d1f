"""The log's file: rotated by whoever fills it, and never a reason to stop."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from talkhub import log_file
from talkhub.log_file import SharedLogFile

LINE = "x" * 40
MakeFile = Callable[..., SharedLogFile]


@pytest.fixture
def make_file(tmp_path: Path) -> Iterator[MakeFile]:
    """Make handlers of one file, as several processes would."""
    made: list[SharedLogFile] = []

    def make(path: Path = tmp_path / "app.log") -> SharedLogFile:
        made.append(SharedLogFile(path, max_bytes=100, older_files=2))
        return made[-1]

    yield make
    for handler in made:
        handler.close()


def write(handler: SharedLogFile, text: str) -> None:
    record = logging.LogRecord("talkhub", logging.INFO, "", 0, text, None, None)
    handler.emit(record)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_full_file_is_moved_aside_and_the_oldest_goes(
    make_file: MakeFile, tmp_path: Path
) -> None:
    handler = make_file()

    for number in range(8):  # two lines fit into a file
        write(handler, f"{number}{LINE}")

    kept = {path.name: [line[0] for line in lines(path)] for path in tmp_path.glob("app.log*")}
    assert kept == {
        "app.log": ["6", "7"],
        "app.log.1": ["4", "5"],
        "app.log.2": ["2", "3"],
        "app.log.lock": [],
    }


def test_one_process_follows_the_file_that_another_moved(
    make_file: MakeFile, tmp_path: Path
) -> None:
    first, second = make_file(), make_file()

    for number in range(6):
        write(first if number % 3 else second, f"{number}{LINE}")

    everything = [line[0] for path in tmp_path.glob("app.log*") for line in lines(path)]
    assert sorted(everything) == list("012345")
    assert [line[0] for line in lines(tmp_path / "app.log")] == ["4", "5"]


def test_a_file_that_cannot_be_written_is_told_once_and_tried_again(
    make_file: MakeFile,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_file, "PAUSE_SECONDS", 0)
    folder = tmp_path / "later"
    handler = make_file(folder / "app.log")

    write(handler, "lost")
    write(handler, "lost too")
    folder.mkdir()
    write(handler, "kept")

    (warning,) = capsys.readouterr().out.splitlines()
    assert json.loads(warning)["event"] == "log_file_not_written"
    assert lines(folder / "app.log") == ["kept"]


def test_after_a_failure_the_file_rests(make_file: MakeFile, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    handler = make_file(folder / "app.log")

    write(handler, "lost")
    folder.mkdir()
    write(handler, "not tried")

    assert list(folder.iterdir()) == []
