"""A process that is forked is as one that was started, but for the code that it need not read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from embedded_clients import ROOT

FORK = """
import json, os, signal, sys
from pathlib import Path
from talkhub.embedded.forked import Forked
from talkhub.embedded.locks import open_lock, try_lock

try_lock(open_lock(Path(sys.argv[1] + "/lock")))
signal.signal(signal.SIGTERM, lambda *_: None)

def program():
    os.write(1, b"said")
    Path(sys.argv[1] + "/told.json").write_text(json.dumps({
        "environment": dict(os.environ),
        "has_own_session": os.getsid(0) == os.getpid(),
        "descriptors": [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
                        if int(fd) > 2 and os.path.exists(f"/proc/self/fd/{fd}")],
        "name": Path("/proc/self/comm").read_text().strip(),
        "folder": os.getcwd(),
        "ends_at_sigterm": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
    }))
    return 3

with open(sys.argv[1] + "/output", "wb") as output:
    child = Forked("talkhub-child", program, {"PORT": "1"}, output=output.fileno())
    print(child.wait(), child.poll(), child.returncode)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a forked process found of itself, and its parent of it."""
    folder = tmp_path_factory.mktemp("fork")
    done = subprocess.run(
        [sys.executable, "-c", FORK, folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads((folder / "told.json").read_text())
    return found | {
        "codes": done.stdout.split(),
        "output": (folder / "output").read_text(),
        "lock": str(folder / "lock"),
    }


def test_its_exit_code_and_output_are_its_parents_to_read(told: dict[str, Any]) -> None:
    assert told["codes"] == ["3", "3", "3"]
    assert told["output"] == "said"


def test_it_has_the_environment_session_folder_and_name_that_a_command_would_have(
    told: dict[str, Any],
) -> None:
    assert told["environment"] == {"PORT": "1"}
    assert told["has_own_session"]
    assert Path(told["folder"]) == ROOT
    assert told["name"] == "talkhub-child"
    assert told["ends_at_sigterm"]


def test_it_holds_none_of_its_parents_locks(told: dict[str, Any]) -> None:
    assert told["lock"] not in told["descriptors"]
