"""Homes for embedded servers, and processes that use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_clients import Client, clients_of, temporary_home


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


@pytest.fixture
def start_client(home: Path) -> Iterator[Callable[..., Client]]:
    with clients_of(home) as start:
        yield start
