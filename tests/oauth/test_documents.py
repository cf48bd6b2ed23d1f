"""Applications whose client id is the address of a document: read once an hour, and guarded."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from applications import REDIRECT, Application
from flask import Flask
from html_pages import Html
from https_host import Behaviour, Host, answering

from requirements import requirement
from talkhub.app import create_app
from talkhub.outbound.guarded import CallRefused
from talkhub.services.access import oauth_clients
from talkhub.settings import Settings
from talkhub.store.uow import Database, system_scope

Describe = Callable[..., Behaviour]


@pytest.fixture
def asking(
    host: Callable[..., Host], settings: Settings, make_person: Callable[..., Any]
) -> Iterator[Callable[..., tuple[Application, Host]]]:
    """Have an application ask whose document a host of the test's answers with."""
    apps: list[Flask] = []

    def make(answer: Callable[[str], Behaviour]) -> tuple[Application, Host]:
        ids: list[str] = []
        there = host(lambda connection: _say(answer(ids[0]), connection))
        ids.append(there.url("/clients/agenda.json"))
        apps.append(create_app(settings, outbound=there.client()))
        return Application(make_person(at=apps[-1]).browser, ids[0]), there

    yield make
    for app in apps:
        app.extensions["talkhub"].close()
        app.extensions["talkhub"].redis.close()


def _say(behave: Behaviour, connection: socket.socket) -> None:
    behave(connection)


def described(client_id: str, **changed: Any) -> Behaviour:
    document = {
        "client_id": client_id,
        "client_name": "Agenda",
        "redirect_uris": [REDIRECT],
        **changed,
    }
    return answering(json.dumps(document).encode())


@requirement("oauth:client-documents")
def test_a_described_application_connects_without_registering(
    asking: Callable[..., tuple[Application, Host]],
) -> None:
    agenda, there = asking(described)

    page = Html(agenda.look().text)
    tokens = agenda.connect()

    assert agenda.client_id in page.one("main").text
    assert set(tokens) >= {"access_token", "refresh_token"}
    assert len(there.requests) == 1


def test_a_document_is_read_again_after_an_hour(
    asking: Callable[..., tuple[Application, Host]], database: Database
) -> None:
    agenda, there = asking(described)
    agenda.look()
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(
            "update oauth_clients set read_at = now() - interval '61 minutes'"
            " where client_id = %(id)s",
            {"id": agenda.client_id},
        )

    agenda.look()

    assert len(there.requests) == 2


def test_who_is_not_signed_in_has_nothing_called(
    asking: Callable[..., tuple[Application, Host]],
) -> None:
    agenda, there = asking(described)

    by_token_endpoint = agenda.exchange("made-up")
    agenda.browser.delete_cookie("talkhub")
    by_consent_page = agenda.look()

    assert by_token_endpoint.json["error"] == "invalid_client"
    assert by_consent_page.location.startswith("/dashboard/login")
    assert there.requests == []


BAD: dict[str, Callable[[str], Behaviour]] = {
    "of another id": lambda _: described("https://other.example/x"),
    "with a secret": lambda i: described(i, token_endpoint_auth_method="client_secret_post"),
    "without a name": lambda i: described(i, client_name=""),
    "without an address": lambda i: described(i, redirect_uris=[]),
    "with a foreign address": lambda i: described(i, redirect_uris=["http://evil.example/"]),
    "of no object": lambda _: answering(b"[]"),
    "of no json": lambda _: answering(b"<html>"),
    "of odd characters": lambda i: described(i, client_name="\ud800"),
    "that is missing": lambda _: answering(b"{}", status="404 Not Found"),
    "that moved": lambda _: answering(b"", status="302 Found", headers=("Location: /other",)),
    "without end": lambda _: answering(b" " * 20_000),
    "cut off": lambda _: lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n"),
    "of nothing": lambda _: lambda connection: connection.shutdown(socket.SHUT_RDWR),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_document_is_not_believed(
    asking: Callable[..., tuple[Application, Host]], database: Database, kind: str
) -> None:
    agenda, _ = asking(BAD[kind])

    answer = agenda.look()

    assert answer.status_code == 400
    assert "não se apresentou" in Html(answer.text).one(role="alert").text
    assert oauth_clients.find_client(database, agenda.client_id) is None


@requirement("oauth:client-documents")
def test_a_name_that_leads_inside_is_not_called(
    asking: Callable[..., tuple[Application, Host]], settings: Settings, make_person: Any
) -> None:
    _, there = asking(described)
    app = create_app(settings, outbound=there.client(may_reach=lambda _address: False))
    agenda = Application(make_person(at=app).browser, there.url("/inside.json"))

    answer = agenda.look()

    app.extensions["talkhub"].close()
    app.extensions["talkhub"].redis.close()
    assert answer.status_code == 400
    assert there.requests == []


@pytest.mark.parametrize(
    "client_id",
    [
        "https://client.example",
        "https://client.example/",
        "http://client.example/x",
        "https://ana@client.example/x",
        "https://client.example/x#part",
        "https://client.example/a/../x",
        "https://client.example/ x",
    ],
)
def test_an_address_that_cannot_be_a_client_id_is_not_called(
    agenda: Application, client_id: str
) -> None:
    answer = agenda.look(client_id=client_id)

    assert not oauth_clients.is_document_url(client_id)
    assert "não é conhecido" in Html(answer.text).one(role="alert").text


def test_the_guard_of_production_refuses_the_loopback(app: Flask) -> None:
    outbound = app.extensions["talkhub"].outbound

    with pytest.raises(CallRefused):
        outbound.send("GET", "https://localhost/x", seconds=1, max_bytes=10)
