"""`TALKHUB_TIMEZONE` is the default workspace's time zone, whatever stood there before."""

from __future__ import annotations

from talkhub.jobs.schedule import adopt_timezone
from talkhub.settings import Settings
from talkhub.store.queries.workspaces import workspace_timezone
from talkhub.store.uow import Database, system_scope, workspace_scope


def test_the_default_workspace_takes_the_time_zone_of_the_settings(
    database: Database, settings: Settings, _worker: None
) -> None:
    with database.unit_of_work(system_scope("a test")) as uow:
        uow.run("update workspaces set timezone = 'Asia/Tokyo' where slug = 'default'")

    adopt_timezone(database)

    with database.read_only(workspace_scope(1, "tests")) as uow:
        assert workspace_timezone(uow).key == settings.timezone
