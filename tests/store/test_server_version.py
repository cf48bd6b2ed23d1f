"""The tests run on the PostgreSQL that was asked for, not on another by mistake."""

from __future__ import annotations

import os

import pytest
from servers import Servers, admin

from talkhub.embedded.binaries import find_postgres
from talkhub.settings.groups import EmbeddedSettings


@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server was given by address")
def test_the_server_has_the_version_of_the_programs_that_were_named(servers: Servers) -> None:
    wanted = find_postgres(EmbeddedSettings().pg_bin).major

    ((number,),) = admin(servers, "show server_version_num")

    assert int(number) // 10_000 == wanted
