"""Registering webhooks with providers: a stub of theirs that answers, refuses or misbehaves."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from factories import KEYRING, rows
from flask.testing import FlaskClient
from https_host import Behaviour, Host, answering
from providers import Door, said

from talkhub.errors import Conflict, Invalid, NotFound, ProviderRefused
from talkhub.names import Platform
from talkhub.outbound.providers import UPDATES, Providers, WebhookState
from talkhub.services.sending.channel_setup import (
    ChannelDesk,
    add_channel,
    end_rotation,
    list_channels,
    remove_channel,
    rotate_channel,
)
from talkhub.store.uow import Database, workspace_scope

TOKEN = "700000001:AAbot-token-of-the-tests"
BASE = "https://talk.example"
BOT = {"ok": True, "result": {"id": 700000001, "is_bot": True, "username": "talkhub_bot"}}

Desk = Callable[..., tuple[ChannelDesk, Host]]


@pytest.fixture
def desk(host: Callable[[Behaviour], Host], database: Database, workspace: int) -> Desk:
    """A desk whose providers are a host of the test; it answers by the end of the path."""

    def make(behave: Behaviour | None = None, **answers: object) -> tuple[ChannelDesk, Host]:
        hosts: list[Host] = []

        def answer(connection: socket.socket) -> None:
            path = hosts[0].requests[-1].split()[1]
            answering(json.dumps(answers[path.rpartition("/")[2]]).encode())(connection)

        hosts.append(host(behave or answer))
        base = hosts[0].url("", name="client.example")
        providers = Providers(hosts[0].client(), telegram=base, graph=base)
        scope = workspace_scope(workspace, "ana")
        return ChannelDesk(database, providers, scope, KEYRING), hosts[0]

    return make


def sent(request: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(request.partition("\r\n\r\n")[2])
    return document


def test_a_connected_bot_is_told_our_address_and_its_events_are_taken(
    desk: Desk, client: FlaskClient
) -> None:
    at_desk, telegram = desk(getMe=BOT, setWebhook={"ok": True, "result": True})

    added = at_desk.connect_telegram(TOKEN, base=BASE)

    assert sent(telegram.requests[1]) == {
        "url": BASE + added.path,
        "secret_token": added.secret,
        "allowed_updates": list(UPDATES),
    }
    door = Door(client, Platform.TELEGRAM, added.path, added.secret)
    assert door.post(said(Platform.TELEGRAM, "oi")).json == {"accepted": 1, "duplicates": 0}


def test_connecting_the_same_bot_again_keeps_its_address_and_both_secrets(
    desk: Desk, client: FlaskClient
) -> None:
    at_desk, _ = desk(getMe=BOT, setWebhook={"ok": True, "result": True})

    first, second = (at_desk.connect_telegram(TOKEN, base=BASE) for _ in range(2))

    doors = [Door(client, Platform.TELEGRAM, a.path, a.secret) for a in (first, second)]
    assert first.path == second.path
    assert [door.post(said(Platform.TELEGRAM, "oi")).status_code for door in doors] == [200, 200]


def test_a_connected_whatsapp_account_is_verified_and_signed(
    desk: Desk, client: FlaskClient
) -> None:
    at_desk, meta = desk(subscribed_apps={"success": True})

    added = at_desk.connect_whatsapp(
        name="Loja", business_id="102290", app_secret="of the app", token="EAA", base=BASE
    )

    wanted = sent(meta.requests[0])
    assert "Authorization: Bearer EAA" in meta.requests[0]
    assert wanted["override_callback_uri"] == BASE + added.path
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": "42",
        "hub.verify_token": str(wanted["verify_token"]),
    }
    assert client.get(added.path, query_string=query).text == "42"
    door = Door(client, Platform.WHATSAPP, added.path, "of the app")
    assert door.post(said(Platform.WHATSAPP, "oi")).status_code == 200


def test_a_check_tells_what_the_provider_knows(desk: Desk) -> None:
    info = {"url": f"{BASE}/x", "pending_update_count": 3, "last_error_message": "502"}
    at_desk, _ = desk(
        getMe=BOT,
        setWebhook={"ok": True, "result": True},
        getWebhookInfo={"ok": True, "result": info},
    )
    added = at_desk.connect_telegram(TOKEN, base=BASE)

    assert at_desk.check(added.id) == WebhookState(f"{BASE}/x", 3, "502")


def dribble(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


@pytest.mark.parametrize(
    "behave",
    [
        answering(b'{"ok": false, "description": "Unauthorized"}', status="401 Unauthorized"),
        answering(b"[]"),
        answering(b"<html>"),
        answering(b'{"ok": true, "result": "' + b"x" * 300_000 + b'"}'),
        dribble,
        lambda _connection: None,
    ],
    ids=["refuses", "a list", "no JSON", "too much", "half an answer", "hangs up"],
)
def test_a_provider_that_behaves_badly_adds_no_account_and_leaks_no_token(
    desk: Desk, behave: Behaviour
) -> None:
    at_desk, _ = desk(behave)

    with pytest.raises(ProviderRefused) as refused:
        at_desk.connect_telegram(TOKEN, base=BASE)

    with at_desk.database.read_only(at_desk.scope) as uow:
        assert list_channels(uow) == ()
    assert TOKEN not in str(refused.value)


def test_an_account_is_listed_with_its_address_and_last_event(
    database: Database, workspace: int, client: FlaskClient
) -> None:
    scope = workspace_scope(workspace, "ana")
    with database.unit_of_work(scope) as uow:
        added = add_channel(uow, kind="uchat", name="Fluxo", keyring=KEYRING)
    Door(client, Platform.UCHAT, added.path, added.secret).post(said(Platform.UCHAT, "oi"))

    with database.read_only(scope) as uow:
        (channel,) = list_channels(uow)

    assert (channel.name, channel.kind, channel.path, channel.state) == (
        "Fluxo",
        "uchat",
        added.path,
        "active",
    )
    assert channel.last_event_at is not None
    assert not channel.can_be_registered


def test_two_secrets_count_during_a_rotation_and_one_after_it(
    database: Database, workspace: int, client: FlaskClient
) -> None:
    scope = workspace_scope(workspace, "ana")
    with database.unit_of_work(scope) as uow:
        added = add_channel(uow, kind="telegram", name="bot", keyring=KEYRING)
        new = rotate_channel(uow, added.id, keyring=KEYRING)
        other = add_channel(uow, kind="telegram", name="bot 2", keyring=KEYRING)
        newest = rotate_channel(uow, other.id, keyring=KEYRING)
        end_rotation(uow, other.id, keyring=KEYRING)

    def status(path: str, secret: str) -> int:
        door = Door(client, Platform.TELEGRAM, path, secret)
        return door.post(said(Platform.TELEGRAM, "oi")).status_code

    assert [status(added.path, secret) for secret in (added.secret, new)] == [200, 200]
    assert [status(other.path, secret) for secret in (other.secret, newest)] == [401, 200]


def test_a_removed_account_is_closed_and_what_opened_it_forgotten(
    database: Database, workspace: int, client: FlaskClient
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        added = add_channel(uow, kind="telegram", name="bot", keyring=KEYRING)
        remove_channel(uow, added.id)

    door = Door(client, Platform.TELEGRAM, added.path, added.secret)
    assert door.post(said(Platform.TELEGRAM, "oi")).status_code == 404
    (kept,) = rows(database, workspace, "select secrets_encrypted from channels")
    assert bytes(kept["secrets_encrypted"]) == b""


def test_an_account_without_a_secret_is_proved_by_its_address(
    database: Database, workspace: int, client: FlaskClient
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        added = add_channel(uow, kind="uchat", name="Fluxo", keyring=KEYRING, secret="")

    document = said(Platform.UCHAT, "oi")

    assert client.post(added.path, json=document).json == {"accepted": 1, "duplicates": 0}
    assert client.post("/uchat", json=document).status_code == 401


def test_who_can_prove_itself_has_to_and_the_unknown_is_not_found(
    desk: Desk, database: Database, workspace: int
) -> None:
    at_desk, _ = desk(getMe=BOT)
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        for kind, secret in (("telegram", ""), ("whatsapp", None), ("fax", "x")):
            with pytest.raises(Invalid):
                add_channel(uow, kind=kind, name="a", keyring=KEYRING, secret=secret)
        with pytest.raises(NotFound):
            remove_channel(uow, 2**40)
        added = add_channel(uow, kind="uchat", name="Fluxo", keyring=KEYRING)
    with pytest.raises(Conflict):
        at_desk.check(added.id)
