from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import WHATSAPP_SECRET
from service import Service, service_of_its_own


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of one test, not started yet."""
    with service_of_its_own(WHATSAPP_APP_SECRET=WHATSAPP_SECRET) as service:
        yield service


@pytest.fixture(scope="session")
def running_service() -> Iterator[Service]:
    """A service that is up, for tests that do not stop it."""
    with service_of_its_own() as service:
        service.up()
        yield service
