"""The log's file: shared by any number of processes and containers, and rotated by any of them."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import sys
import time
from pathlib import Path

from talkhub import json_codec

MAX_BYTES = 10_000_000
OLDER_FILES = 5
PAUSE_SECONDS = 60.0
"""How long a file that could not be written is left alone."""


class SharedLogFile(logging.Handler):
    """Appends lines to a file; whoever fills it moves it aside, and the others follow.

    A file that cannot be written, or a full disk, is told once on stdout and tried again
    after a minute: the log on stdout goes on, and so does the service. The standard
    library's rotating handler would lose lines here: each process rotates for itself.
    """

    def __init__(
        self, path: Path, *, max_bytes: int = MAX_BYTES, older_files: int = OLDER_FILES
    ) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._older_files = older_files
        self._descriptor = -1
        self._has_warned = False
        self._rests_until = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; the lock of `logging.Handler` is held, so threads take turns."""
        if time.monotonic() < self._rests_until:
            return
        line = self.format(record).encode() + b"\n"
        try:
            self._write(line)
        except OSError as error:
            self._rests_until = time.monotonic() + PAUSE_SECONDS
            self._warn(error)
        else:
            self._has_warned = False

    def close(self) -> None:
        """Close the file."""
        self._let_go()
        super().close()

    def _write(self, line: bytes) -> None:
        if not self._is_current():
            self._let_go()
            self._descriptor = self._open()
        if os.fstat(self._descriptor).st_size + len(line) > self._max_bytes:
            self._rotate(len(line))
        # One write of O_APPEND: lines of several processes do not mix.
        if os.write(self._descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_current(self) -> bool:
        """Tell whether our descriptor is of the file that has the name now."""
        if self._descriptor < 0:
            return False
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._descriptor)
        return (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)

    def _rotate(self, coming: int) -> None:
        with self._path.with_name(f"{self._path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._let_go()
            self._descriptor = self._open()
            if os.fstat(self._descriptor).st_size + coming <= self._max_bytes:
                return  # another process was first
            for number in range(self._older_files - 1, 0, -1):
                older = self._numbered(number)
                if older.exists():
                    older.replace(self._numbered(number + 1))
            self._path.replace(self._numbered(1))
            self._let_go()
            self._descriptor = self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _warn(self, error: OSError) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        warning = {
            "event": "log_file_not_written",
            "level": "WARNING",
            "file": str(self._path),
            "reason": error.strerror,
        }
        sys.stdout.write(json_codec.dumps_text(warning) + "\n")
        sys.stdout.flush()
