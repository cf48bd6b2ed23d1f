"""The doors of Messenger, Instagram and Evolution API keep what the others' doors promise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import WEBHOOK_SECRET, WHATSAPP_SECRET, make_channel, rows
from flask.testing import FlaskClient
from providers import Door, payload, said

from talkhub import metrics
from talkhub.names import Platform
from talkhub.store.uow import Database

SECRETS = {
    Platform.MESSENGER: WHATSAPP_SECRET,
    Platform.INSTAGRAM: WHATSAPP_SECRET,
    Platform.EVOLUTION: WEBHOOK_SECRET,
}
EVENTS = "select * from inbound_events order by id"

every_platform = pytest.mark.parametrize("platform", list(SECRETS))


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Callable[..., Door]:
    return lambda platform: Door(client, platform, make_channel(database, workspace, platform))


def text(platform: Platform) -> dict[str, Any]:
    return payload(f"{platform}/text")


def refusals(platform: Platform) -> float:
    return float(metrics.webhook_events.labels(platform, "refused")._value.get())


@every_platform
def test_a_proved_event_is_stored_once(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    account = door(platform)

    answers = [account.post(text(platform)).json for _ in range(2)]

    assert answers == [{"accepted": 1, "duplicates": 0}, {"accepted": 0, "duplicates": 1}]
    assert len(rows(database, workspace, EVENTS)) == 1


@every_platform
def test_an_unproved_event_is_refused_counted_and_not_stored(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    account, before = door(platform), refusals(platform)

    statuses = [
        account.post(text(platform), secret="another").status_code,
        account.client.post(account.path, json=text(platform)).status_code,
    ]

    assert statuses == [401, 401]
    assert refusals(platform) == before + 2
    assert rows(database, workspace, EVENTS) == []


@every_platform
def test_an_odd_character_refuses_no_event(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    drain: Callable[[], None],
    platform: Platform,
) -> None:
    document = json.dumps(text(platform))
    for said_text in (
        "Bom dia, quero remarcar",
        "Vocês abrem no sábado?",
        "Ainda tem na cor azul?",
    ):
        document = document.replace(json.dumps(said_text)[1:-1], "a\\u0000\\ud800b")

    answer = door(platform).post(document.encode())
    drain()

    (conversation,) = rows(database, workspace, "select messages from conversations")
    assert answer.status_code == 200
    assert [message["content"] for message in conversation["messages"]] == ["a\ufffd\ufffdb"]


@every_platform
def test_what_is_not_json_is_refused(door: Callable[..., Door], platform: Platform) -> None:
    assert door(platform).post(b"{").status_code == 400


@every_platform
def test_the_environments_secret_opens_the_default_workspaces_door(
    client: FlaskClient, platform: Platform
) -> None:
    for place in (f"/{platform}", f"/webhooks/{platform}"):
        door = Door(client, platform, place, SECRETS[platform])

        assert door.post(text(platform)).status_code == 200


@pytest.mark.parametrize("platform", [Platform.MESSENGER, Platform.INSTAGRAM])
def test_meta_verifies_the_address_by_its_token(client: FlaskClient, platform: Platform) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "42"}

    right = client.get(f"/{platform}", query_string=query | {"hub.verify_token": WEBHOOK_SECRET})
    wrong = client.get(f"/{platform}", query_string=query | {"hub.verify_token": "no"})

    assert (right.status_code, right.text, wrong.status_code) == (200, "42", 403)


@every_platform
def test_with_the_database_away_the_provider_is_asked_to_try_again(
    make_client: Callable[..., FlaskClient], platform: Platform
) -> None:
    client = make_client(database_url="postgresql+psycopg2://nobody@127.0.0.1:1/nothing")

    answer = Door(client, platform, f"/{platform}", SECRETS[platform]).post(text(platform))

    assert (answer.status_code, answer.json["type"]) == (503, "/problems/unavailable")


@every_platform
def test_with_redis_away_events_are_still_taken(
    make_client: Callable[..., FlaskClient],
    database: Database,
    workspace: int,
    platform: Platform,
) -> None:
    client = make_client(redis_url="redis://127.0.0.1:1/0")
    path = make_channel(database, workspace, platform)

    assert Door(client, platform, path).post(text(platform)).json["accepted"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_flow_may_choose_its_method_and_send_a_form(client: FlaskClient, method: str) -> None:
    fields = {"user_ns": "f1u2", "message": f"oi {method}", "mid": f"form of {method}"}
    headers = {"X-UChat-Secret": WEBHOOK_SECRET}

    answer = client.open("/uchat", method=method, data=fields, headers=headers)

    assert answer.status_code == 200


def test_a_secret_that_changed_a_moment_ago_is_known(
    client: FlaskClient, database: Database, workspace: int
) -> None:
    path = make_channel(database, workspace, Platform.TELEGRAM, "the old")
    Door(client, Platform.TELEGRAM, path, "the old").post(said(Platform.TELEGRAM, "a"))
    name = rows(database, workspace, "select name from channels")[0]["name"]
    make_channel(database, workspace, Platform.TELEGRAM, "the new", name=name)

    door = Door(client, Platform.TELEGRAM, path, "the new")

    assert door.post(said(Platform.TELEGRAM, "b")).status_code == 200
