"""The soak itself: a short one for real, and proof that it would see a loss."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path

import psutil
import pytest

from benchmarks.soak.__main__ import run
from benchmarks.soak.chaos import Outcome
from benchmarks.soak.deliveries import Delivery
from benchmarks.soak.examine import Findings
from benchmarks.soak.kills import make_plan
from benchmarks.soak.load import Load
from benchmarks.soak.phases import Result
from benchmarks.soak.stack import Kind

ROOT = Path(__file__).parents[2]
# PostgreSQL, a worker and Valkey, each soon whole again.
SHORT = ("--kills", "3", "--seed", "3360", "--control-seconds", "1")
LITTLE = ("--per-second", "20", "--processes", "1", "--without-encoder", "--skip-leases", "--json")


def soak(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak", *arguments],
        cwd=ROOT,
        env={"PATH": os.defpath, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for all that a soak writes, open to the account of root's PostgreSQL."""
    made = Path(tempfile.mkdtemp(prefix="th-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.mark.timeout(150)
def test_kills_under_load_lose_nothing_and_double_nothing(folder: Path) -> None:
    process = soak("chaos", *SHORT, *LITTLE, folder=folder)

    said, complaint = process.communicate()

    assert (process.returncode, complaint) == (0, ""), said
    found = json.loads(said)["phases"]["kills"]
    assert found["kills"] == {"worker": 1, "Valkey": 1, "PostgreSQL": 1}
    assert found["accepted"] > 20  # quick machines are soon whole again
    assert {name: found[name] for name in ("lost", "doubled", "wrong")} == {
        "lost": 0,
        "doubled": 0,
        "wrong": 0,
    }
    assert list(folder.iterdir()) == []


@pytest.mark.timeout(120)
def test_interrupted_soak_leaves_nothing_behind(folder: Path) -> None:
    process = soak("chaos", *SHORT, *LITTLE, folder=folder)
    started = wait_for_descendants(process.pid)

    process.send_signal(signal.SIGINT)
    process.communicate()

    assert process.returncode == 130
    assert [one for one in started if one.is_running()] == []
    assert list(folder.iterdir()) == []


def wait_for_descendants(pid: int) -> list[psutil.Process]:
    """Return a soak's processes as soon as PostgreSQL is among them."""
    deadline = time.monotonic() + 60
    while True:
        found = psutil.Process(pid).children(recursive=True)
        if any(process.name() == "postgres" for process in found):
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "arguments", [["chaos", "--kills", "0"], ["chaos", "--seed", "x"], ["storm"], []]
)
def test_bad_input_is_refused_with_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(arguments)

    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.startswith("soak: ")
    assert said.err.count("\n") == 1


def test_one_seed_makes_one_plan_in_which_every_kind_comes_equally_often() -> None:
    plan = make_plan(5, 2 * len(Kind), seconds=1)

    assert plan == make_plan(5, 2 * len(Kind), seconds=1)
    assert plan != make_plan(6, 2 * len(Kind), seconds=1)
    assert sorted(kill.kind for kill in plan.kills) == sorted([*Kind, *Kind])


@pytest.mark.parametrize(
    ("ours", "theirs", "is_good"),
    [
        (Findings(), None, True),
        (Findings(), Findings(lost=["one"]), True),
        (Findings(), Findings(), False),  # kills that nothing minds prove nothing
        (Findings(lost=["one"]), Findings(lost=["one"]), False),
        (Findings(doubled=["one"]), None, False),
        (Findings(wrong=["an hour"]), None, False),
    ],
)
def test_a_soak_is_good_if_ours_came_through_what_the_textbook_did_not(
    *, ours: Findings, theirs: Findings | None, is_good: bool
) -> None:
    naive = None if theirs is None else Result("textbook", accepted=9, findings=theirs)
    kills = Result("kills", accepted=9, findings=ours)

    assert Outcome(Result("control", accepted=9), kills, naive).is_good is is_good


def test_a_soak_in_which_nothing_was_accepted_is_not_good() -> None:
    assert not Outcome(Result("control"), Result("kills", accepted=9), None).is_good


class Moody(BaseHTTPRequestHandler):
    """Answers by turns: no connection, 503, then 200 for good."""

    answers: Iterator[int]
    seen = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).seen += 1
        status = next(self.answers)
        if status:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def deliver_to(handler: type[Moody]) -> Load:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    one = Delivery("key", "/", b"{}", {})
    load = Load(repeat(one), server.server_port, per_second=0.01, clients=1)
    try:
        load.start()
        deadline = time.monotonic() + 20
        while not handler.seen:
            assert time.monotonic() < deadline
        assert load.finish(within_seconds=20) == 0
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return load


def test_a_delivery_is_sent_again_until_it_is_accepted() -> None:
    class Handler(Moody):
        answers = iter([0, 503, 200])

    tally = deliver_to(Handler).tally

    assert list(tally.accepted) == ["key"]
    assert sum(tally.retries.values()) == 2


def test_a_refused_delivery_is_reported_and_not_sent_again() -> None:
    class Handler(Moody):
        answers = iter([401])

    tally = deliver_to(Handler).tally

    assert (tally.accepted, tally.refused) == ({}, ["/ 401 b''"])
