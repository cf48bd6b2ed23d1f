"""What the services' tests share."""

from collections.abc import Callable

import pytest

from talkhub.store.uow import Database, workspace_scope

MERGE = """
update user_profiles old set merged_into_id = kept.id from user_profiles kept
where old.user_id = %(old)s and kept.user_id = %(kept)s returning kept.id
"""


@pytest.fixture
def merge(database: Database, workspace: int) -> Callable[..., int]:
    """Merge a person into another, as a later feature will, and return the other's id."""

    def merge(old: str, *, into: str) -> int:
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            return uow.run(MERGE, {"old": old, "kept": into}).scalar_one()

    return merge
