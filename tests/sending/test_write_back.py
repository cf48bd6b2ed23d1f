"""What analyses change at UChat: by rules, in order, once, through the outbox."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from callers import Caller
from chats import PERSON, Chat
from factories import make_workspace
from flask.testing import FlaskClient
from html_pages import Html
from providers import refusing

from talkhub.names import Platform, Scope
from talkhub.services.labelling.write_back import queue_actions
from talkhub.store.uow import Database

Open = Callable[[Platform], Chat]

PATH = "/api/v1/write-back-rules"
PAGE = "/dashboard/channels"
ANGRY = "Péssimo atendimento, um absurdo! Quero reclamar"
SET_FIELD = {
    "event": "conversation.analyzed",
    "action": "set_field",
    "target": "sentimento",
    "value": "{sentiment}",
}
HAND_OFF = [
    {"action": "add_tag", "target": "reclamacao"},
    {"action": "custom_event", "target": "reclamou", "value": "{intent}: {summary}"},
    {"action": "pause_bot", "target": 60},
    {"action": "assign_agent", "target": "77"},
]


def add(chat: Chat, **rule: object) -> int:
    answer = chat.caller.post(PATH, {"event": "alert.negative_sentiment", **rule})
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def test_a_complaint_is_tagged_told_and_handed_to_a_person(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    for rule in HAND_OFF:
        add(chat, intents=["complaint"], **rule)
    chat.hear(ANGRY)

    chat.deliver()

    assert chat.interface.calls == [
        "POST /api/subscriber/add-tag-by-name",
        "POST /api/subscriber/log-custom-event",
        "POST /api/subscriber/pause-bot",
        "POST /api/subscriber/assign-agent",
    ]
    tag, event, pause, agent = chat.interface.bodies
    assert tag == {"user_ns": PERSON, "tag_name": "reclamacao"}
    assert event["text_value"].startswith("complaint: Péssimo atendimento")
    assert pause == {"user_ns": PERSON, "minutes": 60}
    assert agent == {"user_ns": PERSON, "agent_id": 77}
    assert chat.transcript() == [("user", ANGRY)]


def test_a_field_follows_what_changes_and_an_event_is_told_once(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi")
    add(chat, **SET_FIELD)
    add(chat, action="custom_event", target="alerta")
    moods = ["negative", "negative", "positive", "positive", "negative"]

    for before, mood in pairwise([None, *moods]):
        with chat.database.unit_of_work(chat.scope) as uow:
            queue_actions(uow, [analysed(chat, mood, before)])
    chat.deliver()

    told = [body.get("value") or body["event_name"] for body in chat.interface.bodies]
    assert told == ["negative", "alerta", "positive", "negative"]


def test_what_was_done_stays_done_when_the_person_is_merged(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi")
    add(chat, action="add_tag", target="reclamacao")
    again(chat)
    chat.caller.tool("update_user_profile", {"user_id": "kept", "profile_data": {"name": "Ana"}})

    chat.caller.post(f"/api/v1/people/{PERSON}/merge", {"into": "kept"})
    again(chat)

    assert chat.deliver() == 1


def test_what_uchat_refused_for_good_is_not_asked_again(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    chat.hear("oi")
    add(chat, action="add_tag", target="reclamacao")
    chat.interface.first(refusing({"status": "error", "message": "no such tag"}, "200 OK"))
    again(chat)
    chat.deliver()
    assert chat.read("select state, failure from outbound_messages") == [
        {"state": "dead", "failure": "permanent"}
    ]

    again(chat)

    assert chat.deliver() == 0


def again(chat: Chat) -> None:
    """Store an analysis that shows a mood which turned."""
    with chat.database.unit_of_work(chat.scope) as uow:
        queue_actions(uow, [analysed(chat, "negative", "positive")])


def analysed(chat: Chat, mood: str, before: str | None) -> dict:
    """Return an analysis of the chat's conversation as it is stored."""
    (row,) = chat.read("select id, profile_id, channel_id, conversation_id from conversations")
    found = {"sentiment": mood, "score": 0.0, "intent": "other", "confidence": None, "topics": []}
    known = {"language": "pt", "completion": "open", "version_before": "1", "course": None}
    return {
        **row,
        **found,
        **known,
        "user_id": PERSON,
        "sentiment_before": before,
        "outcome_before": None,
    }


@pytest.mark.parametrize(
    "rule",
    [
        {"sentiments": ["positive"], "action": "add_tag", "target": "x"},
        {"intents": ["purchase"], "action": "add_tag", "target": "x"},
        {"event": "conversation.closed", "action": "add_tag", "target": "x"},
    ],
)
def test_what_a_rule_does_not_wait_for_does_nothing(open_chat: Open, rule: dict) -> None:
    chat = open_chat(Platform.UCHAT)
    add(chat, **rule)

    chat.hear(ANGRY)

    assert chat.read("select * from outbound_messages") == []


def test_other_channels_and_other_accounts_are_left_alone(open_chat: Open) -> None:
    telegram = open_chat(Platform.TELEGRAM)
    uchat = open_chat(Platform.UCHAT)
    add(uchat, action="add_tag", target="x", channel_id=uchat.channel_id)

    telegram.hear(ANGRY)

    assert uchat.read("select * from outbound_messages") == []
    refused = uchat.caller.post(PATH, {**SET_FIELD, "channel_id": telegram.channel_id})
    assert refused.json["errors"][0]["code"] == "channel_invalid"


def test_what_uchat_refuses_is_tried_again_or_shown_as_dead(open_chat: Open) -> None:
    chat = open_chat(Platform.UCHAT)
    add(chat, action="add_tag", target="reclamacao")
    add(chat, action="remove_tag", target="feliz")
    chat.interface.first(
        refusing({}, "502 Bad Gateway"),
        refusing({"status": "error", "message": "no tag"}, "200 OK"),
    )
    chat.hear(ANGRY)
    chat.deliver()
    chat.deliver_at_last()
    chat.deliver_at_last()

    assert [row["state"] for row in chat.read("select state from outbound_messages")] == [
        "dead",
        "sent",
    ]
    (dead,) = chat.caller.get("/api/v1/dead-letters").json["messages"]
    assert (dead["kind"], dead["last_error"]) == ("action", "permanent: no tag")
    assert chat.interface.calls[-1] == "DELETE /api/subscriber/remove-tag-by-name"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"event": "message.received"}, "event_invalid"),
        ({"action": "send_flowers"}, "action_invalid"),
        ({"sentiments": ["angry"]}, "sentiments_invalid"),
        ({"intents": ["x"]}, "intents_invalid"),
        ({"target": " "}, "target_invalid"),
        ({"action": "pause_bot", "target": "long"}, "target_invalid"),
        ({"action": "assign_agent", "target": "0"}, "target_invalid"),
        ({"value": "{name}"}, "unknown_variable"),
        ({"value": "x" * 1001}, "too_long"),
    ],
)
def test_a_rule_that_could_do_nothing_is_refused(caller: Caller, change: dict, code: str) -> None:
    refused = caller.post(PATH, {**SET_FIELD, **change})

    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)


def test_rules_are_listed_and_ended_by_their_own_workspace_alone(
    caller: Caller, client: FlaskClient, database: Database, sign_token: Callable[..., str]
) -> None:
    rule_id = caller.post(PATH, SET_FIELD).json["id"]
    caio = Caller(client, 0, sign_token(make_workspace(database), subject="caio"))
    one = f"{PATH}/{rule_id}"

    assert caio.get(PATH).json == {"write_back_rules": []}
    assert client.delete(one, headers={"Authorization": f"Bearer {caio.token}"}).status_code == 404
    (listed,) = caller.get(PATH).json["write_back_rules"]
    assert {name: listed[name] for name in SET_FIELD} == SET_FIELD
    mine = {"Authorization": f"Bearer {caller.token}"}
    assert [client.delete(one, headers=mine).status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_scope_no_rule_is_told_or_set(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str], method: str
) -> None:
    others = [scope for scope in Scope if scope != Scope.WEBHOOKS_MANAGE]
    headers = {"Authorization": f"Bearer {sign_token(workspace, *others)}"}

    assert client.open(PATH, method=method.upper(), headers=headers).status_code == 403


@pytest.fixture
def ana(workspace: int, browse: Callable[..., FlaskClient]) -> FlaskClient:
    return browse(workspace)


def test_the_page_of_the_channels_sets_and_ends_rules(open_chat: Open, ana: FlaskClient) -> None:
    open_chat(Platform.UCHAT)
    form = {
        "event": "alert.negative_sentiment",
        "sentiment": "",
        "intent": "complaint",
        "action": "add_tag",
        "target": "reclamacao",
        "value": "",
    }

    refused = ana.post(f"{PAGE}/rules", data={**form, "action": "pause_bot"})
    assert refused.status_code == 422
    assert "minutos e atendente são números" in Html(refused.text).one(role="alert").text
    assert ana.post(f"{PAGE}/rules", data=form).location == PAGE
    row = Html(ana.get(PAGE).text).all("tbody")[1].one("tr")
    assert "Alerta de humor negativo" in row.text
    assert "Reclamação" in row.text
    assert "Pôr a etiqueta: reclamacao" in row.text

    ana.post(row.one("form").attributes["action"])
    assert "reclamacao" not in ana.get(PAGE).text


def test_the_form_takes_a_character_that_no_text_holds(open_chat: Open, ana: FlaskClient) -> None:
    chat = open_chat(Platform.UCHAT)
    form = {"event": "conversation.analyzed", "action": "add_tag", "target": "a\0b"}

    assert ana.post(f"{PAGE}/rules", data=form).status_code == 303
    assert chat.caller.get(PATH).json["write_back_rules"][0]["target"] == "a\ufffdb"


def test_who_may_not_manage_sees_and_sets_no_rules(
    open_chat: Open, workspace: int, browse: Callable[..., FlaskClient]
) -> None:
    open_chat(Platform.UCHAT)
    bia = browse(workspace, "viewer", name="bia")

    assert "Regras do UChat" not in bia.get(PAGE).text
    form = {"event": "conversation.closed", "action": "add_tag", "target": "x"}
    assert bia.post(f"{PAGE}/rules", data=form).status_code == 403
