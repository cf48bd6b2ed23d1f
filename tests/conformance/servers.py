"""What is tested: the fixtures on our engine, and the whole service."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving import PYTHON, free_port, serving
from tests.conformance.open_app import TOKEN_VARIABLE
from tests.e2e.service import Service, service_of_its_own

PACKAGE = "tests.conformance"
THREADS = 32


@dataclass(frozen=True, slots=True)
class Product:
    """The running service, its own address, a token for it, and an address that needs none."""

    url: str
    token: str
    open_url: str


@contextmanager
def fixtures() -> Iterator[str]:
    """Serve the fixtures until the block ends; yield their address."""
    with tempfile.TemporaryDirectory(prefix="th-") as folder:
        log = Path(folder) / "fixtures.log"
        with _wsgi(f"{PACKAGE}.fixture_app:create_fixture_app", {}, log) as url:
            yield url


@contextmanager
def product() -> Iterator[Product]:
    """Run the service as `./run up` does, in a home of its own, until the block ends."""
    with service_of_its_own() as service:
        service.up()
        token = _sign_in(service)
        environment = {"TALKHUB_HOME": str(service.home), TOKEN_VARIABLE: token}
        log = service.home.parent / "open.log"
        with _wsgi(f"{PACKAGE}.open_app:create_open_app", environment, log) as open_url:
            yield Product(f"{service.url}/mcp", token, open_url)


@contextmanager
def _wsgi(target: str, settings: Mapping[str, str], log: Path) -> Iterator[str]:
    port = free_port()
    command = [
        *(PYTHON, "-m", "granian", "--interface", "wsgi", "--port", str(port)),
        *("--blocking-threads", str(THREADS), "--no-ws", "--factory", target),
    ]
    environment = {"PATH": os.environ["PATH"], **settings}
    with serving(command, environment, port=port, log=log):
        yield f"http://127.0.0.1:{port}/mcp"


def _sign_in(service: Service) -> str:
    login = {"username": "admin", "admin_secret": service.secret("ADMIN_SECRET")}
    answer = service.send("POST", "/api/v1/auth/token", login)
    token: str = answer.json["token"]
    return token
