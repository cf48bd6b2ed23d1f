from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import WHATSAPP_SECRET
from service import Service, service_of_all, service_of_its_own


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of one test, not started yet."""
    with service_of_its_own(WHATSAPP_APP_SECRET=WHATSAPP_SECRET) as service:
        yield service


@pytest.fixture(scope="session")
def running_service(testrun_uid: str) -> Iterator[Service]:
    """A service that is up, for tests that do not stop it: one for all test processes."""
    with service_of_all(testrun_uid) as service:
        yield service
