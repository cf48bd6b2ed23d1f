"""`./run soak databases`: the whole service on PostgreSQL 15 and 18, directly and pooled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from benchmarks.failure import CannotMeasure
from benchmarks.pooler import pooled
from benchmarks.serving import PYTHON, free_port, running
from benchmarks.soak.apart import what_is_not_apart
from benchmarks.soak.journey import WRITTEN, Journey
from benchmarks.soak.stack import START_SECONDS, STOP_SECONDS, is_ready, made_up_secrets
from benchmarks.stage import ROOT, Stage, address, open_stage, run_sql

LOGIN, PASSWORD = "talkhub_soak", "the-soaks-own:p@ss/word%"
"""Owner of its database, and no superuser; what an address must write otherwise is in it."""
CONNECTIONS = 8
"""The pooler's to the server: fewer than the service's to the pooler."""
_UP = "TalkHub is up."
_COUNTS = """
set local role talkhub_system;
select (select count(*) from conversations),
       (select coalesce(sum(jsonb_array_length(messages)), 0) from conversations),
       (select count(*) from user_profiles),
       (select count(*) from conversation_analyses)
"""


@dataclass(slots=True)
class Tried:
    """A database that the service was run on, and all that was not as it should be."""

    postgresql: str
    through: str
    up_seconds: list[float] = field(default_factory=list)
    stop_seconds: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether it came up twice, with all that was there the first time."""
        return len(self.stop_seconds) == 2 and bool(self.counts) and not self.wrong


def run_databases(*, oldest: Path, people: int, quiet: bool) -> list[Tried]:
    """Run the service on each of four databases, one after the other."""
    if not (oldest / "postgres").exists():
        raise CannotMeasure(
            f"There is no PostgreSQL 15 in {oldest}: install it, or name its folder in"
            " TEST_PG15_BIN."
        )
    tried = []
    for name, programs in (("oldest", oldest), ("embedded", None)):
        home = ROOT / ".talkhub" / f"bench-{name}"
        with open_stage(home, programs=programs) as stage:
            for is_pooled in (False, True):
                tried.append(_try(stage, is_pooled=is_pooled, people=people))
                if not quiet:
                    one = tried[-1]
                    sys.stderr.write(
                        f"soak: PostgreSQL {one.postgresql}, {one.through}:"
                        f" {'good' if one.is_good else one.wrong}\n"
                    )
    return tried


def _try(stage: Stage, *, is_pooled: bool, people: int) -> Tried:
    direct = _make_database(stage, "pooled" if is_pooled else "direct")
    ((version,),) = run_sql(direct, "show server_version")
    tried = Tried(version.split()[0], "PgBouncer" if is_pooled else "direct")
    with ExitStack() as parts:
        used = parts.enter_context(pooled(direct, connections=CONNECTIONS)) if is_pooled else direct
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="talkhub-soak-")))
        folder.chmod(0o711)  # root's Valkey runs as another account, which must pass through
        service = _Service(folder, used, direct)
        with service.up(tried):
            journey = Journey(service.port, service.secrets)
            tried.wrong += journey.write_and_look()
            tried.wrong += _play(service, people, direct)
            tried.wrong += what_is_not_apart(used)
            tried.counts = _counts(direct)
        with service.up(tried):
            tried.wrong += Journey(service.port, service.secrets).look_again()
            if (counts := _counts(direct)) != tried.counts:
                tried.wrong.append(f"after another start there are {counts}")
            tried.wrong += what_is_not_apart(used)
    return tried


def _make_database(stage: Stage, name: str) -> URL:
    """Make a database whose owner is no superuser, and return its address for that owner."""
    url = stage.make_database(name)
    run_sql(
        url,
        f"do $$ begin create role {LOGIN} login createrole;"
        " exception when duplicate_object then null; end $$",
    )
    run_sql(url, f"alter role {LOGIN} password '{PASSWORD}'")
    run_sql(url, f"alter database {url.database} owner to {LOGIN}")
    return url.set(username=LOGIN, password=PASSWORD)


class _Service:
    """`./run up` with a home of its own, and a database that is given."""

    def __init__(self, folder: Path, used: URL, direct: URL) -> None:
        self.port = free_port()
        self.secrets = made_up_secrets()
        self._log = folder / "service.log"
        # Nothing of ours is inherited: an operator's DATABASE_URL must not be met.
        self.environment = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "TALKHUB_HOME": str(folder / "home"),
            "TALKHUB_LINGER": "0",
            "PORT": str(self.port),
            "DATABASE_URL": address(used),
            "DIRECT_URL": address(direct),
            "ADMIN_SECRET": self.secrets.admin,
            "ADMIN_PASSWORD": self.secrets.admin,
            "WEBHOOK_SECRET": self.secrets.webhook,
            "WHATSAPP_APP_SECRET": self.secrets.whatsapp,
            "RATE_LIMIT_MAX": "1000000",
            "RATE_LIMIT_PRINCIPAL": "1000000",
            "LOG_LEVEL": "WARNING",
        }

    @contextmanager
    def up(self, tried: Tried) -> Iterator[None]:
        """Start it; at the end have it stop, and note how long both took."""
        began_at = time.monotonic()
        self._log.unlink(missing_ok=True)
        command = (PYTHON, "-m", "talkhub.embedded", "up")
        with running(command, self.environment, log=self._log) as process:
            self._wait_until_ready(process)
            tried.up_seconds.append(round(time.monotonic() - began_at, 1))
            yield
            began_at = time.monotonic()
            process.terminate()
            try:
                code = process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                tried.wrong.append(f"it did not stop within {STOP_SECONDS} s")
                return
            tried.stop_seconds.append(round(time.monotonic() - began_at, 1))
            if code:
                tried.wrong.append(f"it ended with {code}: {self.log()[-500:]}")
        tried.wrong += [f"log: {line[:500]}" for line in self.log().splitlines() if _is_bad(line)]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (_UP in self.log() and is_ready(self.port)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(f"The service does not start:\n{self.log()[-3000:]}")
            time.sleep(0.1)

    def log(self) -> str:
        """Return what its processes wrote since it was started."""
        return self._log.read_text(errors="replace")


def _is_bad(line: str) -> bool:
    return '"level":"ERROR"' in line.replace(" ", "") or line.startswith("Traceback")


def _play(service: _Service, people: int, direct: URL) -> list[str]:
    """Play the demo, and compare what is there then with what it says that it told."""
    command = (PYTHON, "-m", "talkhub.cli", "demo", "--people", str(people), "--json")
    ended = subprocess.run(
        command, cwd=ROOT, env=service.environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        return [f"the demo ended with {ended.returncode}: {ended.stderr[-500:]}"]
    told, after = json.loads(ended.stdout), _counts(direct)
    return [
        f"{told[name]} {name} of the demo and {WRITTEN} were told, {after[name]} are there"
        for name in ("conversations", "messages")
        if after[name] != told[name] + WRITTEN
    ]


def _counts(direct: URL) -> dict[str, int]:
    """Count what is stored, by the role that sees all of it."""
    ((conversations, messages, people, analyses),) = run_sql(direct, _COUNTS)
    return {
        "conversations": conversations,
        "messages": messages,
        "people": people,
        "analyses": analyses,
    }


def as_document(tried: list[Tried]) -> dict[str, Any]:
    """Return the outcome as plain data."""
    return {
        "soak": "databases",
        "is_good": all(one.is_good for one in tried),
        "databases": [{**asdict(one), "is_good": one.is_good} for one in tried],
    }
