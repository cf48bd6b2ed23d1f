"""What others say of our protocol: the official suite, the inspector and foreign clients.

`./run conformance`: the suite against its fixtures on our engine, and everything that needs
no fixture against the whole service with real PostgreSQL and Valkey.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.environment import CannotInstall
from benchmarks.failure import CannotMeasure
from tests.conformance.inspector import ERAS, run_inspector
from tests.conformance.outcome import Outcome
from tests.conformance.packages import ROOT, Packages, install
from tests.conformance.servers import Product, fixtures, product
from tests.conformance.suite import REQUIRED, run_fixture_free, run_required

CLIENTS = {
    "official": "the official Python client, 2026-07-28",
    "official-legacy": "the official Python client, 2025-11-25",
    "fastmcp": "FastMCP's client",
}
STEPS = 3 + 2 * len(REQUIRED) + len(ERAS) + len(CLIENTS)

Trial = tuple[str, Callable[[], Outcome]]


def main() -> int:
    """Run every trial, whatever the others find, and return the exit code.

    EX_UNAVAILABLE says that the judges could not be fetched, so that nothing was judged.
    """
    step = _Steps()
    try:
        step("fetching Node, the official tools and the clients, once")
        packages = install()
        good = [_judge(step, trial) for trial in _trials(step, packages)]
    except CannotInstall as error:
        sys.stderr.write(f"conformance: nothing was judged: {error}\n")
        return os.EX_UNAVAILABLE
    except CannotMeasure as error:
        sys.stderr.write(f"conformance: {error}\n")
        return 1
    return 0 if all(good) else 1


def _trials(step: Callable[[str], None], packages: Packages) -> Iterator[Trial]:
    step("starting the fixtures on our engine")
    with fixtures() as url:
        for revision in REQUIRED:
            trial = partial(run_required, packages, url, revision)
            yield f"the suite's required scenarios of {revision}, on fixtures", trial
    step("starting the whole service")
    with product() as running:
        for revision in REQUIRED:
            trial = partial(run_fixture_free, packages, running.open_url, revision)
            yield f"the suite's scenarios of {revision} that need no fixture, on the service", trial
        for era in ERAS:
            trial = partial(run_inspector, packages, running, era)
            yield f"the inspector on the service, {era} era", trial
        for name, title in CLIENTS.items():
            yield f"{title}, on the service", partial(_run_client, packages, running, name)


def _run_client(packages: Packages, running: Product, name: str) -> Outcome:
    done = subprocess.run(
        [packages.python, "-m", "tests.conformance.foreign_clients", name, running.url],
        input=running.token,
        cwd=ROOT,
        env=packages.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return Outcome(0, (done.stderr[-3000:],))
    return Outcome(**json.loads(done.stdout))


def _judge(step: Callable[[str], None], trial: Trial) -> bool:
    name, run = trial
    step(name)
    outcome = run()
    verdict = "passed" if outcome.is_good else "FAILED"
    sys.stdout.write(f"{verdict}  {name}: {outcome.passed} passed\n")
    for failure in outcome.failures:
        sys.stdout.write(f"        {failure}\n")
    sys.stdout.flush()
    return outcome.is_good


class _Steps:
    """Says on stderr which step begins, and how long it has been."""

    def __init__(self) -> None:
        self._count = 0
        self._began = time.monotonic()

    def __call__(self, what: str) -> None:
        self._count += 1
        seconds = time.monotonic() - self._began
        sys.stderr.write(f"conformance: {self._count} of {STEPS}, after {seconds:.0f} s: {what}\n")


if __name__ == "__main__":
    sys.exit(main())
