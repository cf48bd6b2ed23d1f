"""A web process that is asked to end lets its streams know, whoever handles the signal."""

import subprocess
import sys

ENDS = """
import os, signal
from talkhub.blueprints.streams import closing
from talkhub.embedded.web import _end_streams_with_the_process

_end_streams_with_the_process()
signal.signal(signal.SIGTERM, lambda *_: None)  # as the server does, later
assert not closing.is_set()
os.kill(os.getpid(), signal.SIGTERM)
assert closing.wait(10)
"""


def test_streams_are_told_to_end_by_a_signal_that_the_server_handles() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS], capture_output=True, text=True, check=False, timeout=60
    )

    assert (ended.returncode, ended.stderr) == (0, "")
