"""How PostgreSQL goes about the statements that serve every call."""

import secrets
from typing import Any

import psycopg2
import pytest
from factories import make_workspace

from talkhub.settings import Settings
from talkhub.store.statements.context import USER_CONTEXT
from talkhub.store.statements.conversations import SAVE_CONVERSATION, SAVE_TO_OPEN_SESSION
from talkhub.store.statements.memory import SHELF_OF_PERSON, STATE_OF_HISTORY
from talkhub.store.statements.profiles import LOCK_PROFILE
from talkhub.store.statements.sessions import CREATE_SESSION, CREATE_SESSION_OF_KNOWN_PERSON
from talkhub.store.uow import Database, workspace_scope

PEOPLE = 2000
ADD_PEOPLE = """
insert into user_profiles (workspace_id, user_id)
select %(workspace_id)s, 'user_' || n from generate_series(1, %(people)s) n
"""
ADD_SESSIONS = """
insert into chat_sessions (workspace_id, session_id, user_id, profile_id)
select workspace_id, 'session_' || id, user_id, id from user_profiles
where workspace_id = %(workspace_id)s
"""
ADD_CONVERSATIONS = """
insert into conversations (workspace_id, conversation_id, session_id, user_id, profile_id, messages,
  source, fingerprint, status, message_count, user_message_count, response_count, response_ms_total,
  started_at, last_message_at)
select workspace_id, 'conversation_' || id, 'session_' || id, user_id, id, '[]',
  'api', '', 'completed', 1, 1, 0, 0, now(), now()
from user_profiles where workspace_id = %(workspace_id)s
"""
MOMENT = "2026-03-02T12:00:00Z"
PARAMS = {
    **dict.fromkeys(("name", "phone", "email")),
    **dict.fromkeys(("messages", "intent_analysis", "metadata", "user_data"), "{}"),
    **dict.fromkeys(("now", "started_at", "last_message_at"), MOMENT),
    **dict.fromkeys(("message_count", "user_message_count"), 1),
    **dict.fromkeys(("response_count", "response_ms_total"), 0),
    "user_id": f"user_{PEOPLE // 2}",
    "conversation_id": "conversation",
    "platform": "unknown",
    "fingerprint": b"",
    "has_details": True,
    "limit": 5,
    "as_of": None,
    "with_last": True,
    "with_facts": True,
    "most_facts": 30,
    "with_episodes": True,
    "most_episodes": 12,
}


@pytest.fixture(scope="module")
def crowd(database: Database, settings: Settings) -> int:
    """A workspace of many people and sessions, of which PostgreSQL knows that they are many."""
    workspace = make_workspace(database)
    with database.unit_of_work(workspace_scope(workspace, "test")) as uow:
        uow.run(ADD_PEOPLE, {"workspace_id": workspace, "people": PEOPLE})
        uow.run(ADD_SESSIONS, {"workspace_id": workspace})
        uow.run(ADD_CONVERSATIONS, {"workspace_id": workspace})
    with psycopg2.connect(settings.database_url.replace("+psycopg2", "")) as connection:
        connection.cursor().execute("analyze user_profiles, chat_sessions, conversations")
    connection.close()
    return workspace


def rows_read(plan: dict[str, Any]) -> float:
    """Return how many rows of tables a plan's nodes read, those passed over included."""
    passed_over = sum(rows for key, rows in plan.items() if key.startswith("Rows Removed by"))
    own = plan["Actual Rows"] + passed_over if "Relation Name" in plan else 0
    below = sum(rows_read(child) for child in plan.get("Plans", []))
    return plan["Actual Loops"] * own + below


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(USER_CONTEXT, id="context"),
        pytest.param(SAVE_CONVERSATION, id="save"),
        pytest.param(SAVE_TO_OPEN_SESSION, id="save to an open session"),
        pytest.param(CREATE_SESSION, id="create"),
        pytest.param(CREATE_SESSION_OF_KNOWN_PERSON, id="create for a known person"),
        pytest.param(LOCK_PROFILE, id="profile"),
    ],
)
def test_a_hot_statement_reads_few_rows_of_many_people(
    database: Database, crowd: int, statement: str
) -> None:
    explain = f"explain (analyze, format json) {statement}"
    params = {"workspace_id": crowd, "session_id": secrets.token_hex(8), **PARAMS}

    with database.unit_of_work(workspace_scope(crowd, "test")) as uow:
        (plan,) = uow.run(explain, params).scalar_one()

    # Small tables that other tests wrote into may be read through; the crowd may not.
    assert rows_read(plan["Plan"]) < PEOPLE / 4


@pytest.mark.parametrize("statement", [SHELF_OF_PERSON, STATE_OF_HISTORY], ids=["shelf", "state"])
def test_a_search_reads_few_rows_of_many_people(
    database: Database, crowd: int, statement: str
) -> None:
    bounds = {"until": None, "conversations": 4_000, "messages": 40_000, "unread": 40}
    params = {"workspace_id": crowd, "user_id": PARAMS["user_id"], **bounds}

    with database.unit_of_work(workspace_scope(crowd, "test")) as uow:
        (plan,) = uow.run(f"explain (analyze, format json) {statement}", params).scalar_one()

    assert rows_read(plan["Plan"]) < PEOPLE / 4
