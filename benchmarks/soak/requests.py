"""`./run soak requests`: requests invented from the OpenAPI document, each answered as it says."""

from __future__ import annotations

import subprocess

from benchmarks.environment import locked_environment
from benchmarks.service import talkhub
from benchmarks.stage import HOME, ROOT, migrate, open_stage

LOCK_FILE = ROOT / "requirements" / "fuzz.txt"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def run_requests(*, examples: int, seed: int) -> int:
    """Send so many requests an operation, and return schemathesis' exit code."""
    python = locked_environment(HOME / "fuzz", LOCK_FILE)
    with open_stage() as stage:
        url = stage.make_database("requests")
        migrate(url)
        with talkhub(stage, url, role="api") as service:
            asked = [
                *("run", f"http://127.0.0.1:{service.port}/openapi.json"),
                *("--header", f"Authorization: Bearer {service.token}"),
                *("--checks", ",".join(CHECKS)),
                *("--max-examples", str(examples), "--seed", str(seed)),
                *("--phases", "examples,coverage,fuzzing", "--generation-database", "none"),
            ]
            command = [str(python.with_name("schemathesis")), *asked]
            return subprocess.run(command, cwd=stage.folder, check=False).returncode
