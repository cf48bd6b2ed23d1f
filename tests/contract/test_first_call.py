"""The README's first call, typed as it stands there, answers what it says."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEPT = "declare -p BASE ADMIN_SECRET TOKEN SESSION >kept 2>/dev/null; declare -f field >>kept"
OWN_TO_EACH_RUN = re.compile(r"(^|_)id$|_at$|^confidence$|^next_intents$")
"""The last is learned from all conversations of the workspace, other tests' too."""

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


def first_calls() -> list[tuple[str, str | None]]:
    """Return the section's commands, each with the document or text that stands below it."""
    text = (ROOT / "README.md").read_text()
    section = text.split("## The first call\n")[1].split("\n\n## ")[0]
    blocks = [*FENCE.findall(section), ("sh", "")]
    return [
        (command, answer if language != "sh" else None)
        for (kind, command), (language, answer) in itertools.pairwise(blocks)
        if kind == "sh"
    ]


def read(answer: str) -> object:
    """Return a document, or a text without the day on which it was told."""
    if answer.startswith("{"):
        return timeless(json.loads(answer))
    return re.sub(r'data="[\d-]+"', "", answer.strip())


def timeless(value: object) -> object:
    """Return a document in which what differs from run to run is only a type."""
    if isinstance(value, dict):
        return {
            key: type(item).__name__ if OWN_TO_EACH_RUN.search(key) else timeless(item)
            for key, item in value.items()
        }
    return [timeless(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder in which the generated secrets lie where `./run up` puts them."""
    (tmp_path / ".talkhub").mkdir()
    secrets_file = tmp_path / ".talkhub" / "secrets.json"
    secrets_file.write_text(json.dumps({"ADMIN_SECRET": "tests-admin-secret"}))
    return tmp_path


def test_the_first_calls_answer_what_the_readme_says(
    address: str, clone: Path, drain: Callable[[], None]
) -> None:
    person = f"user_{secrets.token_hex(6)}"
    answers, expected = [], []

    for command, answer in first_calls():
        typed = command.replace("http://127.0.0.1:3003", address).replace("user_123", person)
        script = f"[ ! -e kept ] || source ./kept\n{typed}\n{KEPT}"
        ran = subprocess.run(
            ["bash", "-c", script], cwd=clone, capture_output=True, text=True, check=True
        )
        drain()
        if answer is not None:
            answers.append(read(ran.stdout or ran.stderr))
            expected.append(read(answer.replace("user_123", person)))

    assert len(expected) == 3
    assert answers == expected
