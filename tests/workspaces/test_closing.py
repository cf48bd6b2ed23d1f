"""A workspace is taken along as one file, and deleted: nothing of it is left anywhere."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from zipfile import ZipFile

import pytest
import redis
from callers import Caller
from factories import make_channel, make_workspace, rows
from flask.testing import FlaskClient
from providers import CHANNEL_SECRET, Door, said
from waiting import wait_until
from workspace_people import Person

from talkhub import clock
from talkhub.errors import Conflict, Invalid, NotFound, Unavailable
from talkhub.jobs import closing
from talkhub.jobs.closing import delete_closed_workspaces
from talkhub.names import Platform
from talkhub.roles import Role
from talkhub.services.administration import emptying
from talkhub.services.administration.administering import Acting
from talkhub.services.administration.emptying import Closed, Deleted
from talkhub.services.administration.invitations import invite
from talkhub.services.administration.workspace_archive import LEFT_OUT, SETTINGS, workspace_archive
from talkhub.services.administration.workspace_archive import TABLES as ARCHIVED
from talkhub.services.administration.workspaces import (
    change_workspace,
    close_workspace,
    workspace_facts,
)
from talkhub.services.calling.call_pages import set_call_page
from talkhub.store import tables
from talkhub.store.base import Base
from talkhub.store.statements.locks import TRY_LOCK
from talkhub.store.statements.workspaces import TABLES_WITH_ROWS
from talkhub.store.uow import Database, system_scope, workspace_scope

for _module in iter_modules(tables.__path__):
    import_module(f"{tables.__name__}.{_module.name}")  # so that every table is known

TABLES = [table.name for table in Base.metadata.sorted_tables if "workspace_id" in table.columns]
KEPT_BY_THE_WORKSPACE = {"audit_entries", "audit_chains"}
"""What nobody may delete by itself: it goes with its workspace."""

KEPT = KEPT_BY_THE_WORKSPACE | {"tokens", "api_keys"}
FILLED = {
    "api_keys", "audit_entries", "bucket_stats", "channels", "chat_sessions", "conversations",
    "conversation_analyses", "identities", "inbound_events", "invitations", "memberships",
    "message_index", "user_profiles",
}  # fmt: skip
"""Some tables of every kind: with partners, without, that others point to, that point to others."""

BESIDE = """
with it as (
  select id, conversation_id from conversations where workspace_id = %(workspace_id)s limit 1
), noted as (
  insert into notes (workspace_id, conversation_id, author, body)
  select %(workspace_id)s, id, 'ana', 'Ligar' from it
), marker as (
  insert into markers (workspace_id, name, colour)
  values (%(workspace_id)s, 'vip', 'green') returning id
), kept as (
  insert into keeping_rules (workspace_id, data_class, days, changed_by)
  values (%(workspace_id)s, 'messages', 90, 'ana')
), marked as (
  insert into conversation_markers (workspace_id, conversation_id, marker_id)
  select %(workspace_id)s, it.id, marker.id from it, marker
)
select conversation_id from it
"""
"""What a team adds, and what is set; returns the conversation's name."""

CRM = """
insert into crm_connectors (workspace_id, kind, name, credentials_encrypted, public_token)
values (%(workspace_id)s, 'pipedrive', 'Vendas', '', 'of-a-closed-workspace')
"""


@pytest.fixture
def filled(
    client: FlaskClient, database: Database, caller: Caller, ana: Person, drain: Callable[[], None]
) -> int:
    """A workspace in which people have talked, through a channel and the API."""
    door = Door(
        client,
        Platform.WHATSAPP,
        make_channel(database, ana.workspace_id, Platform.WHATSAPP),
        CHANNEL_SECRET,
    )
    assert door.post(said(Platform.WHATSAPP, "Oi, canário", at=clock.now())).status_code == 200
    caller.tool(
        "save_conversation",
        {
            "session_id": "s-1",
            "user_id": "bia",
            "messages": [{"role": "user", "content": "Onde está o canário?"}],
        },
    )
    caller.post("/api/v1/api-keys", {"name": "Robô", "scopes": ["mcp:read"]})
    invite(database, ana.acting, role=Role.VIEWER, email=None)
    drain()
    # The log of the two requests is written beside them.
    wait_until(lambda: counts(database, ana.workspace_id)["request_log"] == 2)
    return ana.workspace_id


def counts(database: Database, workspace_id: int) -> dict[str, int]:
    """Return how many rows of a workspace there are, by table."""
    with database.read_only(system_scope("a test")) as uow:
        key = {"id": workspace_id}
        return {
            table: uow.run(
                f"select count(*) from {table} where workspace_id = %(id)s", key
            ).scalar_one()
            for table in TABLES
        }


@pytest.mark.usefixtures("_worker")
def test_nothing_of_a_deleted_workspace_is_left_and_others_stay_as_they_were(
    database: Database, filled: int, ana: Person, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "ROWS_AT_ONCE", 1)  # several batches of each table
    other = make_workspace(database)
    kept = redis.from_url(redis_url)
    kept.set(f"session:{filled}:s-1", "x")
    kept.set(f"session:{other}:s-1", "x", ex=60)
    before, others = counts(database, filled), counts(database, other)

    close_workspace(database, ana.acting, typed_name=" Test ")
    delete_closed_workspaces(database)
    meanwhile = counts(database, filled)
    with database.unit_of_work(system_scope("a test")) as uow:
        uow.run(
            "update workspaces set closed_at = closed_at - interval '26 hours' where id = %(id)s",
            {"id": filled},
        )
    delete_closed_workspaces(database)

    assert {table for table, number in before.items() if number} >= FILLED
    assert {table for table, number in meanwhile.items() if number} <= KEPT
    assert not any(counts(database, filled).values())
    assert rows(database, filled, "select id from workspaces") == []
    assert counts(database, other) == others
    assert not list(kept.scan_iter(match=f"*:{filled}:*"))
    assert kept.exists(f"session:{other}:s-1")


@pytest.mark.usefixtures("_worker")
def test_a_closed_workspace_is_looked_at_again_only_once_it_is_silent(
    database: Database, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_workspace(database, ana.acting, typed_name="Test")
    looked: list[int] = []

    def look(*at: Any, **_: Any) -> Deleted:
        looked.append(at[1].workspace_id)
        return emptying.delete_closed(*at)

    monkeypatch.setattr(closing, "delete_closed", look)
    for _ in range(4):
        delete_closed_workspaces(database)

    assert looked.count(ana.workspace_id) in {1, 2}  # the last of them found nothing


def test_whoever_finds_a_workspace_being_deleted_leaves_it_to_the_other(
    database: Database, workspace: int
) -> None:
    closed = Closed(workspace, is_silent=True)
    with database.unit_of_work(system_scope("another scheduler")) as other:
        other.run(TRY_LOCK, {"key": f"emptying:{workspace}"})

        left = emptying.delete_closed(database, closed)

    assert left == Deleted(workspace, 0, is_finished=False, is_gone=False)


@pytest.mark.usefixtures("_worker")
def test_what_one_workspace_does_not_let_go_keeps_no_other_from_being_deleted(
    database: Database, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_workspace(database, ana.acting, typed_name="Test")
    stuck = Closed(-1, is_silent=False)
    of_ana = Closed(ana.workspace_id, is_silent=False)
    monkeypatch.setattr(closing, "closed_workspaces", lambda _: [stuck, of_ana])
    done: list[int] = []

    def delete(_: Database, closed: Closed, **__: Any) -> Deleted:
        if closed == stuck:
            raise Unavailable("it takes too long")
        done.append(closed.workspace_id)
        return Deleted(closed.workspace_id, 0, is_finished=True, is_gone=False)

    monkeypatch.setattr(closing, "delete_closed", delete)
    delete_closed_workspaces(database)

    assert done == [ana.workspace_id]


def test_the_tables_to_delete_from_are_all_that_hold_rows_of_workspaces(
    database: Database,
) -> None:
    with database.read_only(system_scope("a test")) as uow:
        found = set(uow.run(TABLES_WITH_ROWS).scalars())

    assert found == set(TABLES) - KEPT_BY_THE_WORKSPACE


def test_a_closed_workspace_lets_nobody_and_nothing_in(
    caller: Caller, database: Database, filled: int, ana: Person
) -> None:
    key = caller.post("/api/v1/api-keys", {"name": "Fluxo", "scopes": ["mcp:read"]}).json["key"]

    with database.unit_of_work(workspace_scope(filled, "ana")) as uow:
        page = set_call_page(uow, is_open=True, origins=[])
        uow.run(CRM, {"workspace_id": filled})

    close_workspace(database, ana.acting, typed_name="Test")

    (crm,) = rows(database, filled, "select state from crm_connectors")
    assert caller.client.get(f"/calls/{page.page_key}").status_code == 404
    assert crm["state"] == "disabled"
    refused = Caller(caller.client, filled, key).get("/api/v1/conversations")
    (channel,) = rows(database, filled, "select state, secrets_encrypted from channels")
    assert refused.status_code == 401
    assert (channel["state"], bytes(channel["secrets_encrypted"])) == ("removed", b"")
    with pytest.raises(NotFound):
        change_workspace(database, ana.acting, name="Outro", timezone="UTC")


def test_a_workspace_is_deleted_only_by_its_name_and_the_default_one_never(
    database: Database, ana: Person
) -> None:
    with pytest.raises(Invalid):
        close_workspace(database, ana.acting, typed_name="Teste")
    with pytest.raises(Conflict):
        close_workspace(database, Acting(1, "operator", is_operator=True), typed_name="TalkHub")

    with database.read_only(system_scope("a test")) as uow:
        assert workspace_facts(uow, ana.workspace_id).name == "Test"


def test_the_archive_holds_everything_of_the_workspace_and_no_secret(
    database: Database, filled: int
) -> None:
    with database.unit_of_work(workspace_scope(filled, "ana")) as uow:
        marked = uow.run(BESIDE, {"workspace_id": filled}).scalar_one()

    pieces = list(workspace_archive(database, workspace_scope(filled, "ana"), address=None))

    with ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        told = {name: list(map(json.loads, archive.open(name))) for name in archive.namelist()}
    assert len(told["conversations.ndjson"]) == len(told["profiles.ndjson"]) == 2
    assert "canário" in str(told["messages.ndjson"])
    assert told["settings/workspace.ndjson"][0]["name"] == "Test"
    assert [key["name"] for key in told["settings/api_keys.ndjson"]] == ["Robô"]
    assert "workspace.exported" in str(told["audit_entries.ndjson"])
    assert [one["role"] for one in told["settings/memberships.ndjson"]] == ["owner"]
    (note,) = told["notes.ndjson"]
    assert (note["body"], note["conversation"]) == ("Ligar", marked)
    (marks,) = told["conversation_markers.ndjson"]
    assert (len(marks["marker_ids"]), marks["conversation"]) == (1, marked)
    assert [rule["days"] for rule in told["settings/keeping_rules.ndjson"]] == [90]
    assert not any(word in str(told) for word in ("key_hash", "encrypted", "public_token"))


def test_every_table_of_a_workspace_is_taken_along_or_left_out_for_a_reason() -> None:
    settings = {name.removeprefix("settings/").removesuffix(".ndjson") for name in SETTINGS}
    exported = {"user_profiles", "conversations"}
    beside = {"memberships", "conversation_markers"}

    taken = {*ARCHIVED, *settings - {"workspace"}, *exported, *beside}

    assert taken | set(LEFT_OUT) == set(TABLES)
    assert not taken & set(LEFT_OUT)


def test_an_archive_is_sent_while_it_is_written(database: Database, filled: int) -> None:
    stream: Iterator[bytes] = workspace_archive(
        database, workspace_scope(filled, "ana"), address=None
    )

    first = next(stream)
    stream.close()

    assert first.startswith(b"PK")
    assert len(first) < 10_000
