"""`./run up`: everything that TalkHub is, under one parent."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from talkhub.embedded.banner import banner
from talkhub.embedded.boot import read_settings, resolve_settings
from talkhub.embedded.children import ChildSpec
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import lay_out, make_home
from talkhub.embedded.locks import open_lock, try_lock
from talkhub.embedded.ports import require_free
from talkhub.embedded.processes import make_folder
from talkhub.embedded.services import running
from talkhub.embedded.supervisor import Supervisor
from talkhub.settings import Settings, environment_of_child

_ROOT = Path(__file__).parents[2]
_PYTHON = sys.executable
_log = logging.getLogger(__name__)


def up() -> int:
    """Bring everything up, stay until a signal comes, and return the exit code."""
    logging.basicConfig(format="talkhub: %(message)s", level=logging.INFO)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over
    given = read_settings()
    run_folder = make_home(given.home) / "run"
    if not try_lock(open_lock(run_folder / "up.lock")):  # held until this process ends
        raise CannotStart(f"TalkHub is already up from {given.home}: stop it first.")
    require_free(given.port, given.host)
    _progress("PostgreSQL and Valkey")
    settings = resolve_settings()
    metrics = _without_old_metrics(given.metrics_dir or run_folder / "metrics")
    settings = settings.model_copy(update={"metrics_dir": metrics})
    environment = environment_of_child(settings)
    _progress("database schema")
    _run_to_end("migrating the database", ("-m", "alembic", "upgrade", "head"), environment)
    _progress("first login")
    _run_to_end(
        "making the first login", ("-m", "talkhub.cli", "create-admin", "--if-missing"), environment
    )
    _progress("web, workers and scheduler")
    Supervisor(specs(), environment).run(
        is_ready=lambda: answers(settings.host, settings.port),
        on_ready=lambda: _say(banner(settings, given, on_terminal=sys.stdout.isatty())),
        keep_alive=lambda: _keep_servers(given, settings),
    )
    return 0


def specs() -> list[ChildSpec]:
    """Return the children in the order in which they are stopped."""
    return [
        ChildSpec("web", (_PYTHON, "-m", "talkhub.embedded", "web")),
        ChildSpec("workers", (_PYTHON, "worker.py")),
        ChildSpec("scheduler", (_PYTHON, "-m", "talkhub.cli", "scheduler")),
    ]


def answers(host: str, port: int) -> bool:
    """Tell whether the web server answers `/livez` with 200."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- read, not bound
    connection = HTTPConnection(everywhere.get(host, host), port, timeout=2)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _keep_servers(given: Settings, settings: Settings) -> None:
    """Start the embedded servers again if their keeper was killed."""
    if given.database_url and given.redis_url:
        return
    if running(lay_out(given.home, given.pg_user)) is not None:
        return
    _log.warning("the embedded servers are gone, starting them again")
    try:
        again = resolve_settings()
    except CannotStart as error:
        _log.warning("%s", error)
        return
    if (again.database_url, again.redis_url) != (settings.database_url, settings.redis_url):
        raise CannotStart("The embedded servers are on other ports now: start TalkHub again.")


def _run_to_end(purpose: str, arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
    result = subprocess.run(  # noqa: S603 -- our own command, no shell
        [_PYTHON, *arguments],
        env=environment,
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise CannotStart(f"{purpose} failed:\n{(result.stdout + result.stderr)[-3000:]}")


def _without_old_metrics(folder: Path) -> Path:
    """Make the folder, or remove what dead processes left in it: it would be counted again."""
    make_folder(folder)
    for file in folder.glob("*.db"):
        file.unlink()
    return folder


def _progress(what: str) -> None:
    sys.stderr.write(f"talkhub: starting {what}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
