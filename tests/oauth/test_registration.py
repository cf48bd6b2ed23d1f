"""Applications that make themselves known: what is taken, and how it is forgotten again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from applications import Application
from factories import new_address
from flask.testing import FlaskClient

from requirements import requirement
from talkhub.jobs.forgetting import forget_the_old
from talkhub.store.uow import Database, system_scope

Register = Callable[..., dict[str, Any]]


@requirement("oauth:registration")
def test_a_public_application_gets_an_id_and_no_secret(register: Register) -> None:
    told = register(scope="mcp:read", software_id="x", unknown_member={"a": 1})

    told.pop("client_id_issued_at")
    assert told.pop("client_id").startswith("client_")
    assert told == {
        "client_name": "Agenda",
        "redirect_uris": ["https://app.example/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }


def test_an_application_that_can_keep_a_secret_is_told_it_once(
    register: Register, database: Database
) -> None:
    told = register(token_endpoint_auth_method="client_secret_post")

    with database.read_only(system_scope("tests")) as uow:
        kept = uow.run(
            "select secret_hash from oauth_clients where client_id = %(id)s",
            {"id": told["client_id"]},
        ).scalar_one()
    assert len(told["client_secret"]) >= 32
    assert told["client_secret_expires_at"] == 0
    assert told["client_secret"].encode() not in bytes(kept)


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "http://localhost/callback",
        "http://127.0.0.1:8787/callback",
        "http://[::1]:8787/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "com.example.app:/oauth",
    ],
)
def test_an_address_to_return_to_is_taken(register: Register, uri: str) -> None:
    assert register(redirect_uris=[uri])["redirect_uris"] == [uri]


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/callback",
        "http://localhost.evil.example/",
        "https:///callback",
        "https://ana@app.example/",
        "https://app.example/#part",
        "https://*.example/",
        "https://app.example;script-src/",
        "https://app.example/ callback",
        "https://app.example:port/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "app.example/callback",
        "https://áçúcar.example/",
        "https://app.example/" + "a" * 1000,
        "",
        7,
    ],
)
def test_an_address_to_return_to_is_refused(register: Register, uri: Any) -> None:
    told = register(400, redirect_uris=["https://app.example/", uri])

    assert told["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://app.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/"] * 11}, "invalid_redirect_uri"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"client_name": "x" * 201}, "invalid_client_metadata"),
        ({"client_name": 7}, "invalid_client_metadata"),
    ],
)
def test_metadata_that_we_cannot_serve_is_refused(
    register: Register, metadata: dict[str, Any], error: str
) -> None:
    assert register(400, **metadata)["error"] == error


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"client_name": "\\u0000"}'])
def test_a_body_that_is_no_document_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = client.post(
        "/oauth/register", data=body, environ_overrides={"REMOTE_ADDR": new_address()}
    )

    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    assert answer.json["error"] == "invalid_client_metadata"


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    body = json.dumps({"client_name": "x" * 20_000})

    answer = client.post(
        "/oauth/register", data=body, environ_overrides={"REMOTE_ADDR": new_address()}
    )

    assert answer.status_code == 413


def test_who_registers_without_end_is_told_to_wait(client: FlaskClient) -> None:
    place = {"REMOTE_ADDR": new_address()}

    answers = [
        client.post("/oauth/register", json={}, environ_overrides=place).status_code
        for _ in range(21)
    ]

    assert answers == [400] * 20 + [429]


def test_an_application_that_nobody_let_in_is_forgotten_after_a_day(
    register: Register, agenda: Application, database: Database
) -> None:
    unused = register()["client_id"]
    new = register()["client_id"]
    agenda.connect()
    with database.unit_of_work(system_scope("tests")) as uow:
        uow.run(
            "update oauth_clients set created_at = now() - interval '25 hours'"
            " where client_id = any(%(ids)s)",
            {"ids": [unused, agenda.client_id]},
        )

    forget_the_old(database)

    with database.read_only(system_scope("tests")) as uow:
        kept = set(uow.run("select client_id from oauth_clients").scalars())
    assert unused not in kept
    assert {new, agenda.client_id} <= kept
