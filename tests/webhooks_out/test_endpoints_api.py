"""Webhook endpoints over REST: made, shown once, changed, tested, replayed, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace, rows
from flask.testing import FlaskClient
from https_host import Host, answering
from outboxes import Outbox, plain_url, received
from standardwebhooks import Webhook

from talkhub.names import Scope
from talkhub.store.uow import Database

PATH = "/api/v1/webhook-endpoints"
URL = "https://client.example/hook"
OK = answering(b"")


@pytest.fixture
def made(caller: Caller) -> dict[str, Any]:
    answer = caller.post(PATH, {"url": URL, "events": ["conversation.closed", "message.received"]})
    assert answer.status_code == 201, answer.text
    return answer.json


def one(made: dict[str, Any], rest: str = "") -> str:
    return f"{PATH}/{made['id']}{rest}"


def test_an_endpoint_is_made_and_its_secret_shown_once(caller: Caller, made: dict) -> None:
    listed = caller.get(PATH).json["webhook_endpoints"]

    assert Webhook(made["secret"])
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in str(listed)
    assert [(line["url"], line["events"], line["state"]) for line in listed] == [
        (URL, ["message.received", "conversation.closed"], "active")
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://client.example/", "events": ["message.received"]}, "url_refused"),
        ({"url": "https://10.0.0.1/", "events": ["message.received"]}, "url_refused"),
        ({"url": "https://a:b@client.example/", "events": ["message.received"]}, "url_refused"),
        ({"url": URL, "events": []}, "events_invalid"),
        ({"url": URL, "events": ["webhook.test"]}, "events_invalid"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(caller: Caller, body: dict, code: str) -> None:
    answer = caller.post(PATH, body)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == code


def test_an_endpoint_can_be_changed_and_disabled_and_enabled(caller: Caller, made: dict) -> None:
    def change(**body: object) -> dict:
        answer = caller.client.patch(one(made), json=body, headers=caller._auth())
        assert answer.status_code == 200, answer.text
        return answer.json

    assert change(events=["profile.updated"])["events"] == ["profile.updated"]
    disabled = change(state="disabled")
    assert (disabled["state"], disabled["disabled_reason"]) == ("disabled", "by_hand")
    assert caller.post(one(made, "/test"), {}).status_code == 409
    assert change(state="active")["disabled_reason"] is None
    assert caller.post(one(made, "/test"), {}).status_code == 202


def test_disabling_gives_up_what_waits(caller: Caller, made: dict) -> None:
    caller.post(one(made, "/test"), {})
    caller.client.patch(one(made), json={"state": "disabled"}, headers=caller._auth())

    (line,) = caller.get(one(made, "/deliveries")).json["deliveries"]
    assert (line["state"], line["last_error"]) == ("dead", "The endpoint was disabled.")


def test_a_test_is_delivered_and_stands_in_the_log(
    caller: Caller, outbox: Outbox, host: Callable[..., Host]
) -> None:
    there = host(OK, is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    path = f"{PATH}/{endpoint.endpoint_id}"

    answer = caller.post(f"{path}/test", {})
    outbox.courier().drain()

    found = caller.get(answer.headers["Location"]).json
    assert found["id"] == answer.json["delivery_id"]
    assert (found["state"], found["kind"]) == ("sent", "webhook.test")
    assert [(line["status_code"], line["error"]) for line in found["tries"]] == [(200, None)]
    assert found["payload"]["id"] == received(there)[0]["webhook-id"]
    (listed,) = caller.get(f"{path}/deliveries", state="sent").json["deliveries"]
    assert listed["id"] == found["id"]


def test_messages_are_replayed_with_their_ids(
    caller: Caller, outbox: Outbox, host: Callable[..., Host]
) -> None:
    there = host(OK, is_plain=True)
    endpoint = outbox.endpoint(plain_url(there))
    path = f"{PATH}/{endpoint.endpoint_id}"
    ids = [outbox.test(endpoint) for _ in range(3)]
    outbox.courier().drain()
    outbox.set(f"update outbound_messages set state = 'dead', sent_at = null where id = {ids[0]}")

    replayed = [
        caller.post(f"{path}/replay", body).json["replayed"]
        for body in (
            {},  # what was given up
            {"delivery_ids": ids[1:2]},
            {"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z", "only_failed": False},
            {"start": "2020-01-01T00:00:00Z", "only_failed": False},
        )
    ]
    outbox.courier().drain()

    assert replayed == [1, 1, 0, 1]
    assert [row["state"] for row in outbox.messages("state")] == ["sent"] * 3
    sent = [received(there, number)[0]["webhook-id"] for number in range(6)]
    assert sorted(sent[:3]) == sorted(sent[3:])
    assert caller.post(f"{path}/replay", {"delivery_ids": [2**62]}).status_code == 404


def test_a_new_secret_differs_and_is_shown_once(caller: Caller, made: dict) -> None:
    rotated = caller.post(one(made, "/rotate"), {})

    assert rotated.status_code == 201
    assert rotated.json["secret"] != made["secret"]


def test_a_deleted_endpoint_is_gone_with_its_log(
    caller: Caller, made: dict, database: Database
) -> None:
    caller.post(one(made, "/test"), {})

    answer = caller.client.delete(one(made), headers=caller._auth())

    assert answer.status_code == 204
    assert caller.get(PATH).json == {"webhook_endpoints": []}
    assert rows(database, caller.workspace_id, "select * from outbound_messages") == []
    assert caller.client.delete(one(made), headers=caller._auth()).status_code == 404


def test_every_change_leaves_a_trace(caller: Caller, made: dict, database: Database) -> None:
    caller.post(one(made, "/rotate"), {})
    caller.post(one(made, "/replay"), {})
    caller.client.delete(one(made), headers=caller._auth())

    query = "select actor, action from audit_entries order by id"
    trail = rows(database, caller.workspace_id, query)
    assert [(entry["actor"], entry["action"]) for entry in trail] == [
        ("ana", "webhook_endpoint.created"),
        ("ana", "webhook_endpoint.rotated"),
        ("ana", "webhook_endpoint.replayed"),
        ("ana", "webhook_endpoint.deleted"),
    ]


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("get", ""),
        ("post", ""),
        ("patch", "/1"),
        ("delete", "/1"),
        ("post", "/1/rotate"),
        ("post", "/1/test"),
        ("post", "/1/replay"),
        ("get", "/1/deliveries"),
        ("get", "/1/deliveries/1"),
    ],
)
def test_without_the_scope_nothing_is_told_or_done(
    client: FlaskClient, workspace: int, sign_token: Callable[..., str], method: str, rest: str
) -> None:
    others = [scope for scope in Scope if scope != Scope.WEBHOOKS_MANAGE]
    token = sign_token(workspace, *others)

    answer = client.open(
        f"{PATH}{rest}", method=method.upper(), headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 403


def test_another_workspaces_endpoint_is_not_there(
    client: FlaskClient, database: Database, sign_token: Callable[..., str], made: dict
) -> None:
    stranger = Caller(client, 0, sign_token(make_workspace(database), subject="caio"))

    statuses = {
        stranger.post(one(made, "/rotate"), {}).status_code,
        stranger.post(one(made, "/test"), {}).status_code,
        stranger.post(one(made, "/replay"), {}).status_code,
        client.delete(one(made), headers=stranger._auth()).status_code,
    }

    assert statuses == {404}
    assert stranger.get(one(made, "/deliveries")).json == {"deliveries": []}
