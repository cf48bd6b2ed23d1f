"""What tests of work that all workspaces share need: that other tests have left none."""

from __future__ import annotations

import pytest

from talkhub.analysis import pipeline
from talkhub.store.uow import Database, system_scope

SETTLE = (
    "update inbound_events set state = 'dead' where state = 'pending'",
    "update conversations set analysis_due_at = null where analysis_due_at is not null",
    "update conversations set analysed_version = null where analysed_version <> %(version)s",
    "update user_profiles set stats_due_at = null where stats_due_at is not null",
    "delete from dirty_buckets",
    "delete from dirty_days",
    "update own_models set state = 'failed' where state = 'pending'",
    "update replies set due_at = null where due_at is not null",
)


@pytest.fixture
def settled(database: Database) -> None:
    """Nothing is due and nothing outdated, in any workspace."""
    with database.unit_of_work(system_scope("tests")) as uow:
        for statement in SETTLE:
            uow.run(statement, {"version": pipeline.version()})
