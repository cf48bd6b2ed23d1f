"""A sign of life for whoever watches a process that serves nothing: a file that it touches."""

from __future__ import annotations

import time
from pathlib import Path

import structlog

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 5.0


class Heartbeat:
    """Touches a file, at most every five seconds; without one it does nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._beaten_at = float("-inf")
        self._has_warned = False

    def beat(self) -> None:
        """Show that the process goes on. A disk that is full stops no work."""
        if self._file is None or time.monotonic() - self._beaten_at < BEAT_SECONDS:
            return
        self._beaten_at = time.monotonic()
        try:
            self._file.touch()
        except OSError as error:
            if not self._has_warned:
                logger.warning("heartbeat_not_written", reason=error.strerror)
            self._has_warned = True
