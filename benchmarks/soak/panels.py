"""`./run soak panels`: every panel asks a real Prometheus, which scrapes a TalkHub at work."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.failure import CannotMeasure
from benchmarks.serving import free_port, running
from benchmarks.soak.load import Tally
from benchmarks.soak.ours import Ours
from benchmarks.soak.stack import ROOT, TALKHUB, running_stack
from benchmarks.soak.steady import Answers, send_steadily
from talkhub.progress import show_progress

MONITORING = ROOT / "monitoring"
UNPACKED = ROOT / ".venv" / "prometheus" / "usr" / "bin" / "prometheus"
"""Where `./run check` puts Debian's, where it may."""
OF_EXPORTERS = "database"
"""The dashboard whose metrics other programs tell, which a service alone does not run."""
PER_SECOND = 20.0
_READY_SECONDS = 30
_CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: talkhub-web
    honor_labels: true
    static_configs: [{{targets: ["127.0.0.1:{port}"], labels: {{service: talkhub-mcp-server}}}}]
"""


@dataclass(slots=True)
class Panels:
    """How many questions of each dashboard were answered; which with nothing, which not at all."""

    answered: Counter[str] = field(default_factory=Counter)
    silent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether every question was understood, and each dashboard of ours shows some."""
        ours = (set(self.answered) | set(self.silent)) - {OF_EXPORTERS}
        return bool(ours) and not self.failed and all(self.answered[name] for name in ours)


def run_panels(*, seconds: float, seed: int, quiet: bool) -> Panels:
    """Let a service work under a Prometheus' eyes for so long, then ask for every panel."""
    program = shutil.which("prometheus") or (str(UNPACKED) if UNPACKED.exists() else None)
    if program is None:
        raise CannotMeasure("There is no Prometheus here: apt-get install prometheus")
    found = Panels()
    with running_stack(TALKHUB) as stack, _prometheus(program, stack.port) as address:
        count = round(seconds * PER_SECOND)
        source = islice(Ours(stack.door, seed, skip_leases=False).deliveries(1), count)
        with show_progress("deliveries", count, quiet=quiet) as tell:
            options = {"per_second": PER_SECOND, "tell": tell}
            send_steadily(stack.port, source, Answers(), Tally(), **options)
        for dashboard, question in _questions():
            _ask(address, dashboard, question, found)
    return found


@contextmanager
def _prometheus(program: str, service: int) -> Iterator[str]:
    """Run a Prometheus that asks the service each second and judges by our rules."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="talkhub-panels-") as folder:
        file = Path(folder) / "prometheus.yml"
        rules = MONITORING / "rules" / "*.yml"
        file.write_text(_CONFIGURATION.format(rules=json.dumps(str(rules)), port=service))
        command = (
            program,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        log = Path(folder) / "prometheus.log"
        with running(command, {"PATH": "/usr/bin:/bin"}, log=log) as process:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, process, log)
            yield address


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/-/ready", timeout=2).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(
                    f"Prometheus does not start: {log.read_text()[-800:]}"
                ) from None
            time.sleep(0.1)
        else:
            return


def _questions() -> Iterator[tuple[str, str]]:
    """Yield each panel's question with the dashboard that it is on."""
    for dashboard in sorted((MONITORING / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(dashboard.read_text())["panels"]:
            for target in panel["targets"]:
                yield dashboard.stem, target["expr"]


def _ask(address: str, dashboard: str, question: str, found: Panels) -> None:
    query = urllib.parse.urlencode({"query": question})
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query?{query}", timeout=10) as response:
            result = json.load(response)["data"]["result"]
    except urllib.error.HTTPError as error:
        found.failed.append(f"{dashboard}: {question}: {error.read()[:200]!r}")
        return
    if result:
        found.answered[dashboard] += 1
    else:
        found.silent[dashboard].append(question)


def as_document(found: Panels) -> dict[str, Any]:
    """Return the outcome as plain data."""
    return {
        "soak": "panels",
        "is_good": found.is_good,
        "answered": dict(found.answered),
        "silent": dict(found.silent),
        "failed": found.failed,
    }
