"""The migrated database that the schema's tests look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from schema_databases import new_database, upgrade
from servers import Servers
from sqlalchemy.engine import URL


@pytest.fixture(scope="module")
def server(servers: Servers) -> URL:
    """The server to look at. Other modules run the same tests on other servers."""
    return servers.database


@pytest.fixture(scope="module")
def migrated(server: URL) -> Iterator[URL]:
    """A database that was upgraded from nothing; each test leaves it at the newest revision."""
    with new_database(server) as url:
        upgrade(url)
        yield url
