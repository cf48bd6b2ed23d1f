"""A process' sign of life."""

from __future__ import annotations

import os
from pathlib import Path

from talkhub.heartbeat import Heartbeat


def test_a_beat_makes_the_file_and_the_next_one_waits(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    heartbeat = Heartbeat(file)

    heartbeat.beat()
    os.utime(file, (0, 0))
    heartbeat.beat()

    assert file.stat().st_mtime == 0


def test_a_file_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "missing" / "heartbeat").beat()

    assert list(tmp_path.iterdir()) == []
