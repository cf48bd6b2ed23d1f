"""Whose message it is: people known by several ids, merged, parted, and seen without a message."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from factories import make_channel, rows
from flask.testing import FlaskClient
from providers import Door, payload, said

from talkhub import clock
from talkhub.errors import Conflict, NotFound
from talkhub.jobs.schedule import close_silent_sessions
from talkhub.names import Platform
from talkhub.services.administration.workspaces import set_session_idle
from talkhub.services.people.merging import merge_people, part_people
from talkhub.services.privacy.masking_stored import mask_stored
from talkhub.services.privacy.number_masking import set_masking
from talkhub.store.statements.merging import PROFILE_OF_USER
from talkhub.store.uow import Database, UnitOfWork, workspace_scope

PEOPLE = "select * from user_profiles order by id"
SESSIONS = "select status from chat_sessions order by id"
CONVERSATIONS = "select * from conversations order by started_at, id"
PHONE, BSUID = "5511999990001", "BR.13491208655302741918"


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Callable[..., Door]:
    return lambda platform: Door(client, platform, make_channel(database, workspace, platform))


def written_by(text: str, *, phone: str = "", bsuid: str = "", at: str = "12:00") -> dict[str, Any]:
    """Return a WhatsApp message of someone of whom Meta tells one id or both."""
    document = said(Platform.WHATSAPP, text, at=at)
    value = document["entry"][0]["changes"][0]["value"]
    ids = {"wa_id": phone, "user_id": bsuid}
    value["contacts"] = [{"profile": {"name": "Ana"}, **{k: v for k, v in ids.items() if v}}]
    told = {"from": phone, "from_user_id": bsuid}
    message = {k: v for k, v in value["messages"][0].items() if k not in told}
    value["messages"] = [message | {key: value for key, value in told.items() if value}]
    return document


def holders(database: Database, workspace: int) -> set[int]:
    """Return the profiles that hold conversations."""
    return {row["profile_id"] for row in rows(database, workspace, CONVERSATIONS)}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_messages_under_either_of_whatsapps_ids_are_one_persons(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    order: Sequence[int],
) -> None:
    account = door(Platform.WHATSAPP)
    documents = [
        written_by("a", bsuid=BSUID, at="12:00"),
        written_by("b", phone=PHONE, at="12:01"),
        written_by("c", phone=PHONE, bsuid=BSUID, at="12:02"),
    ]
    for number in order:
        account.post(documents[number])
        drain()

    assert len(holders(database, workspace)) == 1


def test_two_new_ids_of_one_person_in_one_batch_are_one_persons(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    account.post(written_by("a", phone=PHONE, bsuid=BSUID))
    account.post(written_by("b", bsuid=BSUID, at="12:01"))
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert [message["content"] for message in conversation["messages"]] == ["a", "b"]


def test_a_number_with_and_without_the_ninth_digit_is_one_persons(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    account.post(written_by("a", phone="554899990001"))
    account.post(written_by("b", phone="5548999990001", at="12:01"))
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    profile = rows(database, workspace, PEOPLE)[0]
    assert len(conversation["messages"]) == 2
    assert profile["phone"] == "+5548999990001"


def test_a_changed_number_is_the_same_persons(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    for document in (
        written_by("a", phone=PHONE),
        payload("whatsapp/number_change"),
        written_by("b", phone="5511977770003", at="12:05"),
    ):
        account.post(document)
        drain()

    assert len(holders(database, workspace)) == 1


def test_a_person_is_found_by_phone_on_another_channel(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door(Platform.WHATSAPP).post(written_by("a", phone=PHONE))
    drain()
    request = {"user_ns": "f1u2", "telefone": "(11) 99999-0001", "mensagem": "oi"}
    door(Platform.UCHAT).post(request)
    drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert {row["platform"] for row in found} == {"whatsapp", "uchat"}
    assert len(holders(database, workspace)) == 1


def test_a_phone_typed_later_merges_nobody(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.UCHAT)
    door(Platform.WHATSAPP).post(written_by("a", phone=PHONE))
    account.post({"user_ns": "f1u2", "mensagem": "oi"})
    drain()
    account.post({"user_ns": "f1u2", "telefone": "(11) 99999-0001", "mensagem": "meu número"})
    drain()

    assert len(holders(database, workspace)) == 2


@pytest.fixture
def two_people(door: Callable[..., Door], drain: Callable[[], None]) -> tuple[str, str]:
    """Someone who wrote on WhatsApp and on Telegram, which does not tell that it is one person."""
    door(Platform.WHATSAPP).post(said(Platform.WHATSAPP, "oi", person=PHONE))
    door(Platform.TELEGRAM).post(said(Platform.TELEGRAM, "olá", person="777", at="13:00"))
    drain()
    return PHONE, "777"


def test_merged_people_are_one_and_their_figures_are_counted_together(
    two_people: tuple[str, str],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    caller: Any,
) -> None:
    kept, absorbed = two_people
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        merge_people(uow, absorbed, into=kept)
    drain()

    told = caller.tool("get_user_context", {"user_id": absorbed}).json
    assert told["profile"]["user_id"] == kept
    assert told["interaction_stats"]["total_conversations"] == 2
    assert len(holders(database, workspace)) == 1
    (audited,) = rows(database, workspace, "select actor, action, subject from audit_entries")
    assert (audited["actor"], audited["action"]) == ("ana", "profile.merged")
    assert absorbed not in str(audited)  # the trail is for ever, and an id may be a phone


def test_parted_people_have_their_own_conversations_and_details_back(
    two_people: tuple[str, str], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    kept, absorbed = two_people
    shown = "select user_id, name, phone, locale, merged_into_id from user_profiles order by id"
    held = "select user_id, profile_id from conversations order by id"
    before = rows(database, workspace, shown), rows(database, workspace, held)
    for step in (
        lambda u: merge_people(u, absorbed, into=kept),
        lambda u: part_people(u, absorbed),
    ):
        with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
            step(uow)
        drain()

    assert (rows(database, workspace, shown), rows(database, workspace, held)) == before
    stats = "select interaction_stats ->> 'total_conversations' as n from user_profiles"
    assert [row["n"] for row in rows(database, workspace, stats)] == ["1", "1"]


def test_people_whose_ids_look_like_numbers_are_parted_after_masks_too(
    database: Database, workspace: int, caller: Any
) -> None:
    kept, absorbed, alias = "52998224725", "4111111111111111", "11144477735"
    for user_id in (kept, absorbed, alias):
        caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {"tags": ["a"]}})
    scope = workspace_scope(workspace, "ana")
    shown = "select user_id, merged_into_id is null as own from user_profiles order by id"
    for user_id, into in ((alias, absorbed), (absorbed, kept)):
        with database.unit_of_work(scope) as uow:
            merge_people(uow, user_id, into=into)
    set_masking(database, scope, masks=True)

    mask_stored(database, workspace, actor="ana", is_dry=False, tell=lambda _: None)
    with database.unit_of_work(scope) as uow:
        part_people(uow, absorbed)
        found = {it: _profile_id(uow, it) for it in (kept, absorbed, alias)}

    assert [row["own"] for row in rows(database, workspace, shown)] == [True, True, False]
    assert found[absorbed] == found[alias] != found[kept]


def _profile_id(uow: UnitOfWork, user_id: str) -> int:
    key = {"workspace_id": uow.workspace_id, "user_id": user_id}
    return int(uow.run(PROFILE_OF_USER, key).mappings().one()["profile_id"])


def test_a_merged_persons_next_message_goes_to_the_one_that_is_kept(
    two_people: tuple[str, str],
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
) -> None:
    kept, absorbed = two_people
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        merge_people(uow, absorbed, into=kept)
    door(Platform.TELEGRAM).post(said(Platform.TELEGRAM, "mais", person=absorbed, at="13:01"))
    drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert [len(row["messages"]) for row in found] == [1, 2]
    assert len(holders(database, workspace)) == 1


def test_those_merged_into_a_parted_person_go_with_them(
    two_people: tuple[str, str], database: Database, workspace: int, caller: Any
) -> None:
    kept, absorbed = two_people
    caller.tool("update_user_profile", {"user_id": "third", "profile_data": {"name": "C"}})
    for user_id, into in (("third", absorbed), (absorbed, kept)):
        with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
            merge_people(uow, user_id, into=into)
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        part_people(uow, absorbed)

    told = caller.tool("get_user_context", {"user_id": "third"}).json
    assert told["profile"]["user_id"] == absorbed


def test_who_was_parted_by_hand_is_not_merged_again_by_a_provider(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    for document in (written_by("a", bsuid=BSUID), written_by("b", phone=PHONE, at="12:01")):
        account.post(document)
        drain()
    both = written_by("c", phone=PHONE, bsuid=BSUID, at="12:02")
    account.post(both)
    drain()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        part_people(uow, PHONE)
    account.post(written_by("d", phone=PHONE, bsuid=BSUID, at="12:03"))
    drain()

    assert len(holders(database, workspace)) == 2


def test_only_who_is_known_can_be_merged_and_only_who_is_merged_parted(
    two_people: tuple[str, str], database: Database, workspace: int
) -> None:
    kept, absorbed = two_people
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        with pytest.raises(NotFound):
            merge_people(uow, "nobody", into=kept)
        with pytest.raises(Conflict):
            part_people(uow, absorbed)


def test_a_subscriber_event_makes_a_person_without_a_conversation(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door(Platform.UCHAT).post(payload("uchat/event_subscriber_created"))
    drain()

    (profile,) = rows(database, workspace, PEOPLE)
    assert (profile["name"], profile["phone"]) == ("João da Silva", "+5511999990001")
    assert rows(database, workspace, CONVERSATIONS) == []


def closed_now() -> dict[str, Any]:
    document = payload("uchat/event_conversation_closed")
    document["data"] = {"user_ns": PHONE}
    return document


def test_a_closing_event_ends_the_session_and_the_next_message_opens_another(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.UCHAT)
    for document in (said(Platform.UCHAT, "oi", person=PHONE), closed_now()):
        account.post(document)
        drain()
    account.post(said(Platform.UCHAT, "voltei", person=PHONE, at="12:02"))
    drain()

    found = "select status, close_reason from chat_sessions order by id"
    assert rows(database, workspace, found) == [
        {"status": "completed", "close_reason": "ended"},
        {"status": "active", "close_reason": None},
    ]


def test_a_workspace_may_have_a_silence_of_its_own(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    set_session_idle(database, workspace, 10)
    for at in ("12:00", "12:09", "12:20"):
        account.post(said(Platform.WHATSAPP, at, at=at))
    drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert [len(row["messages"]) for row in found] == [2, 1]


def test_a_workspaces_own_silence_closes_its_sessions(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door(Platform.UCHAT).post({"user_ns": "f1u2", "message": "oi"})
    drain()
    statuses = []
    later = clock.now() + timedelta(minutes=5)
    clock.use_source(lambda: later)
    try:
        for minutes in (None, 2):
            set_session_idle(database, workspace, minutes)
            close_silent_sessions(database)
            statuses += [row["status"] for row in rows(database, workspace, SESSIONS)]
    finally:
        clock.use_source(None)

    assert statuses == ["active", "completed"]
