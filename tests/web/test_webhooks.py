"""The platforms' webhooks: who is let in, what is stored, and how it is answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from callers import Caller
from factories import (
    KEYRING,
    WEBHOOK_SECRET,
    WHATSAPP_SECRET,
    make_channel,
    make_workspace,
    new_user,
    rows,
)
from flask import Flask
from flask.testing import FlaskClient
from providers import PAYLOADS, Door, in_one_post, payload, said, signed
from pydantic import SecretStr

from requirements import requirement
from talkhub.names import Job, Platform
from talkhub.services.sending.channel_accounts import connect_account
from talkhub.services.sending.channel_setup import list_channels, remove_channel
from talkhub.store.uow import Database, workspace_scope
from talkhub.strict_json import MAX_BODY_BYTES

PLATFORMS = [Platform.WHATSAPP, Platform.TELEGRAM, Platform.UCHAT]
EVENTS = "select * from inbound_events order by id"
DEFAULT_WORKSPACE = 1
SIGNATURES = json.loads((PAYLOADS / "signatures/whatsapp_post.json").read_text())
VERIFICATIONS = json.loads((PAYLOADS / "signatures/whatsapp_get.json").read_text())
ENVIRONMENT_SECRETS = {
    Platform.WHATSAPP: WHATSAPP_SECRET,
    Platform.TELEGRAM: WEBHOOK_SECRET,
    Platform.UCHAT: WEBHOOK_SECRET,
}


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Callable[..., Door]:
    """Connect a channel account in this test's workspace."""
    return lambda platform, **given: Door(
        client, platform, make_channel(database, workspace, platform, **given)
    )


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_signed_event_is_stored_and_acknowledged(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    document = said(platform, "Olá!")

    answer = door(platform).post(document)

    assert (answer.status_code, answer.json) == (200, {"accepted": 1, "duplicates": 0})
    (event,) = rows(database, workspace, EVENTS)
    assert (event["state"], event["platform"], event["kind"]) == ("pending", platform, "message")
    assert json.loads(bytes(event["raw"])) == document
    assert event["payload"] == document


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_second_delivery_is_acknowledged_but_not_stored(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    account, document = door(platform), said(platform, "Olá!")
    account.post(document)

    answer = account.post(document)

    assert (answer.status_code, answer.json) == (200, {"accepted": 0, "duplicates": 1})
    assert len(rows(database, workspace, EVENTS)) == 1


@pytest.mark.parametrize("secret", ["", "wrong", "s3cret-of-channe", "s3cret-of-channel "])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_wrong_secret_is_refused_and_stores_nothing(
    door: Callable[..., Door],
    database: Database,
    workspace: int,
    platform: Platform,
    secret: str,
) -> None:
    answer = door(platform).post(said(platform, "Olá!"), secret=secret)

    assert (answer.status_code, answer.json["type"]) == (401, "/problems/signature_invalid")
    assert rows(database, workspace, EVENTS) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_unsigned_event_is_refused_and_stores_nothing(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    account = door(platform)

    answer = account.client.post(account.path, json=said(platform, "Olá!"))

    assert answer.status_code == 401
    assert rows(database, workspace, EVENTS) == []


def test_a_changed_body_does_not_fit_its_signature(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    account = door(Platform.WHATSAPP)
    raw = json.dumps(said(Platform.WHATSAPP, "pague 10")).encode()
    headers = signed(Platform.WHATSAPP, raw, account.secret)

    answer = account.client.post(account.path, data=raw.replace(b"10", b"99"), headers=headers)

    assert answer.status_code == 401
    assert rows(database, workspace, EVENTS) == []


@pytest.mark.parametrize("vector", SIGNATURES, ids=[vector["name"] for vector in SIGNATURES])
def test_metas_signature_vectors_hold_at_the_door(
    door: Callable[..., Door], vector: dict[str, Any]
) -> None:
    account = door(Platform.WHATSAPP, secret=vector["app_secret"])
    headers = {"X-Hub-Signature-256": vector["x_hub_signature_256"].encode("latin-1", "replace")}
    headers = {name: value.decode("latin-1") for name, value in headers.items()}

    answer = account.client.post(
        account.path, data=base64.b64decode(vector["body_base64"]), headers=headers
    )

    assert answer.status_code == (200 if vector["valid"] else 401)


def test_one_accounts_secret_does_not_open_anothers_door(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    account = door(Platform.TELEGRAM, secret="secret of the first")
    door(Platform.TELEGRAM, secret="secret of the second")

    answer = account.post(said(Platform.TELEGRAM, "oi"), secret="secret of the second")

    assert answer.status_code == 401


def test_the_previous_secret_works_while_it_is_being_changed(
    client: FlaskClient, database: Database, workspace: int
) -> None:
    for secret in ("the old secret", "the new secret"):
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            _id, token = connect_account(
                uow,
                platform=Platform.TELEGRAM,
                name="bot",
                secrets=[secret],
                keyring=KEYRING,
            )
    account = Door(client, Platform.TELEGRAM, f"/webhooks/telegram/{token}")

    statuses = [
        account.post(said(Platform.TELEGRAM, "oi"), secret=secret).status_code
        for secret in ("the old secret", "the new secret")
    ]

    assert statuses == [200, 200]


def test_an_account_that_was_removed_and_added_again_takes_events_by_its_new_secret_alone(
    client: FlaskClient, database: Database, workspace: int
) -> None:
    for secret in ("the old secret", "the new secret"):
        path = make_channel(database, workspace, Platform.TELEGRAM, secret, name="bot")
        account = Door(client, Platform.TELEGRAM, path)
        with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
            (known,) = list_channels(uow)
            if secret == "the old secret":
                remove_channel(uow, known.id)

    statuses = [
        account.post(said(Platform.TELEGRAM, "oi"), secret=secret).status_code
        for secret in ("the old secret", "the new secret")
    ]

    assert statuses == [401, 200]
    assert not known.is_rotating


def test_an_unknown_account_is_not_found(client: FlaskClient) -> None:
    answer = Door(client, Platform.UCHAT, "/webhooks/uchat/nobody").post({})

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/not_found")


def test_an_account_of_another_platform_is_not_found(door: Callable[..., Door]) -> None:
    account = door(Platform.TELEGRAM)

    path = account.path.replace("telegram", "uchat")

    assert Door(account.client, Platform.UCHAT, path).post({}).status_code == 404


def test_a_channel_that_was_switched_off_is_not_found(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    account = door(Platform.TELEGRAM)
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run("update channels set state = 'disabled'")

    assert account.post(said(Platform.TELEGRAM, "oi")).status_code == 404


@pytest.mark.parametrize("path", ["/{platform}", "/webhooks/{platform}"])
@pytest.mark.parametrize("platform", PLATFORMS)
@requirement("whatsapp:webhook", "telegram:webhook", "telegram:secret-token")
def test_the_environments_secret_opens_the_default_workspaces_door(
    client: FlaskClient, database: Database, platform: Platform, path: str
) -> None:
    door = Door(client, platform, path.format(platform=platform), ENVIRONMENT_SECRETS[platform])
    text = new_user()

    answer = door.post(said(platform, text))

    assert answer.json == {"accepted": 1, "duplicates": 0}
    found = "select channel_id, source from inbound_events where payload::text like %(text)s"
    stored = rows(database, DEFAULT_WORKSPACE, found, text=f"%{text}%")
    assert stored == [{"channel_id": None, "source": platform}]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", WEBHOOK_SECRET.join(["Bearer ", ""])),
        ("X-Webhook-Secret", WEBHOOK_SECRET),
        ("X-TalkHub-Secret", WEBHOOK_SECRET),
        ("x-webhook-secret", WEBHOOK_SECRET),
    ],
)
@requirement("flow:webhook-secret")
def test_a_flow_may_send_its_secret_in_any_of_these_headers(
    client: FlaskClient, header: str, value: str
) -> None:
    answer = client.post("/uchat", json=said(Platform.UCHAT, "oi"), headers={header: value})

    assert answer.status_code == 200


@pytest.mark.parametrize("raw", [b'{"test": true}', b'{"test":true}', b' { "test" : true } \n'])
@requirement("webhook:ping")
def test_the_readmes_ping_needs_no_secret_and_stores_nothing(
    client: FlaskClient, database: Database, raw: bytes
) -> None:
    before = rows(database, DEFAULT_WORKSPACE, "select count(*) from inbound_events")

    answer = client.post("/uchat", data=raw, content_type="application/json")

    assert (answer.status_code, answer.json) == (200, {"ok": True, "pong": True})
    assert rows(database, DEFAULT_WORKSPACE, "select count(*) from inbound_events") == before


@pytest.mark.parametrize(
    "raw",
    [
        b'{"test": 1}',
        b'{"test": "true"}',
        b'{"test": false}',
        b'{"test": true, "more": 1}',
        b'[{"test": true}]',
        b'{"test": true' + b" " * 100 + b"}",
        b"{}",
        b"",
    ],
)
def test_what_is_not_exactly_the_ping_needs_a_secret(client: FlaskClient, raw: bytes) -> None:
    assert client.post("/uchat", data=raw).status_code == 401


@pytest.mark.parametrize("path", ["/whatsapp", "/telegram"])
def test_only_uchat_has_a_ping(client: FlaskClient, path: str) -> None:
    assert client.post(path, json={"test": True}).status_code == 401


def test_many_messages_of_one_post_are_stored_each(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    batch = in_one_post([said(Platform.WHATSAPP, text) for text in ("a", "b", "c")])
    account = door(Platform.WHATSAPP)

    answer = account.post(batch)
    again = account.post(in_one_post([batch, said(Platform.WHATSAPP, "d")]))

    assert answer.json == {"accepted": 3, "duplicates": 0}
    assert again.json == {"accepted": 1, "duplicates": 3}
    assert len(rows(database, workspace, EVENTS)) == 4


def test_metas_mixed_batch_is_stored_event_by_event(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    answer = door(Platform.WHATSAPP).post(payload("whatsapp/batch"))

    kinds = [event["kind"] for event in rows(database, workspace, EVENTS)]
    assert answer.json["accepted"] == len(kinds)
    assert {"message", "status"} <= set(kinds)


@pytest.mark.parametrize(
    "name",
    sorted(
        str(p.relative_to(PAYLOADS))[:-5]
        for p in PAYLOADS.glob("[!s]*/*.json")
        if p.stem != "tool_call"  # an action for the MCP server, which is sent there
    ),
)
def test_every_sample_is_acknowledged(door: Callable[..., Door], name: str) -> None:
    account = door(Platform(Path(name).parts[0]))

    assert account.post(payload(name)).status_code == 200


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_known_sender_of_something_unknown_is_acknowledged(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    answer = door(platform).post({"something": "new", "of": ["next", "year"]})

    assert answer.status_code == 200
    assert len(rows(database, workspace, EVENTS)) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_odd_characters_are_replaced_but_the_raw_bytes_are_kept(
    door: Callable[..., Door], database: Database, workspace: int, platform: Platform
) -> None:
    raw = json.dumps(said(platform, "a@@b")).replace("@@", "\\u0000\\ud800").encode()

    answer = door(platform).post(raw)

    (event,) = rows(database, workspace, EVENTS)
    assert answer.status_code == 200
    assert bytes(event["raw"]) == raw
    assert "a\ufffd\ufffdb" in json.dumps(event["payload"], ensure_ascii=False)


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000, b"NaN", b""])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_not_json_is_refused(
    door: Callable[..., Door], platform: Platform, raw: bytes
) -> None:
    assert door(platform).post(raw).status_code == 400


def test_a_body_of_more_than_ten_megabytes_is_refused(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    answer = door(Platform.TELEGRAM).post(b" " * (MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert rows(database, workspace, EVENTS) == []


def test_ids_that_are_too_long_to_keep_are_still_told_apart(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    account = door(Platform.UCHAT)
    for text in ("a", "b"):
        document = said(Platform.UCHAT, text)
        document["message"]["mid"] = "x" * 300 + text

        assert account.post(document).json == {"accepted": 1, "duplicates": 0}


def test_an_event_is_stored_in_its_own_workspace(
    door: Callable[..., Door], database: Database, workspace: int
) -> None:
    other = make_workspace(database)

    door(Platform.TELEGRAM).post(said(Platform.TELEGRAM, "oi"))

    assert len(rows(database, workspace, EVENTS)) == 1
    assert rows(database, other, EVENTS) == []


@pytest.mark.parametrize("vector", VERIFICATIONS, ids=[v["query"] for v in VERIFICATIONS])
def test_metas_verification_vectors_hold_at_the_door(
    door: Callable[..., Door], make_client: Callable[..., FlaskClient], vector: dict[str, Any]
) -> None:
    token = vector["configured_token"]
    client = make_client(webhook_secret=_secret(token))

    answer = client.get(f"/whatsapp?{vector['query']}")

    assert answer.status_code == vector["status"]
    if vector["status"] == 200:
        assert answer.text == parse_qs(vector["query"])["hub.challenge"][0]
        assert answer.mimetype == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def _secret(text: str) -> SecretStr | None:
    return SecretStr(text) if text else None


def test_an_accounts_address_is_verified_by_its_own_secret(door: Callable[..., Door]) -> None:
    account = door(Platform.WHATSAPP, secret="verify me")
    query = {"hub.mode": "subscribe", "hub.challenge": "42"}

    right = account.client.get(account.path, query_string=query | {"hub.verify_token": "verify me"})
    wrong = account.client.get(account.path, query_string=query | {"hub.verify_token": "no"})

    assert (right.status_code, right.text, wrong.status_code) == (200, "42", 403)


def test_without_metas_app_secret_events_are_503_and_named(
    make_client: Callable[..., FlaskClient], database: Database
) -> None:
    client = make_client(whatsapp_app_secret=None)
    before = rows(database, DEFAULT_WORKSPACE, "select count(*) from inbound_events")
    door = Door(client, Platform.WHATSAPP, "/whatsapp", WHATSAPP_SECRET)

    answer = door.post(said(Platform.WHATSAPP, "oi"))

    assert (answer.status_code, answer.json["type"]) == (503, "/problems/setting_missing")
    assert "WHATSAPP_APP_SECRET" in answer.json["detail"]
    assert "Retry-After" in answer.headers
    assert rows(database, DEFAULT_WORKSPACE, "select count(*) from inbound_events") == before


@requirement("whatsapp:verify-token")
def test_without_metas_app_secret_the_address_can_be_verified(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client(whatsapp_app_secret=None)
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": WEBHOOK_SECRET,
        "hub.challenge": "1158201444",
    }

    answer = client.get("/whatsapp", query_string=query)

    assert (answer.status_code, answer.text) == (200, "1158201444")


def test_without_metas_app_secret_an_accounts_own_secret_works(
    make_client: Callable[..., FlaskClient], database: Database, workspace: int
) -> None:
    client = make_client(whatsapp_app_secret=None)
    path = make_channel(database, workspace, Platform.WHATSAPP)

    answer = Door(client, Platform.WHATSAPP, path).post(said(Platform.WHATSAPP, "oi"))

    assert answer.json == {"accepted": 1, "duplicates": 0}


def test_with_the_database_away_the_provider_is_asked_to_try_again(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client(database_url="postgresql+psycopg2://nobody@127.0.0.1:1/nothing")

    answer = Door(client, Platform.TELEGRAM, "/telegram", WEBHOOK_SECRET).post(
        said(Platform.TELEGRAM, "oi")
    )

    assert (answer.status_code, answer.json["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_with_redis_away_events_are_still_taken(
    make_client: Callable[..., FlaskClient], database: Database, workspace: int
) -> None:
    client = make_client(redis_url="redis://127.0.0.1:1/0")
    path = make_channel(database, workspace, Platform.TELEGRAM)

    answer = Door(client, Platform.TELEGRAM, path).post(said(Platform.TELEGRAM, "oi"))

    assert answer.json == {"accepted": 1, "duplicates": 0}
    assert rows(database, workspace, "select state from inbound_events") == [{"state": "pending"}]


def test_a_webhook_is_not_limited_as_a_stranger_is(
    make_client: Callable[..., FlaskClient], database: Database, workspace: int
) -> None:
    client = make_client(rate_limit_max=1)
    path = make_channel(database, workspace, Platform.TELEGRAM)
    door = Door(client, Platform.TELEGRAM, path)

    statuses = {door.post(said(Platform.TELEGRAM, "oi")).status_code for _ in range(5)}

    assert statuses == {200}


def test_new_events_ring_for_the_workers(
    app: Flask, door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Job] = []
    monkeypatch.setattr(app.extensions["talkhub"].database, "ring", rung.append)
    account, document = door(Platform.TELEGRAM), said(Platform.TELEGRAM, "oi")

    account.post(document)
    account.post(document)  # a retry must never be swallowed while the event waits

    assert rung == [Job.DRAIN_INBOX, Job.DRAIN_INBOX]


def test_a_webhook_answers_to_post_only(caller: Caller) -> None:
    answer = caller.client.get("/telegram")

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_an_address_that_cannot_be_stored_is_not_found(client: FlaskClient) -> None:
    assert client.post("/webhooks/telegram/a%00b", data=b"{}").status_code == 404
