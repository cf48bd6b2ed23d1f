"""The drain analyses what it claimed together, and one that fails keeps none of its neighbours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from factories import rows, transcript

from talkhub.jobs import handlers
from talkhub.store.uow import Database, workspace_scope

ANALYSED = """
select user_id, analysis_due_at is not null as is_due, analysed_version is not null as is_done
from conversations order by user_id
"""


@pytest.fixture
def three(caller: Caller, database: Database, drain: Callable[[], None]) -> None:
    """Conversations of Ana, Bia and Caio that are due; nobody can read Bia's."""
    drain()
    for user_id in ("ana", "bia", "caio"):
        body = {"user_id": user_id, "session_id": f"session_{user_id}"}
        caller.tool("save_conversation", {**body, "messages": transcript("Quero cancelar")})
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        # Packed for the search already: no test after this one meets it there.
        unreadable = """messages = '["?"]', stems = ''"""
        uow.run(f"update conversations set {unreadable} where user_id = 'bia'")


def test_one_that_fails_waits_and_its_neighbours_are_stored(
    three: None, caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    drain()

    assert rows(database, caller.workspace_id, ANALYSED) == [
        {"user_id": "ana", "is_due": False, "is_done": True},
        {"user_id": "bia", "is_due": True, "is_done": False},
        {"user_id": "caio", "is_due": False, "is_done": True},
    ]


def test_a_batch_is_stored_in_portions_of_bounded_length() -> None:
    long, short = {"messages": [{}] * (handlers.PORTION - 1)}, {"messages": [{}] * 2}

    portions = [len(portion) for portion in handlers._portions([short, long, short, short])]

    assert portions == [1, 1, 2]
