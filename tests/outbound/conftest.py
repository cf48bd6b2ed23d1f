"""A host on the loopback that speaks HTTPS with a certificate of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from https_host import Host, certificate, serve


@pytest.fixture(scope="session")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for `client.example`, with its key, that nobody but the tests trusts."""
    return certificate(tmp_path_factory.mktemp("tls"), "client.example")


@pytest.fixture
def host(certificate_file: Path) -> Iterator[Callable[..., Host]]:
    """Start hosts that answer as they are told, or misbehave."""
    with serve(certificate_file) as start:
        yield start
