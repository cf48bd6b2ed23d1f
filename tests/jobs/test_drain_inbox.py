"""The inbox drain: a stored event becomes a person, a session, a transcript, exactly once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import hours_of, make_channel, make_workspace, rows
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from providers import Door, payload, said

from requirements import requirement
from talkhub.analysis.pipeline import ANALYSER_VERSION
from talkhub.channels.registry import CHANNELS
from talkhub.jobs import handlers, timing
from talkhub.names import Platform
from talkhub.services.incoming.ingest import FenceLost, apply_events
from talkhub.services.people.tombstones import Tombstones
from talkhub.services.talking.channel_sessions import ClaimedEvent
from talkhub.store.statements.inbox import CLAIM_EVENTS
from talkhub.store.uow import Database, system_scope, workspace_scope

PLATFORMS = [Platform.WHATSAPP, Platform.TELEGRAM, Platform.UCHAT]
PERSON = "5511999990001"
EVENTS = "select * from inbound_events order by id"
CONVERSATIONS = "select * from conversations order by started_at, id"
PEOPLE = "select * from user_profiles order by id"
SESSIONS = "select * from chat_sessions order by id"
CLAIM = {
    "limit": 200,
    "suspects": False,
    "max_attempts": handlers.MAX_ATTEMPTS,
    "lease": timing.LEASE,
    "doubles": timing.LEASE_DOUBLES,
}
ADD_EVENT = """
insert into inbound_events (workspace_id, platform, source, external_id, kind, payload)
values (%(workspace)s, %(platform)s, 'tests', %(external_id)s, 'message', '{}')
"""


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Callable[..., Door]:
    return lambda platform: Door(client, platform, make_channel(database, workspace, platform))


@pytest.fixture
def tell(door: Callable[..., Door]) -> Callable[..., None]:
    """Let a person write to a WhatsApp account of this test."""
    account = door(Platform.WHATSAPP)

    def tell(text: str, at: str = "12:00", person: str = PERSON) -> None:
        document = said(Platform.WHATSAPP, text, at=at, person=person)
        assert account.post(document).status_code == 200

    return tell


def texts(conversation: dict[str, Any]) -> list[str]:
    return [message["content"] for message in conversation["messages"]]


def transcripts(database: Database, workspace: int) -> list[list[str]]:
    return [texts(row) for row in rows(database, workspace, CONVERSATIONS)]


def states(database: Database, workspace: int) -> dict[str, int]:
    return dict(Counter(row["state"] for row in rows(database, workspace, EVENTS)))


@pytest.fixture
def add_poison(database: Database, workspace: int) -> Iterator[Callable[[], None]]:
    """Store an event of a platform that no module reads; after the test nobody tries it again."""

    def run(statement: str, **params: object) -> None:
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            uow.run(statement, {"platform": "carrier-pigeon", **params})

    yield lambda: run(ADD_EVENT, workspace=workspace, external_id="poison")
    run("update inbound_events set state = 'dead' where platform = %(platform)s")


def claim(database: Database) -> list[dict[str, Any]]:
    """Claim what is due, as a worker does that is killed right afterwards."""
    with database.unit_of_work(system_scope("tests")) as uow:
        return [dict(row) for row in uow.run(CLAIM_EVENTS, CLAIM).mappings()]


def let_leases_pass(database: Database, workspace: int) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update inbound_events set due_at = now() where state = 'pending'")


@pytest.mark.parametrize(
    ("platform", "person"),
    [
        (
            Platform.WHATSAPP,
            {"name": "João da Silva", "phone": "+5511999990001", "locale": None},
        ),
        (Platform.TELEGRAM, {"name": "João Silva", "phone": None, "locale": "pt-br"}),
        (Platform.UCHAT, {"name": None, "phone": None, "locale": None}),
    ],
)
def test_an_event_becomes_a_person_a_session_and_a_transcript(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    *,
    platform: Platform,
    person: dict[str, Any],
) -> None:
    door(platform).post(said(platform, "Quero cancelar minha assinatura", person=PERSON))

    drain()

    (profile,) = rows(database, workspace, PEOPLE)
    (session,) = rows(database, workspace, SESSIONS)
    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert {name: profile[name] for name in ("user_id", *person)} == {"user_id": PERSON, **person}
    assert (session["status"], session["platform"], session["profile_id"]) == (
        "active",
        platform,
        profile["id"],
    )
    assert (conversation["session_id"], conversation["source"], conversation["status"]) == (
        session["session_id"],
        "webhook",
        "open",
    )
    (message,) = conversation["messages"]
    assert (message["role"], message["kind"], message["content"], message["timestamp"]) == (
        "user",
        "text",
        "Quero cancelar minha assinatura",
        "2026-03-02T12:00:00Z",
    )
    assert message["external_id"]
    assert states(database, workspace) == {"done": 1}


@pytest.mark.parametrize("platform", PLATFORMS)
@requirement("analysis:sentiment-and-intent")
def test_an_event_is_analysed_and_counted(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    platform: Platform,
) -> None:
    door(platform).post(said(platform, "Quero cancelar, estou furioso", person=PERSON))

    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    (analysis,) = rows(database, workspace, "select * from conversation_analyses")
    (profile,) = rows(database, workspace, PEOPLE)
    assert (conversation["primary_intent"], conversation["sentiment"]) == (
        "cancellation",
        "negative",
    )
    assert (analysis["conversation_id"], analysis["analyser_version"]) == (
        conversation["id"],
        ANALYSER_VERSION,
    )
    message_id = conversation["messages"][0]["id"]
    assert [item["message_id"] for item in analysis["result"]["messages"]] == [message_id]
    assert profile["interaction_stats"]["total_conversations"] == 1
    assert profile["interaction_stats"]["last_interaction"] == "2026-03-02T12:00:00Z"
    slices = rows(
        database,
        workspace,
        "select dimension, value, counts[1] as conversations, counts[2] as messages, begins_at"
        " from bucket_stats where level = 'hour' and dimension in ('all', 'intent', 'sentiment')"
        " order by dimension",
    )
    noon = datetime.fromisoformat("2026-03-02T12:00:00Z")
    one = {"conversations": 1, "messages": 1, "begins_at": noon}
    assert slices == [
        {"dimension": "all", "value": "", **one},
        {"dimension": "intent", "value": "cancellation", **one},
        {"dimension": "sentiment", "value": "negative", **one},
    ]


def test_further_messages_go_into_the_open_session(
    tell: Callable[..., None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    tell("oi", "12:00")
    drain()
    tell("tem alguém aí?", "12:05")
    drain()

    assert transcripts(database, workspace) == [["oi", "tem alguém aí?"]]
    (session,) = rows(database, workspace, SESSIONS)
    assert session["last_message_at"] == datetime.fromisoformat("2026-03-02T12:05:00Z")


def test_messages_that_arrive_late_take_their_place(
    tell: Callable[..., None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    tell("segunda", "12:05")
    drain()
    tell("primeira", "11:58")
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert texts(conversation) == ["primeira", "segunda"]
    assert conversation["started_at"] == datetime.fromisoformat("2026-03-02T11:58:00Z")


def test_a_conversation_that_began_earlier_than_thought_is_counted_once(
    tell: Callable[..., None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    tell("segunda", "12:05")
    drain()
    tell("primeira", "11:58")
    drain()

    found = rows(database, workspace, hours_of("counts[1] as conversations"))
    assert [(row["begins_at"].hour, row["conversations"]) for row in found] == [(11, 1)]


def test_an_agents_words_are_the_agents(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.UCHAT)
    account.post(payload("uchat/live_chat_text"))
    account.post(payload("uchat/live_chat_agent"))
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert [message["role"] for message in conversation["messages"]] == ["user", "agent"]
    assert conversation["response_count"] == 1


def test_what_carries_no_message_is_ignored(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    account.post(payload("whatsapp/errors"))
    account.post({"something": "new"})
    drain()

    assert states(database, workspace) == {"ignored": 2}
    assert rows(database, workspace, PEOPLE) == []


def test_what_has_no_words_is_kept_with_its_kind_and_its_details(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    for name in ("document", "location"):
        account.post(payload(f"whatsapp/{name}"))
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    place, file = conversation["messages"]
    assert (place["kind"], place["content"]) == ("location", "MASP, Av. Paulista, 1578 - São Paulo")
    assert (file["kind"], file["content"]) == ("document", "")
    assert file["attributes"] == {
        "media_id": "13",
        "mime_type": "application/pdf",
        "filename": "contrato.pdf",
    }


@pytest.mark.parametrize(
    ("platform", "name", "kept_as"),
    [
        (Platform.MESSENGER, "messenger/text", "messenger"),
        (Platform.INSTAGRAM, "instagram/text", "instagram"),
        (Platform.EVOLUTION, "evolution/text", "whatsapp"),
    ],
)
def test_a_message_of_every_other_channel_becomes_a_transcript(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    *,
    platform: Platform,
    name: str,
    kept_as: str,
) -> None:
    assert door(platform).post(payload(name)).json == {"accepted": 1, "duplicates": 0}
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert conversation["platform"] == kept_as
    assert len(texts(conversation)) == 1


def test_metas_mixed_batch_becomes_two_transcripts_in_order(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door(Platform.WHATSAPP).post(payload("whatsapp/batch"))
    drain()

    assert transcripts(database, workspace) == [
        ["primeira mensagem", "segunda mensagem"],
        ["bom dia"],
    ]


def test_a_message_that_comes_back_under_another_event_is_not_doubled(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account, document = door(Platform.TELEGRAM), said(Platform.TELEGRAM, "oi")
    account.post(document)
    drain()
    account.post({**document, "update_id": document["update_id"] + 1_000_000})
    drain()

    assert transcripts(database, workspace) == [["oi"]]
    assert states(database, workspace) == {"done": 2}


def test_two_accounts_may_count_their_messages_alike(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    sales, support = door(Platform.TELEGRAM), door(Platform.TELEGRAM)
    document = said(Platform.TELEGRAM, "oi")
    sales.post(document)
    support.post(document)
    drain()

    (conversation,) = rows(database, workspace, CONVERSATIONS)
    assert texts(conversation) == ["oi", "oi"]
    assert len({message["id"] for message in conversation["messages"]}) == 2
    assert len(rows(database, workspace, "select from message_index")) == 2


def test_a_person_is_one_person_on_two_platforms_with_two_sessions(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    for platform in (Platform.WHATSAPP, Platform.UCHAT):
        door(platform).post(said(platform, "oi", person=PERSON))
    drain()

    assert len(rows(database, workspace, PEOPLE)) == 1
    assert len(rows(database, workspace, SESSIONS)) == 2


def test_what_a_provider_says_fills_gaps_and_overwrites_nothing(
    tell: Callable[..., None], caller: Any, database: Database, drain: Callable[[], None]
) -> None:
    body = {"user_id": PERSON, "profile_data": {"name": "Dona Ana"}}
    caller.tool("update_user_profile", body)
    tell("oi")
    drain()

    (profile,) = rows(database, caller.workspace_id, PEOPLE)
    assert (profile["name"], profile["phone"]) == ("Dona Ana", "+5511999990001")


def test_details_that_do_not_fit_do_not_cost_the_message(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    document = payload("uchat/external_request")
    document |= {
        "name": "N" * 300,
        "phone": "9" * 60,
        "email": "e" * 300,
        "locale": "l" * 40,
        "mid": "m" * 300,
    }
    door(Platform.UCHAT).post(document)
    drain()

    assert transcripts(database, workspace) == [["Quero saber do meu pedido 4571"]]


def test_a_session_opened_by_a_flow_takes_the_messages_of_its_platform(
    tell: Callable[..., None], caller: Any, database: Database, drain: Callable[[], None]
) -> None:
    opened = caller.tool("create_chat_session", {"user_id": PERSON, "platform": "whatsapp"}).json
    tell("oi")
    drain()

    (conversation,) = rows(database, caller.workspace_id, CONVERSATIONS)
    assert conversation["session_id"] == opened["session_id"]


def test_after_a_long_silence_the_next_message_opens_a_session(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.TELEGRAM)
    first, second = (said(Platform.TELEGRAM, text) for text in ("oi", "voltei"))
    second["message"]["date"] += int(timedelta(hours=24, minutes=1).total_seconds())
    account.post(first)
    account.post(second)
    drain()

    assert transcripts(database, workspace) == [["oi"], ["voltei"]]
    found = "select status, close_reason from chat_sessions order by last_message_at"
    assert rows(database, workspace, found) == [
        {"status": "completed", "close_reason": "idle"},
        {"status": "active", "close_reason": None},
    ]


DAYS_APART = [-20, -3, 0]
"""Days from which a person's messages come, each day's a session of its own."""


def on_day(day: int, text: str, *, person: str, at: str) -> dict[str, Any]:
    document = said(Platform.WHATSAPP, text, person=person, at=at)
    message = document["entry"][0]["changes"][0]["value"]["messages"][0]
    message["timestamp"] = str(int(message["timestamp"]) + day * 86_400)
    return document


def test_messages_delivered_weeks_late_get_a_closed_session_of_their_own(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.WHATSAPP)
    for day, text, at in [
        (0, "hoje", "12:00"),
        (-20, "antiga 1", "12:00"),
        (-20, "antiga 3", "12:09"),
        (0, "hoje ainda", "12:05"),
        (-20, "antiga 2", "12:05"),
    ]:
        account.post(on_day(day, text, person=PERSON, at=at))
        drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert [(texts(row), row["status"]) for row in found] == [
        (["antiga 1", "antiga 2", "antiga 3"], "closed"),
        (["hoje", "hoje ainda"], "open"),
    ]
    assert found[1]["started_at"] == datetime.fromisoformat("2026-03-02T12:00:00Z")
    told = "select status, close_reason, conversation_count, last_message_at from chat_sessions"
    assert rows(database, workspace, f"{told} order by last_message_at") == [
        {
            "status": "completed",
            "close_reason": "idle",
            "conversation_count": 1,
            "last_message_at": datetime.fromisoformat("2026-02-10T12:09:00Z"),
        },
        {
            "status": "active",
            "close_reason": None,
            "conversation_count": 1,
            "last_message_at": datetime.fromisoformat("2026-03-02T12:05:00Z"),
        },
    ]


def test_one_event_that_fails_takes_no_other_with_it(
    tell: Callable[..., None],
    add_poison: Callable[[], None],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
) -> None:
    tell("antes")
    add_poison()
    tell("depois", "12:01")
    drain()

    assert transcripts(database, workspace) == [["antes", "depois"]]
    assert states(database, workspace) == {"done": 2, "pending": 1}


def test_an_event_that_always_fails_is_dead_after_five_attempts_and_visible(
    tell: Callable[..., None],
    add_poison: Callable[[], None],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
) -> None:
    add_poison()
    for attempt in range(1, handlers.MAX_ATTEMPTS + 1):
        before = states(database, workspace)
        tell(f"mensagem {attempt}", f"12:0{attempt}")
        let_leases_pass(database, workspace)
        drain()
        assert before["pending"] == 1

    dead = "select attempts, last_error from inbound_events where state = 'dead'"
    assert rows(database, workspace, dead) == [
        {"attempts": 5, "last_error": "KeyError: 'carrier-pigeon'"}
    ]
    assert states(database, workspace) == {"dead": 1, "done": 5}


def test_a_failed_event_waits_longer_each_time(
    add_poison: Callable[[], None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    add_poison()
    waits = []
    for _ in range(3):
        let_leases_pass(database, workspace)
        drain()
        waiting = """
            select extract(epoch from due_at - clock_timestamp())::float as wait
            from inbound_events
        """
        waits.append(rows(database, workspace, waiting)[0]["wait"])

    assert waits[0] <= 3 < waits[1] <= 9 < waits[2] <= 27


def test_a_killed_workers_events_are_done_once_its_lease_has_passed(
    tell: Callable[..., None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    drain()
    tell("oi")
    claimed = claim(database)
    drain()
    while_leased = transcripts(database, workspace)

    let_leases_pass(database, workspace)
    drain()

    assert len(claimed) == 1
    assert while_leased == []
    assert transcripts(database, workspace) == [["oi"]]
    assert rows(database, workspace, "select attempts from inbound_events") == [{"attempts": 2}]


def test_a_worker_that_comes_too_late_applies_nothing(
    tell: Callable[..., None], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    drain()
    tell("oi")
    (late,) = claim(database)
    let_leases_pass(database, workspace)
    claim(database)  # another takes it over
    channel = CHANNELS[late["platform"]]
    message = channel.normalise(late["payload"], late["received_at"])
    event = ClaimedEvent(late["id"], late["fence"], late["channel_id"], late["source"], message)

    def apply_late() -> None:
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            apply_events(
                uow,
                [event],
                session_idle=timedelta(days=1),
                tombstones=Tombstones(lambda: b"tests"),
            )

    with pytest.raises(FenceLost):
        apply_late()
    assert transcripts(database, workspace) == []

    let_leases_pass(database, workspace)
    drain()
    assert transcripts(database, workspace) == [["oi"]]


def test_events_of_several_workspaces_stay_apart(
    client: FlaskClient, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    other = make_workspace(database)
    for owner in (workspace, other):
        path = make_channel(database, owner, Platform.TELEGRAM)
        Door(client, Platform.TELEGRAM, path).post(said(Platform.TELEGRAM, f"oi {owner}"))
    drain()

    assert transcripts(database, workspace) == [[f"oi {workspace}"]]
    assert transcripts(database, other) == [[f"oi {other}"]]


def test_a_transcript_that_is_full_goes_on_in_a_further_part(
    door: Callable[..., Door], database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    account = door(Platform.TELEGRAM)
    for number in range(12):
        document = said(Platform.TELEGRAM, f"{number} " + "x" * 30_000, at=f"12:{number:02}")
        account.post(document)
        if number == 4:
            drain()
    drain()

    found = rows(database, workspace, CONVERSATIONS)
    assert [(row["part"], row["message_count"]) for row in found] == [(1, 8), (2, 4)]
    assert [text.split()[0] for row in found for text in texts(row)] == list(map(str, range(12)))


def test_the_index_follows_what_a_late_message_pushes_into_the_next_part(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("talkhub.services.talking.transcripts.MAX_MESSAGES", 2)
    account = door(Platform.TELEGRAM)
    for minute in (0, 2, 1):
        account.post(said(Platform.TELEGRAM, str(minute), at=f"12:{minute:02}"))
        drain()

    parts = rows(database, workspace, CONVERSATIONS)
    index = rows(database, workspace, "select conversation_id, message_id from message_index")
    assert [texts(part) for part in parts] == [["0", "1"], ["2"]]
    assert {(row["conversation_id"], row["message_id"]) for row in index} == {
        (part["id"], message["id"]) for part in parts for message in part["messages"]
    }


_users = itertools.count(5_511_000_000_000)


@examples(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_and_repetition_of_events_ends_in_the_same_transcript(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    data: st.DataObject,
) -> None:
    account, person = door(Platform.WHATSAPP), str(next(_users))
    documents = [
        said(Platform.WHATSAPP, f"mensagem {minute}", person=person, at=f"12:{minute:02}")
        for minute in range(6)
    ]
    deliveries = data.draw(
        st.permutations([*range(6), *data.draw(st.lists(st.integers(0, 5), max_size=4))])
    )
    pauses = data.draw(st.sets(st.integers(0, len(deliveries))))

    for place, number in enumerate(deliveries):
        if place in pauses:
            drain()
        account.post(documents[number])
    drain()

    found = "select messages from conversations where user_id = %(person)s"
    (conversation,) = rows(database, workspace, found, person=person)
    assert texts(conversation) == [f"mensagem {minute}" for minute in range(6)]


@examples(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_of_events_of_several_days_ends_in_the_same_transcripts(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    data: st.DataObject,
) -> None:
    account, person = door(Platform.WHATSAPP), str(next(_users))
    documents = [
        on_day(day, f"{day} {minute}", person=person, at=f"12:{minute:02}")
        for day in DAYS_APART
        for minute in range(2)
    ]
    deliveries = data.draw(
        st.permutations([*range(6), *data.draw(st.lists(st.integers(0, 5), max_size=3))])
    )
    pauses = data.draw(st.sets(st.integers(0, len(deliveries))))

    for place, number in enumerate(deliveries):
        if place in pauses:
            drain()
        account.post(documents[number])
    drain()

    found = (
        "select c.messages, s.status from conversations c join chat_sessions s"
        " using (workspace_id, session_id) where c.user_id = %(person)s order by c.started_at"
    )
    assert [
        (texts(row), row["status"]) for row in rows(database, workspace, found, person=person)
    ] == [([f"{day} 0", f"{day} 1"], "active" if day == 0 else "completed") for day in DAYS_APART]
