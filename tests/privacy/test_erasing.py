"""A person is erased: nothing of them is left anywhere, and everything else stays as it was."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
import redis
from callers import Caller
from factories import KEYRING, make_channel, rows
from flask.testing import FlaskClient
from providers import CHANNEL_SECRET, Door, said

from talkhub import clock
from talkhub.names import Platform, Scope, WebhookEvent
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.privacy.erasing_again import erase_again
from talkhub.services.reporting import rebuilding
from talkhub.store.base import Base
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.statements import erasing
from talkhub.store.tables import privacy  # noqa: F401 -- declares tables
from talkhub.store.uow import Database, system_scope, workspace_scope

PHONE = "5511987650001"
CANARIES = ("Canário", "no-canal", "na-api", "no-perfil", "no-fato", PHONE)
OTHER = "5511912340009"


@pytest.fixture
def account(client: FlaskClient, database: Database, workspace: int) -> Door:
    path = make_channel(database, workspace, Platform.WHATSAPP)
    return Door(client, Platform.WHATSAPP, path, CHANNEL_SECRET)


def written(text: str, person: str, name: str, *, before: timedelta) -> dict[str, Any]:
    """Return a WhatsApp message from before now, from someone with a name."""
    document = said(Platform.WHATSAPP, text, person=person, at=clock.now() - before)
    document["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = name
    return document


@pytest.fixture
def known(account: Door, caller: Caller, drain: Callable[[], None]) -> list[dict[str, Any]]:
    """Somebody who is known through every door, and another; what the channel was sent."""
    endpoint = {"url": "https://client.example/hook", "events": [e.value for e in WebhookEvent]}
    caller.post("/api/v1/webhook-endpoints", endpoint)
    documents = [
        written("Oi, no-canal", PHONE, "Ana Canário", before=timedelta(minutes=50)),
        written("quero cancelar", OTHER, "Bia", before=timedelta(minutes=49)),
        written("obrigada", PHONE, "Ana Canário", before=timedelta(minutes=40)),
    ]
    for document in documents:
        assert account.post(document).status_code == 200
    drain()
    caller.tool("update_user_profile", {"user_id": PHONE, "profile_data": {"tags": ["no-perfil"]}})
    caller.post(f"/api/v1/people/{PHONE}/facts", {"kind": "city", "value": "no-fato"})
    for person in (PHONE, OTHER):
        saved = caller.tool("save_conversation", transcript(person), **{"Idempotency-Key": person})
        assert saved.status_code == 200, saved.text
    drain()
    return documents


def transcript(person: str) -> dict[str, Any]:
    """Return a conversation of yesterday, as a bot saves it."""
    at = (clock.now() - timedelta(days=1)).isoformat()
    messages = [
        {"role": "user", "content": "na-api, o boleto não chegou", "timestamp": at},
        {"role": "bot", "content": "Já vejo", "timestamp": at},
    ]
    if person != PHONE:
        messages = [message | {"content": "o pedido veio"} for message in messages]
    return {"session_id": f"session-{person}", "user_id": person, "messages": messages}


def everything(database: Database, workspace: int) -> dict[str, list[str]]:
    """Return all rows of a workspace as text, by table."""
    with database.read_only(system_scope("a test")) as uow:
        return {
            table.name: sorted(
                uow.run(
                    f"select (select string_agg(value, ' ') from jsonb_each_text(to_jsonb(t)))"
                    f" from {table.name} t where workspace_id = %(workspace_id)s",
                    {"workspace_id": workspace},
                ).scalars()
            )
            for table in Base.metadata.sorted_tables
            if "workspace_id" in table.columns
        }


def traces(found: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return in which tables which canary is found, also where bytes are kept."""
    return [
        (table, canary)
        for table, texts in found.items()
        for canary in CANARIES
        if any(canary in text or canary.encode().hex() in text for text in texts)
    ]


def entries(archive: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name).decode("utf-8-sig") for name in files.namelist()}


def totals(caller: Caller) -> dict[str, Any]:
    answer = caller.tool("get_conversation_analytics", {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_nothing_of_an_erased_person_is_left_and_the_figures_stay(  # noqa: PLR0917 -- fixtures
    caller: Caller,
    database: Database,
    workspace: int,
    known: list[dict[str, Any]],
    account: Door,
    drain: Callable[[], None],
    redis_url: str,
) -> None:
    before, figures = everything(database, workspace), totals(caller)
    with caller.get(f"/api/v1/people/{PHONE}/copy") as answer:
        copied = " ".join(entries(answer.get_data()).values())
    erased = caller.delete(f"/api/v1/people/{PHONE}")
    again = caller.delete(f"/api/v1/people/{PHONE}")
    drain()
    after = everything(database, workspace)

    assert traces(before), "nothing was there to be erased"
    assert [canary for canary in CANARIES if canary not in copied] == []
    assert erased.status_code == 200, erased.text
    assert (erased.json["conversations"], again.status_code) == (2, 404)
    assert traces(after) == []
    assert not any(PHONE in str(key) for key in redis.from_url(redis_url).scan_iter(match="*"))
    assert "Bia" in str(after["user_profiles"])
    assert totals(caller) == figures
    for span in rebuilding.months(database, workspace):
        assert not list(rebuilding.differences(database, workspace, span))

    # A provider's retry, and a bot that saves the same again: neither brings anyone back.
    for document in known:
        account.post(document | {"again": True})
    assert caller.tool("save_conversation", transcript(PHONE)).status_code == 200
    drain()
    assert traces(everything(database, workspace)) == []
    assert totals(caller) == figures

    # Whoever writes anew is somebody new.
    account.post(written("voltei", PHONE, "Ana", before=-timedelta(seconds=5)))
    drain()
    (person,) = rows(
        database,
        workspace,
        "select * from user_profiles where user_id = %(user_id)s",
        user_id=PHONE,
    )
    assert person["interaction_stats"]["total_conversations"] == 1


def test_others_whose_ids_begin_alike_keep_what_is_theirs(
    account: Door, caller: Caller, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    """The one's id is the beginning of the other's, who typed the one's phone besides."""
    account.post(written("oi", "55119876", "Ana", before=timedelta(minutes=9)))
    account.post(written("sou outra", "551198765", "Bia", before=timedelta(minutes=8)))
    drain()
    typed = {"user_id": "551198765", "profile_data": {"phone": "+55 11 9876"}}
    assert caller.tool("update_user_profile", typed).status_code == 200

    with caller.get("/api/v1/people/55119876/copy") as answer:
        copied = " ".join(entries(answer.get_data()).values())
    erased = caller.delete("/api/v1/people/55119876")

    assert "sou outra" not in copied
    assert erased.json["inbound_events"] == 1
    with caller.get("/api/v1/people/551198765/copy") as answer:
        events = json.loads(entries(answer.get_data())["person.json"])["events"]
    assert len(events) == 1


def test_who_came_back_keeps_the_profile_when_an_old_transcript_is_saved_again(
    known: object, caller: Caller, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    caller.delete(f"/api/v1/people/{PHONE}")
    refused = {"user_id": PHONE, "profile_data": {"memory_opt_out": True}}
    caller.tool("update_user_profile", refused)
    caller.tool("save_conversation", transcript(PHONE))
    drain()

    (person,) = rows(
        database,
        workspace,
        "select memory_opt_out from user_profiles where user_id = %(user_id)s",
        user_id=PHONE,
    )
    assert person["memory_opt_out"]


def test_who_comes_back_with_a_restored_backup_is_erased_again(
    caller: Caller, database: Database, workspace: int
) -> None:
    for person in ("gone", "stays"):
        caller.tool("update_user_profile", {"user_id": person, "profile_data": {"name": "Ana"}})
    tombstones = Tombstones(HashingKeys(database, KEYRING).tombstones)
    with database.unit_of_work(workspace_scope(workspace, "a backup")) as uow:
        tombstones.put(uow, [("user_id", "gone")], erased_at=clock.now())

    erased = erase_again(database, workspace, tombstones, actor="tests")

    left = rows(database, workspace, "select user_id from user_profiles where erased_at is null")
    assert (erased, left) == (1, [{"user_id": "stays"}])
    assert erase_again(database, workspace, tombstones, actor="tests") == 0


def test_every_table_that_knows_a_person_is_thought_of() -> None:
    """A table that a person's rows lie in, and that no statement empties, would be forgotten."""
    knowing = {"profile_id", "user_id", "conversation_id", "outbound_message_id", "event_id"}
    staff = {
        "users",
        "memberships",
        "agency_members",
        "browser_sessions",
        "second_factors",
        "recovery_codes",
    }
    statements = " ".join(value for value in vars(erasing).values() if isinstance(value, str))

    forgotten = [
        table.name
        for table in Base.metadata.sorted_tables
        if knowing & set(table.columns.keys())
        and table.name not in staff
        and f" {table.name}" not in statements
    ]

    assert forgotten == []


def test_erasing_and_copying_need_their_own_scope(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str]
) -> None:
    others = [scope for scope in Scope if scope != Scope.PRIVACY_MANAGE]
    weak = Caller(client, workspace, sign_token(workspace, *others))

    assert weak.delete("/api/v1/people/x").status_code == 403
    assert weak.get("/api/v1/people/x/copy").status_code == 403


def test_a_copy_is_taken_down_in_the_trail_without_naming_the_person(
    caller: Caller, database: Database, workspace: int
) -> None:
    caller.tool("update_user_profile", {"user_id": "quem", "profile_data": {"name": "=cmd()"}})

    with caller.get("/api/v1/people/quem/copy") as answer:
        files = entries(answer.get_data())

    trail = rows(database, workspace, "select action, subject from audit_entries order by id")
    assert trail[-1]["action"] == "person.copied"
    assert trail[-1]["subject"] != "quem"
    assert json.loads(files["person.json"])["profiles"][0]["name"] == "=cmd()"
    assert "&lt;" not in files["leia-me.html"]
