"""Homes for embedded servers, and processes that use them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_clients import CLIENT, ROOT, Client, wait_until

from talkhub.embedded.layout import lay_out
from talkhub.embedded.locks import is_locked


@pytest.fixture
def home() -> Iterator[Path]:
    # Not pytest's tmp_path: that is closed to the account that root's servers run as.
    folder = Path(tempfile.mkdtemp(prefix="th-"))
    folder.chmod(0o711)
    yield folder / "h"
    if (folder / "h" / "run").exists():
        layout = lay_out(folder / "h", None)
        wait_until(lambda: not is_locked(layout.lock("keeper")))
    shutil.rmtree(folder)


@pytest.fixture
def start_client(home: Path) -> Iterator[Callable[..., Client]]:
    started: list[Client] = []

    def start(mode: str = "test", **environment: str) -> Client:
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, home, mode],
            cwd=ROOT,
            env={"PATH": os.defpath, "TALKHUB_LINGER": "0", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(Client(process))
        return started[-1]

    yield start
    for client in started:
        client.end()
