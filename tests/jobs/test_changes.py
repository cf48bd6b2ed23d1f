"""What happens to messages after they were sent: in any order, once, and forgotten if revoked."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from factories import make_channel, rows
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from providers import Door, payload, said

from talkhub.jobs.forgetting import forget_the_old
from talkhub.names import Platform
from talkhub.store.uow import Database, workspace_scope

PERSON = "5511999990001"
CONVERSATIONS = "select * from conversations order by started_at, id"
_people = itertools.count(5_521_900_000_000)


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Callable[..., Door]:
    return lambda platform: Door(client, platform, make_channel(database, workspace, platform))


def first_message(document: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = document["entry"][0]["changes"][0]["value"]["messages"][0]
    return message


def about(document: dict[str, Any], kind: str, *, at: str = "12:05", **body: Any) -> dict[str, Any]:
    """Return what WhatsApp sends when its person edits, revokes or reacts to a message."""
    names = {"reaction": "message_id"}
    original = first_message(document)["id"]
    later = said(Platform.WHATSAPP, "", at=at)
    message = first_message(later)
    del message["text"]
    message |= {"type": kind, kind: {names.get(kind, "original_message_id"): original, **body}}
    return later


def edit(document: dict[str, Any], text: str, *, at: str = "12:05") -> dict[str, Any]:
    return about(document, "edit", at=at, message={"type": "text", "text": {"body": text}})


def only_message(database: Database, workspace: int) -> dict[str, Any]:
    (conversation,) = rows(database, workspace, CONVERSATIONS)
    (message,) = conversation["messages"]
    return dict(message)


@pytest.mark.parametrize("is_early", [False, True], ids=["after", "before"])
def test_an_edit_replaces_the_text_and_is_analysed_anew(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    *,
    is_early: bool,
) -> None:
    account, original = door(Platform.WHATSAPP), said(Platform.WHATSAPP, "Tudo ótimo, obrigado")
    deliveries = [original, edit(original, "Quero cancelar, estou furioso")]
    for document in reversed(deliveries) if is_early else deliveries:
        account.post(document)
        drain()

    message = only_message(database, workspace)
    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert message["content"] == "Quero cancelar, estou furioso"
    assert message["edited_at"] == "2026-03-02T12:05:00Z"
    assert (conversation["primary_intent"], conversation["sentiment"]) == (
        "cancellation",
        "negative",
    )


def test_an_older_edit_that_comes_late_changes_nothing(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account, original = door(Platform.WHATSAPP), said(Platform.WHATSAPP, "a")
    for document in (original, edit(original, "c", at="12:09"), edit(original, "b", at="12:05")):
        account.post(document)
        drain()

    assert only_message(database, workspace)["content"] == "c"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_revoked_message_is_nowhere_to_be_read(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    order: Sequence[int],
) -> None:
    account, original = door(Platform.WHATSAPP), said(Platform.WHATSAPP, "meu CPF é 111")
    deliveries = [original, edit(original, "meu CPF é 222"), about(original, "revoke", at="12:08")]
    for number in order:
        account.post(deliveries[number])
        drain()

    message = only_message(database, workspace)
    assert (message["content"], message["revoked_at"]) == ("", "2026-03-02T12:08:00Z")
    (found,) = rows(
        database,
        workspace,
        "select (select string_agg(row_to_json(e)::text, '') from inbound_events e)"
        " || (select string_agg(row_to_json(c)::text, '') from conversations c)"
        " || (select string_agg(row_to_json(m)::text, '') from message_changes m) as everything,"
        " (select count(raw) from inbound_events) as raws",
    )
    assert "CPF" not in found["everything"]
    assert found["raws"] == 0


def test_what_an_edited_or_revoked_message_told_of_the_person_goes_with_it(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    known = "select value, quote from profile_facts where valid_to is null"
    account = door(Platform.WHATSAPP)
    moved = said(Platform.WHATSAPP, "me mudei para Recife", at="12:01")
    told = []
    for document in (
        said(Platform.WHATSAPP, "moro em Santos", at="12:00"),
        moved,
        edit(moved, "me mudei para Olinda"),
        about(moved, "revoke", at="12:08"),
    ):
        account.post(document)
        drain()
        told += [row["value"] for row in rows(database, workspace, known)]

    assert told == ["Santos", "Recife", "Olinda", "Santos"]
    assert len(rows(database, workspace, "select from profile_facts")) == 1


def test_a_redelivery_of_a_revoked_message_does_not_bring_it_back(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.TELEGRAM)
    original = said(Platform.TELEGRAM, "segredo")
    message = original["message"]
    revoked = payload("telegram/deleted_business_messages")
    revoked["deleted_business_messages"] |= {
        "chat": message["chat"],
        "message_ids": [message["message_id"]],
    }
    again = {**original, "update_id": original["update_id"] + 1_000_000}
    for document in (original, revoked, again):
        account.post(document)
        drain()

    assert only_message(database, workspace)["content"] == ""
    payloads = rows(database, workspace, "select payload from inbound_events")
    assert "segredo" not in json.dumps(payloads)


def test_each_person_has_one_reaction_and_may_take_it_back(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account, original = door(Platform.WHATSAPP), said(Platform.WHATSAPP, "oi")
    account.post(original)
    shown = []
    for emoji, at in (("👍", "12:01"), ("❤", "12:02"), ("", "12:03")):
        account.post(about(original, "reaction", emoji=emoji, at=at))
        drain()
        reactions = only_message(database, workspace).get("reactions", [])
        shown.append([reaction["emoji"] for reaction in reactions])

    assert shown == [["👍"], ["❤"], []]


def test_a_reaction_finds_a_telegram_message_by_its_alias(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account, original = door(Platform.TELEGRAM), said(Platform.TELEGRAM, "oi")
    reaction = payload("telegram/reaction")
    message = original["message"]
    reaction["message_reaction"] |= {
        "chat": message["chat"],
        "message_id": message["message_id"],
    }
    account.post(reaction)
    account.post(original)
    drain()

    (stored,) = only_message(database, workspace)["reactions"]
    assert stored["emoji"] == "👍"


def test_a_message_in_a_full_transcripts_later_part_is_found(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    documents = [
        said(Platform.WHATSAPP, f"{number} " + "x" * 40_000, at=f"12:{number:02}")
        for number in range(1, 9)
    ]
    for document in [*documents[1:], documents[0]]:  # the first comes last and pushes one on
        account.post(document)
        drain()
    account.post(edit(documents[6], "curta"))
    drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert len(found) > 1
    assert [m["content"] for row in found for m in row["messages"]].count("curta") == 1


def test_what_waits_for_a_message_that_never_comes_is_dropped(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account, original = door(Platform.WHATSAPP), said(Platform.WHATSAPP, "oi")
    for document in (edit(original, "olá"), payload("whatsapp/status_read")):
        account.post(document)
    drain()
    waiting = "select kind from message_changes order by kind"
    kept = []
    for age in ("3 days", "40 days"):
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            uow.run(f"update message_changes set created_at = now() - interval '{age}'")
        forget_the_old(database)
        kept.append([row["kind"] for row in rows(database, workspace, waiting)])

    assert kept == [["edit"], []]


def mixed_events(person: str) -> list[dict[str, Any]]:
    """Return a conversation of four messages, and all that can happen to them."""
    jid = f"{person}@s.whatsapp.net"
    minute = itertools.count(1_795_300_000, 60)
    number = itertools.count(1)

    def upsert(message: dict[str, Any], *, own: bool = False, id_: str = "") -> dict[str, Any]:
        key = {"remoteJid": jid, "fromMe": own, "id": id_ or f"{person}-x{next(number)}"}
        data = {"key": key, "message": message, "messageTimestamp": next(minute)}
        return {"event": "messages.upsert", "instance": "loja", "data": data}

    def plain(text: str, id_: str, *, own: bool = False) -> dict[str, Any]:
        return upsert({"conversation": text}, own=own, id_=f"{person}-{id_}")

    def named(id_: str) -> dict[str, Any]:
        return {"key": {"remoteJid": jid, "id": f"{person}-{id_}"}}

    def protocol(id_: str, **more: Any) -> dict[str, Any]:
        return upsert({"protocolMessage": {**named(id_), **more}})

    def edited(id_: str, text: str) -> dict[str, Any]:
        return protocol(id_, type=14, editedMessage={"conversation": text})

    def reaction(id_: str, emoji: str) -> dict[str, Any]:
        return upsert({"reactionMessage": {**named(id_), "text": emoji}})

    def status(id_: str, state: str) -> dict[str, Any]:
        data = {"keyId": f"{person}-{id_}", "status": state}
        return {"event": "messages.update", "instance": "loja", "data": data}

    return [
        plain("a", "1"),
        plain("b", "2"),
        plain("c", "3", own=True),
        plain("d", "4"),
        edited("1", "a2"),
        edited("1", "a3"),
        edited("2", "b2"),
        protocol("2", type=0),
        reaction("3", "👍"),
        reaction("3", "❤"),
        reaction("4", "👍"),
        reaction("4", ""),
        status("3", "READ"),
        status("3", "DELIVERY_ACK"),
        status("3", "ERROR"),
    ]


EXPECTED = [
    ("user", "a3", True, False, [], None),
    ("user", "", False, True, [], None),
    ("agent", "c", False, False, ["❤"], "read"),
    ("user", "d", False, False, [], None),
]
IN_ORDER = list(range(15))


@examples(
    database=None,
    derandomize=True,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    deliveries=st.lists(st.sampled_from(IN_ORDER), max_size=5).flatmap(
        lambda twice: st.permutations([*IN_ORDER, *twice])
    ),
    pauses=st.sets(st.integers(0, 20)),
)
@example(deliveries=IN_ORDER, pauses=set())
@example(deliveries=IN_ORDER[::-1], pauses=set(range(20)))
def test_any_order_and_repetition_of_mixed_events_ends_in_the_same_state(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    *,
    deliveries: list[int],
    pauses: set[int],
) -> None:
    person = str(next(_people))
    account, documents = door(Platform.EVOLUTION), mixed_events(person)

    for place, number in enumerate(deliveries):
        if place in pauses:
            drain()
        account.post(documents[number])
    drain()

    found = (
        "select messages, (select json_object_agg(message_id, delivery_state) from message_index m"
        " where m.conversation_id = c.id) as states, (select count(raw) from inbound_events e"
        " where e.channel_id = c.channel_id and e.payload is null) as left_behind"
        " from conversations c where user_id = %(person)s"
    )
    (conversation,) = rows(database, workspace, found, person=person)
    assert [
        (
            message["role"],
            message["content"],
            "edited_at" in message,
            "revoked_at" in message,
            [reaction["emoji"] for reaction in message.get("reactions", ())],
            conversation["states"][message["id"]],
        )
        for message in conversation["messages"]
    ] == EXPECTED
    assert conversation["left_behind"] == 0
