"""One parent for several children, here with stand-ins for web and workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from embedded_clients import ROOT, is_alive, wait_until

from talkhub.embedded import children
from talkhub.embedded.children import Child, ChildSpec
from talkhub.embedded.errand import Errand
from talkhub.embedded.failure import CannotStart

PARENT = """
import json, os, sys
from pathlib import Path
from talkhub.embedded.children import ChildSpec
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.supervisor import Supervisor
folder = Path(sys.argv[1])
names = sys.argv[3:]
specs = [
    ChildSpec(name, (sys.executable, str(folder / f"{name}.py"), str(folder), name))
    for name in names
]
try:
    Supervisor(specs, dict(os.environ), stop_seconds=float(sys.argv[2])).run(
        is_ready=lambda: all((folder / f"{name}.pid").exists() for name in names),
        on_ready=lambda: print("ready", flush=True),
        keep_alive=lambda: None,
    )
except CannotStart as error:
    print(error, flush=True)
    sys.exit(error.exit_code)
"""

CHILD = """
import os, signal, subprocess, sys
from pathlib import Path
folder, name = Path(sys.argv[1]), sys.argv[2]
helper = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def stop(*_):
    with (folder / "stopped").open("a") as log:
        log.write(name + "\\n")
    helper.kill()
    helper.wait()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
unfinished = folder / f"{name}.new"
unfinished.write_text(f"{os.getpid()} {helper.pid}")
unfinished.rename(folder / f"{name}.pid")
while True:
    signal.pause()
"""

STUBBORN = CHILD.replace("signal.SIGTERM, stop", "signal.SIGTERM, signal.SIG_IGN")
BROKEN = "raise SystemExit(3)"

Start = Callable[..., subprocess.Popen[str]]


def pids(folder: Path, name: str) -> list[int]:
    """Return a child's pid and that of its own child."""
    return [int(pid) for pid in (folder / f"{name}.pid").read_text().split()]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor of stand-ins and return it once it says that it is ready."""
    started: list[subprocess.Popen[str]] = []

    def start(stop_seconds: float = 20, **programs: str) -> subprocess.Popen[str]:
        for name, program in programs.items():
            (tmp_path / f"{name}.py").write_text(program)
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, tmp_path, str(stop_seconds), *programs],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(parent)
        assert parent.stdout is not None
        if BROKEN not in programs.values():
            assert parent.stdout.readline() == "ready\n"
        return parent

    yield start
    for parent in started:
        parent.kill()
    for file in tmp_path.glob("*.pid"):
        for pid in pids(tmp_path, file.stem):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
    for parent in started:
        parent.communicate()


def test_a_signal_stops_the_children_in_order_and_leaves_none(start: Start, tmp_path: Path) -> None:
    parent = start(web=CHILD, workers=CHILD, scheduler=CHILD)
    everyone = [pid for name in ("web", "workers", "scheduler") for pid in pids(tmp_path, name)]

    parent.terminate()

    assert parent.wait(10) == 0
    assert (tmp_path / "stopped").read_text().split() == ["web", "workers", "scheduler"]
    assert not any(is_alive(pid) for pid in everyone)


def test_a_killed_child_starts_again_and_what_it_had_started_ends(
    start: Start, tmp_path: Path
) -> None:
    start(web=CHILD, workers=CHILD)
    child, grandchild = pids(tmp_path, "web")
    untouched = pids(tmp_path, "workers")

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: pids(tmp_path, "web")[0] != child)
    assert not is_alive(grandchild)
    assert all(is_alive(pid) for pid in [*pids(tmp_path, "web"), *untouched])


def test_a_child_is_waited_for_only_while_it_fails_at_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: now[0]))
    child = Child(ChildSpec("web", ("sleep", "600")), {"PATH": os.defpath})

    def pause_after_a_life_of(seconds: float) -> float:
        """Kill it when it is so old, and return the time until it runs again."""
        child.tend()
        now[0] += seconds
        died_at, exits = now[0], child.exits
        os.kill(child.pid or 0, signal.SIGKILL)
        while child.exits == exits:
            child.tend()
        while child.pid is None:
            now[0] += 0.25
            child.tend()
        return now[0] - died_at

    pauses = [pause_after_a_life_of(seconds) for seconds in (1, 1, 1, 6, 6, 1)]
    child.kill()

    assert pauses == [0.5, 1.0, 2.0, 0.25, 0.25, 0.5]  # 0.25 is the next look


def test_a_child_that_does_not_stop_is_killed_after_a_while(start: Start, tmp_path: Path) -> None:
    parent = start(4, web=STUBBORN, workers=CHILD)
    everyone = [*pids(tmp_path, "web"), *pids(tmp_path, "workers")]

    parent.terminate()

    assert parent.wait(10) == 0
    wait_until(lambda: not any(is_alive(pid) for pid in everyone))
    assert (tmp_path / "stopped").read_text().split() == ["workers"]


def test_a_second_signal_ends_all_at_once(start: Start, tmp_path: Path) -> None:
    parent = start(600, web=STUBBORN)
    everyone = pids(tmp_path, "web")

    def signal_until_it_is_gone() -> bool:
        parent.send_signal(signal.SIGINT)
        return parent.poll() is not None

    wait_until(signal_until_it_is_gone)
    wait_until(lambda: not any(is_alive(pid) for pid in everyone))


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux ends children with their parent")
def test_a_killed_supervisor_leaves_no_child(start: Start, tmp_path: Path) -> None:
    parent = start(web=CHILD, workers=CHILD)
    everyone = [*pids(tmp_path, "web"), *pids(tmp_path, "workers")]

    parent.kill()

    wait_until(lambda: not any(is_alive(pid) for pid in everyone))


def test_a_child_that_ends_while_starting_ends_the_start(start: Start, tmp_path: Path) -> None:
    parent = start(web=CHILD, workers=BROKEN)

    output, _ = parent.communicate(timeout=10)

    assert output == "workers ended while starting; see above.\n"
    assert parent.returncode == 1
    wait_until(
        lambda: (
            not (tmp_path / "web.pid").exists()
            or not any(is_alive(pid) for pid in pids(tmp_path, "web"))
        )
    )


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run_up(tmp_path, PORT=str(port))

    assert ended.returncode == 1
    assert ended.stderr == (
        f"talkhub: Port {port} is taken by another program: "
        f"choose another, for example PORT={port + 1} ./run up\n"
    )
    assert {path.name for path in (tmp_path / "home").iterdir()} == {"run"}


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    ended = run_up(tmp_path, HOST="192.0.2.1")

    assert ended.stderr == "talkhub: HOST=192.0.2.1 is not an address of this machine.\n"


def run_up(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "talkhub.embedded", "up"],
        cwd=ROOT,
        env={"PATH": os.defpath, "TALKHUB_HOME": str(tmp_path / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_errand_that_ends_well_is_done(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("import time")

    with Errand("doing it", ("good",), {"PYTHONPATH": str(tmp_path)}) as errand:
        errand.wait()

        assert errand.is_done()


def test_an_errand_that_fails_says_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("raise SystemExit('no such table')")

    with (
        Errand("doing it", ("bad",), {"PYTHONPATH": str(tmp_path)}) as errand,
        pytest.raises(CannotStart, match="doing it failed:\nno such table"),
    ):
        errand.wait()


def test_an_errand_that_is_left_early_ends(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(
        f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); "
        "time.sleep(600)"
    )

    with Errand("doing it", ("long",), {"PYTHONPATH": str(tmp_path)}):
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")

    assert not is_alive(int((tmp_path / "pid").read_text()))
