"""The official conformance suite, at the wire of each revision."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.conformance.outcome import Outcome
from tests.conformance.packages import Packages

MODERN, LEGACY = "2026-07-28", "2025-11-25"

REQUIRED = {MODERN: 37, LEGACY: 30}
"""How many scenarios each revision requires of a server: fewer may not pass for all."""

FIXTURE_FREE = {
    MODERN: (
        "server-stateless",
        "tools-list",
        "resources-list",
        "prompts-list",
        "caching",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "http-header-validation",
        "input-required-result-unsupported-methods",
        "server-sse-multiple-streams",
    ),
    LEGACY: (
        "server-initialize",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "dns-rebinding-protection",
    ),
}
"""Scenarios that ask for nothing that only the fixtures have."""

BASELINE = Path(__file__).with_name("without-fixtures.yml")
"""The checks of `server-stateless` that call fixture tools; the suite fails if one passes."""

_LINE = re.compile(r"^([✓✗]) ([\w-]+): (\d+) passed, (\d+) failed", re.MULTILINE)
_OPTIONAL = re.compile(r"^  [✓✗] ([\w-]+) \(", re.MULTILINE)


def run_required(packages: Packages, url: str, revision: str) -> Outcome:
    """Run all scenarios of a revision against the fixtures: the required and the optional."""
    done = _run(packages, url, "--requirements", revision)
    verdicts = {name: sign == "✓" for sign, name, _, _ in _LINE.findall(done.stdout)}
    optional = set(_OPTIONAL.findall(done.stdout))
    required = verdicts.keys() - optional
    failures = [name for name, good in verdicts.items() if not good]
    if len(required) != REQUIRED[revision]:
        failures.append(f"{len(required)} scenarios ran, {REQUIRED[revision]} are required")
    if done.returncode and not failures:
        failures.append(f"exit code {done.returncode}")
    said = (f"{done.stdout}{done.stderr}",) if failures else ()
    return Outcome(sum(verdicts[name] for name in required), (*failures, *said))


def run_fixture_free(packages: Packages, url: str, revision: str) -> Outcome:
    """Run against the product what needs no fixture."""
    scenarios = FIXTURE_FREE[revision]
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(partial(_run_one, packages, url, revision), scenarios))
    failures = tuple(text for text in said if text is not None)
    return Outcome(len(scenarios) - len(failures), failures)


def _run_one(packages: Packages, url: str, revision: str, scenario: str) -> str | None:
    """Return what a scenario says if it fails, or if it skips everything."""
    options = ["--scenario", scenario, "--spec-version", revision]
    if scenario == "server-stateless":
        options += ["--expected-failures", str(BASELINE)]
    done = _run(packages, url, *options)
    has_passed = re.search(r"^Passed: [1-9]", done.stdout, re.MULTILINE)
    if done.returncode == 0 and has_passed:
        return None
    return f"{scenario}: exit code {done.returncode}\n{done.stdout}{done.stderr}"


def _run(packages: Packages, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [packages.node, packages.suite, "server", "--url", url, *options],
        env=packages.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
