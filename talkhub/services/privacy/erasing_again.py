"""Erase again whom a restored backup brought back: their tombstones are younger than they are."""

from __future__ import annotations

from collections.abc import Iterator

from talkhub.errors import NotFound
from talkhub.services.people.tombstones import USER_ID, Tombstones
from talkhub.services.privacy.erasing import erase_person
from talkhub.store.statements import erasing as statements
from talkhub.store.uow import Database, workspace_scope

PEOPLE_AT_ONCE = 1_000


def erase_again(
    database: Database, workspace_id: int, tombstones: Tombstones, *, actor: str
) -> int:
    """Erase a workspace's people who were erased after they were made; return how many."""
    erased = 0
    for user_id in _returned(database, workspace_id, tombstones, actor):
        with database.unit_of_work(workspace_scope(workspace_id, actor)) as uow:
            try:
                erase_person(uow, user_id, tombstones)
            except NotFound:  # another of their ids was met before
                continue
        erased += 1
    return erased


def _returned(
    database: Database, workspace_id: int, tombstones: Tombstones, actor: str
) -> Iterator[str]:
    after = 0
    while True:
        key = {"workspace_id": workspace_id, "after": after, "limit": PEOPLE_AT_ONCE}
        with database.read_only(workspace_scope(workspace_id, actor)) as uow:
            people = uow.run(statements.PEOPLE_IN_TURN, key).mappings().all()
            names = {(USER_ID, person["user_id"]) for person in people}
            erased = tombstones.erased(uow, names)
        for person in people:
            erased_at = erased.get((USER_ID, person["user_id"]))
            if erased_at is not None and person["created_at"] < erased_at:
                yield person["user_id"]
        if len(people) < PEOPLE_AT_ONCE:
            return
        after = people[-1]["id"]
