"""`./run up`: everything that TalkHub is, under one parent."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import signal
import sys
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from pathlib import Path

from talkhub.embedded.banner import banner
from talkhub.embedded.boot import read_settings, resolve_settings, settings_or_exit
from talkhub.embedded.children import ChildSpec
from talkhub.embedded.errand import Errand
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.forked import read_code
from talkhub.embedded.layout import lay_out, make_home
from talkhub.embedded.locks import open_lock, try_lock
from talkhub.embedded.ports import require_free
from talkhub.embedded.processes import make_folder
from talkhub.embedded.schema import is_current
from talkhub.embedded.services import running
from talkhub.embedded.supervisor import Supervisor
from talkhub.settings import Settings, environment_of_child

_PYTHON = sys.executable
_CREATE_ADMIN = ("create-admin", "--if-missing")
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
    _tell_where_the_data_is(given)
    metrics = _without_old_metrics(given.metrics_dir or _metrics_folder(run_folder))
    settings = settings.model_copy(update={"metrics_dir": metrics})
    environment = environment_of_child(settings)
    if not is_current(str(settings.migration_url)):
        _progress("the migration of the database")
        migrate = ("alembic", "upgrade", "head")
        with Errand("migrating the database", migrate, environment) as migration:
            read_code(environment)
            migration.wait()
    _progress("web, workers and scheduler")
    read_code(environment)
    # The first login is made beside the children, which do not need it: that saves a second.
    with Errand(
        "making the first login",
        ("talkhub.cli", *_CREATE_ADMIN),
        environment,
        program=_create_admin,
    ) as login:
        Supervisor(specs(), environment).run(
            is_ready=lambda: login.is_done() and answers(settings.host, settings.port),
            on_ready=lambda: _say(banner(settings, given, on_terminal=sys.stdout.isatty())),
            keep_alive=lambda: _keep_servers(given, settings),
        )
    if given.metrics_dir is None:
        shutil.rmtree(metrics, ignore_errors=True)
    return 0


def specs() -> list[ChildSpec]:
    """Return the children in the order in which they are stopped."""
    return [
        ChildSpec("web", (_PYTHON, "-m", "talkhub.embedded", "web"), _serve),
        ChildSpec("workers", (_PYTHON, "worker.py"), _work),
        ChildSpec("scheduler", (_PYTHON, "-m", "talkhub.cli", "scheduler"), _schedule),
    ]


def _serve() -> None:
    import_module("talkhub.embedded.web").serve(settings_or_exit())


def _work() -> None:
    import_module("talkhub.jobs.worker").run(settings_or_exit())


def _schedule() -> object:
    return import_module("talkhub.cli.program").run(["scheduler"])


def _create_admin() -> object:
    return import_module("talkhub.cli.program").run(_CREATE_ADMIN)


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


def _tell_where_the_data_is(given: Settings) -> None:
    if given.database_url and given.redis_url:
        return
    layout = lay_out(given.home, given.pg_user)
    if layout.root != given.home.absolute():
        _log.info("the servers' account cannot enter %s: data is in %s", given.home, layout.root)


def _metrics_folder(run_folder: Path) -> Path:
    """Return where processes share their metrics: in memory where that can be.

    The metrics are mapped files, and a process that writes to one on a full disk is
    killed by SIGBUS.
    """
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of our own in it, checked below
    digest = hashlib.sha256(str(run_folder.absolute()).encode()).hexdigest()[:16]
    folder = memory / f"talkhub-{digest}"
    if not os.access(memory, os.W_OK):
        return run_folder / "metrics"
    folder.mkdir(mode=0o700, exist_ok=True)
    is_ours = not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
    return folder if is_ours else run_folder / "metrics"


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
