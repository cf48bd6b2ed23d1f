"""Random JSON-RPC bodies against the served protocol: none may make it fail."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.service import Target, talkhub
from benchmarks.soak.random_bodies import random_bodies
from benchmarks.stage import migrate, open_stage
from talkhub.mcp.protocol import INTERNAL_ERROR
from talkhub.progress import show_progress

MAX_KEPT = 20


@dataclass(slots=True)
class Fuzzed:
    """What the bodies were answered, and the first ones that they should not have been."""

    statuses: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def note(self, body: bytes, status: int, answer: bytes) -> None:
        """Count an answer; keep the body that it tells a fault of ours by."""
        self.statuses[status] += 1
        is_fault = status >= 500 or f'"code":{INTERNAL_ERROR}'.encode() in answer
        if is_fault and len(self.failed) < MAX_KEPT:
            self.failed.append(body.decode("utf-8", "replace"))


def run_fuzz(*, seed: int, count: int, quiet: bool) -> Fuzzed:
    """Send `count` bodies, one after the other, to a service of its own."""
    with open_stage() as stage:
        url = stage.make_database("fuzz")
        migrate(url)
        with talkhub(stage, url, role="api") as service:
            return _send(service, seed=seed, count=count, quiet=quiet)


def _send(service: Target, *, seed: int, count: int, quiet: bool) -> Fuzzed:
    fuzzed = Fuzzed()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    own = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/json"}
    with show_progress("bodies", count, quiet=quiet) as tell:
        for number, (body, headers) in enumerate(random_bodies(seed, count), start=1):
            connection.request("POST", "/mcp", body, {**own, **headers})
            response = connection.getresponse()
            fuzzed.note(body, response.status, response.read())
            tell(number)
    connection.close()
    return fuzzed


def as_document(fuzzed: Fuzzed) -> str:
    """Return the outcome as JSON."""
    statuses = {str(status): count for status, count in sorted(fuzzed.statuses.items())}
    return json.dumps({"statuses": statuses, "failed": fuzzed.failed}, indent=2)
