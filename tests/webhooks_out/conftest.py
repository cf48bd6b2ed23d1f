"""Endpoints of this test's workspace, receivers to deliver to, and a courier."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from factories import make_workspace
from https_host import certificate_file, host
from outboxes import Outbox

from talkhub.settings import Settings
from talkhub.store.uow import Database

__all__ = ["certificate_file", "host"]

END = "update webhook_endpoints set state = 'disabled' where workspace_id = %(workspace_id)s"


@pytest.fixture
def outbox(database: Database, settings: Settings, workspace: int) -> Iterator[Outbox]:
    made = Outbox(database, settings, workspace)
    yield made
    made.do(lambda uow: uow.run(END, {"workspace_id": workspace}))


@pytest.fixture
def make_outbox(database: Database, settings: Settings) -> Callable[[], Outbox]:
    """Make the outbox of another workspace, whose endpoints are never called."""
    return lambda: Outbox(database, settings, make_workspace(database))
