"""What a workspace no longer wants to keep goes at night, and every figure stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from callers import Caller
from factories import KEYRING, make_channel, make_workspace, rows
from flask.testing import FlaskClient
from providers import CHANNEL_SECRET, Door, said

from talkhub import clock
from talkhub.errors import Conflict, NotFound, Unavailable
from talkhub.jobs import retention
from talkhub.names import Platform
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy import deleting
from talkhub.services.privacy.deleting import delete_conversation
from talkhub.services.privacy.erasing import Subject, erase_person, lock_subject
from talkhub.services.privacy.retention import DataClass, apply_rules, hold, keep_for, rows_due
from talkhub.services.reporting import rebuilding
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

OLD, HELD, RECENT = "user_old", "user_held", "user_recent"
NO_LIMITS: dict[DataClass, int] = {}


@pytest.fixture
def tombstones(database: Database) -> Tombstones:
    return Tombstones(HashingKeys(database, KEYRING).tombstones)


@pytest.fixture
def spoken(caller: Caller, drain: Callable[[], None]) -> None:
    """Two who wrote 100 days ago, the one's data held by a duty, and one who wrote yesterday."""
    for person, days in ((OLD, 100), (HELD, 100), (RECENT, 1)):
        at = (clock.now() - timedelta(days=days)).isoformat()
        messages = [
            {"role": "user", "content": f"segredo de {person}, cancela", "timestamp": at},
            {"role": "bot", "content": "Pronto", "timestamp": at},
        ]
        body = {"session_id": f"s-{person}", "user_id": person, "messages": messages}
        assert caller.tool("save_conversation", body).status_code == 200
    assert caller.put(f"/api/v1/people/{HELD}/hold", {}).status_code == 204
    drain()


def words(database: Database, workspace: int) -> dict[str, bool]:
    """Return of whom something that was said is left."""
    found = rows(database, workspace, "select user_id, messages::text as said from conversations")
    return {row["user_id"]: "segredo" in row["said"] for row in found}


def keep(database: Database, workspace: int, data_class: DataClass, days: int | None) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        keep_for(uow, data_class, days, NO_LIMITS)


def figures(caller: Caller) -> dict[str, Any]:
    return dict(caller.tool("get_conversation_analytics", {}).json)


def test_old_conversations_lose_their_words_and_no_figure_changes(  # noqa: PLR0917 -- fixtures
    spoken: None,
    caller: Caller,
    database: Database,
    workspace: int,
    tombstones: Tombstones,
    drain: Callable[[], None],
) -> None:
    before = figures(caller)
    keep(database, workspace, DataClass.MESSAGES, 30)

    gone = apply_rules(database, workspace, tombstones)
    again = apply_rules(database, workspace, tombstones)
    drain()

    assert (gone, again) == ({DataClass.MESSAGES: 1}, {DataClass.MESSAGES: 0})
    assert words(database, workspace) == {OLD: False, HELD: True, RECENT: True}
    assert len(rows(database, workspace, "select id from conversation_analyses")) == 2
    assert figures(caller) == before
    for span in rebuilding.months(database, workspace):
        assert not list(rebuilding.differences(database, workspace, span))
    known = caller.tool("get_user_context", {"user_id": OLD, "include_history": True})
    assert (known.status_code, known.json["recent_conversations"]) == (200, [])


def test_what_was_said_beside_an_old_conversation_goes_with_it(
    spoken: None, database: Database, workspace: int, tombstones: Tombstones
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        for named in ("s.conversation_id", "null"):
            uow.run(
                "insert into scores (workspace_id, profile_id, user_id, kind, score, comment,"
                f" session_id, conversation_id, occurred_at) select workspace_id, profile_id,"
                f" user_id, 'nps', 9, 'segredo', session_id, {named}, now() from conversations s"
            )
        uow.run(
            "insert into chat_sessions (workspace_id, profile_id, user_id, session_id, user_data,"
            " status) select workspace_id, profile_id, user_id, session_id, '{\"a\": 1}',"
            " 'completed' from conversations on conflict do nothing"
        )
        uow.run(
            "insert into custom_events (workspace_id, profile_id, user_id, name, session_id,"
            " occurred_at) select workspace_id, profile_id, user_id, 'sale', session_id, now()"
            " from conversations"
        )
    keep(database, workspace, DataClass.MESSAGES, 30)
    revision = f"select revision from user_profiles where user_id = '{OLD}'"
    before = rows(database, workspace, revision)

    apply_rules(database, workspace, tombstones)

    after = rows(database, workspace, revision)
    assert after[0]["revision"] == before[0]["revision"] + 1
    for sql in (
        "select distinct user_id from scores where comment is not null",
        "select distinct user_id from scores where session_id is not null",
        "select distinct user_id from custom_events where session_id is not null",
        "select distinct user_id from chat_sessions",
    ):
        assert {row["user_id"] for row in rows(database, workspace, sql)} == {HELD, RECENT}, sql


def test_two_who_delete_a_conversation_at_once_delete_it_once(
    spoken: None,
    database: Database,
    workspace: int,
    tombstones: Tombstones,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scope = workspace_scope(workspace, "ana")
    of_old = f"select conversation_id as id from conversations where user_id = '{OLD}'"
    (found,) = rows(database, workspace, of_old)

    def first_another(uow: UnitOfWork, user_id: str) -> Subject:
        monkeypatch.undo()
        with database.unit_of_work(scope) as other:
            delete_conversation(other, found["id"], tombstones)
        return lock_subject(uow, user_id)

    monkeypatch.setattr(deleting, "lock_subject", first_another)
    with pytest.raises(NotFound), database.unit_of_work(scope) as uow:
        delete_conversation(uow, found["id"], tombstones)


def test_who_was_silent_is_erased_and_who_is_held_is_not(
    spoken: None, database: Database, workspace: int, tombstones: Tombstones
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.run(
            "update user_profiles set created_at = now() - interval '100 days',"
            " last_seen_at = now() - interval '100 days' where user_id <> %(recent)s",
            {"recent": RECENT},
        )
    keep(database, workspace, DataClass.PEOPLE, 90)

    assert apply_rules(database, workspace, tombstones) == {DataClass.PEOPLE: 1}
    left = rows(database, workspace, "select user_id from user_profiles where erased_at is null")
    assert {row["user_id"] for row in left} == {HELD, RECENT}


def test_settled_events_go_after_the_workspaces_own_time(
    client: FlaskClient,
    database: Database,
    workspace: int,
    tombstones: Tombstones,
    drain: Callable[[], None],
) -> None:
    path = make_channel(database, workspace, Platform.WHATSAPP)
    door = Door(client, Platform.WHATSAPP, path, CHANNEL_SECRET)
    door.post(said(Platform.WHATSAPP, "oi", person="5511987650077", at=clock.now()))
    drain()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.run("update inbound_events set done_at = done_at - interval '2 days'")
    keep(database, workspace, DataClass.INBOUND, 1)
    keep(database, workspace, DataClass.OUTBOUND, 1)

    gone = apply_rules(database, workspace, tombstones)
    assert gone == {DataClass.INBOUND: 1, DataClass.OUTBOUND: 0}
    assert rows(database, workspace, "select count(*) as n from message_index") == [{"n": 1}]


def test_what_came_of_somebody_held_stays_whichever_id_it_came_under(
    client: FlaskClient,
    database: Database,
    workspace: int,
    tombstones: Tombstones,
    drain: Callable[[], None],
) -> None:
    path = make_channel(database, workspace, Platform.WHATSAPP)
    door = Door(client, Platform.WHATSAPP, path, CHANNEL_SECRET)
    door.post(said(Platform.WHATSAPP, "oi", person="5511987650088", at=clock.now()))
    drain()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.run("update inbound_events set done_at = done_at - interval '2 days'")
        uow.run(
            "with kept as ("
            " insert into user_profiles (workspace_id, user_id, held_at)"
            " values (%(workspace_id)s, 'kept', now()) returning id)"
            " update user_profiles set merged_into_id = (select id from kept)",
            {"workspace_id": workspace},
        )
    keep(database, workspace, DataClass.INBOUND, 1)

    while_held = apply_rules(database, workspace, tombstones)
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        uow.run("update user_profiles set held_at = null")

    assert while_held == {DataClass.INBOUND: 0}
    assert apply_rules(database, workspace, tombstones) == {DataClass.INBOUND: 1}


def test_a_zone_that_nobody_knows_is_that_of_utc() -> None:
    at = datetime(2026, 1, 2, retention.NIGHT_HOUR, 30, tzinfo=UTC)

    assert [retention.is_night(zone, at) for zone in ("Mars/Base", "../x", "UTC")] == [True] * 3
    assert not retention.is_night("America/Sao_Paulo", at)
    assert retention.is_night("America/Sao_Paulo", at + timedelta(hours=3))


def test_what_fails_in_one_workspace_ends_no_rules_of_another(
    spoken: None, database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(database, workspace, DataClass.MESSAGES, 30)
    other = make_workspace(database)
    keep(database, other, DataClass.MESSAGES, 30)
    tried: list[int] = []

    def fail(_: Database, workspace_id: int, __: Tombstones) -> dict[DataClass, int]:
        tried.append(workspace_id)
        raise Unavailable("it takes too long")

    monkeypatch.setattr(retention, "apply_rules", fail)
    monkeypatch.setattr(retention, "is_night", lambda *_: True)
    retention.keep_no_longer(database)

    assert {workspace, other} <= set(tried)


def test_a_dry_run_says_what_would_go_and_nothing_goes_without_a_rule(
    spoken: None, database: Database, workspace: int, tombstones: Tombstones
) -> None:
    assert apply_rules(database, workspace, tombstones) == {}
    keep(database, workspace, DataClass.MESSAGES, 30)

    with database.read_only(workspace_scope(workspace, "ana")) as uow:
        assert rows_due(uow) == {DataClass.MESSAGES: 1}
    assert words(database, workspace)[OLD]


def test_the_schedule_applies_the_rules_where_it_is_night(
    spoken: None, database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(database, workspace, DataClass.MESSAGES, 30)
    (here,) = rows(
        database,
        workspace,
        "select extract(hour from now() at time zone timezone)::int as hour from workspaces",
    )

    monkeypatch.setattr(retention, "NIGHT_HOUR", (here["hour"] + 12) % 24)
    retention.keep_no_longer(database)
    by_day = words(database, workspace)[OLD]
    monkeypatch.setattr(retention, "NIGHT_HOUR", here["hour"])
    retention.keep_no_longer(database)

    assert (by_day, words(database, workspace)[OLD]) == (True, False)


def test_nobody_erases_whom_a_duty_keeps(
    spoken: None, database: Database, workspace: int, tombstones: Tombstones
) -> None:
    with (
        pytest.raises(Conflict),
        database.unit_of_work(workspace_scope(workspace, "ana")) as uow,
    ):
        erase_person(uow, HELD, tombstones)
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        hold(uow, HELD, is_held=False)
        assert erase_person(uow, HELD, tombstones).conversations == 1


def test_times_are_set_over_the_api_within_what_is_possible(caller: Caller) -> None:
    kept = caller.put("/api/v1/retention", {"messages": 365, "inbound": 7})
    too_long = caller.put("/api/v1/retention", {"inbound": 31})
    ended = caller.put("/api/v1/retention", {"messages": None})

    told = {it["data_class"]: (it["days"], it["at_most"]) for it in kept.json["classes"]}
    assert told == {
        "messages": (365, None),
        "people": (None, None),
        "inbound": (7, 30),
        "outbound": (None, 30),
    }
    assert (too_long.status_code, ended.json["classes"][0]["days"]) == (422, None)
