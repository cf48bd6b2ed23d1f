"""The payload files, and the time at which the tests receive them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

PAYLOADS = Path(__file__).parents[2] / "payloads"


@pytest.fixture
def load_payload() -> Callable[[str], bytes]:
    return lambda name: (PAYLOADS / f"{name}.json").read_bytes()


@pytest.fixture
def received_at() -> datetime:
    return datetime(2026, 11, 21, 23, 5, tzinfo=UTC)
