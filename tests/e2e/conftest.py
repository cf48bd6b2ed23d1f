from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import WHATSAPP_SECRET
from service import Service, service_of_its_own


@pytest.fixture
def service() -> Iterator[Service]:
    with service_of_its_own(WHATSAPP_APP_SECRET=WHATSAPP_SECRET) as service:
        yield service
