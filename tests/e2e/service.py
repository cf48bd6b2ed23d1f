"""The whole service as its users run it, and a browser to look at it with."""

from __future__ import annotations

import fcntl
import http.cookiejar
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from talkhub.embedded.layout import lay_out
from talkhub.embedded.locks import is_locked

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    text: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Service:
    """`./run up` with a home of its own."""

    home: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> float:
        """Start, and return the seconds until it answered."""
        environment = {
            "PATH": os.environ["PATH"],
            "TALKHUB_HOME": str(self.home),
            "TALKHUB_LINGER": "0",
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
            "WORKER_PROCESSES": "1",
            "SENTENCE_ENCODER": "false",
            **self.settings,
        }
        self.starts += 1
        started = time.monotonic()
        log = (self.home.parent / "up.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "talkhub.embedded", "up"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        wait_for(self._answers, seconds=READY_SECONDS)
        return time.monotonic() - started

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def secret(self, name: str) -> str:
        return json.loads((self.home / "secrets.json").read_text())[name]

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, raw, headers or {}, method=method)
        if raw is not None:
            request.add_header("Content-Type", "application/json")
        return _open(urllib.request.build_opener(), request)

    def _answers(self) -> bool:
        assert self.process is not None
        log = (self.home.parent / "up.log").read_text()
        assert self.process.poll() is None, log
        # Not /livez: the first login is made while the web server starts.
        return log.count("TalkHub is up.") == self.starts


@contextmanager
def service_of_its_own(**settings: str) -> Iterator[Service]:
    """Yield a service that was not started yet; afterwards nothing of it is left."""
    # Not pytest's tmp_path: that is closed to the account that root's servers run as.
    folder = Path(tempfile.mkdtemp(prefix="th-"))
    folder.chmod(0o711)
    service = Service(folder / "h", settings=settings)
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        _clear_away(service)


@contextmanager
def service_of_all(run: str) -> Iterator[Service]:
    """Yield the service of a run of tests: its first process starts it, its last one stops it.

    A start takes as much computing as some hundred tests.
    """
    folder = Path(tempfile.gettempdir()) / f"th-{run[:12]}"
    book, service = folder / "users.json", Service(folder / "h")
    with _alone(folder):
        if book.exists():
            noted = json.loads(book.read_text())
            service.port = noted["port"]
        else:
            folder.chmod(0o711)
            service.up()
            assert service.process is not None
            noted = {"port": service.port, "pid": service.process.pid, "users": 0}
            # Another test process may go on with it and end it: nobody waits for it here.
            service.process.returncode = 0
        book.write_text(json.dumps(noted | {"users": noted["users"] + 1}))
    try:
        yield service
    finally:
        with _alone(folder):
            noted = json.loads(book.read_text())
            book.write_text(json.dumps(noted | {"users": noted["users"] - 1}))
            if noted["users"] == 1:
                os.kill(noted["pid"], signal.SIGTERM)
                wait_for(lambda: _is_over(noted["pid"]), seconds=40)
                _clear_away(service)
                folder.with_suffix(".lock").unlink()


def _is_over(pid: int) -> bool:
    """Tell whether a process ended, also while who started it has not looked yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep the other test processes away from the service of all meanwhile."""
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear_away(service: Service) -> None:
    """Leave nothing of a service that was stopped."""
    keeper = lay_out(service.home, None).lock("keeper")
    wait_for(lambda: not is_locked(keeper), seconds=20)
    shutil.rmtree(service.home.parent)


class Visitor:
    """Someone who is signed in to the dashboard, without JavaScript."""

    def __init__(self, service: Service) -> None:
        self._service = service
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def sign_in(self) -> Answer:
        form = {"username": "admin", "password": self._service.secret("ADMIN_PASSWORD")}
        return self.open("/dashboard/login", form)

    def open(self, path: str, form: dict[str, str] | None = None) -> Answer:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self._service.url + path, data)
        return _open(self._opener, request)


def wait_for(claim: Callable[[], bool], *, seconds: float) -> float:
    """Return after how many seconds `claim` came true; fail if it does not in time."""
    started = time.monotonic()
    while not claim():
        assert time.monotonic() - started < seconds, "it did not come true in time"
        time.sleep(0.05)
    return time.monotonic() - started


def _open(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    try:
        with opener.open(request, timeout=10) as response:
            return Answer(response.status, response.read().decode(), response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode(), error.headers)
