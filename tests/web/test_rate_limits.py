"""Limits: for each token and, without one, for each address."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import redis as redis_package
from factories import new_address, new_user
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from requirements import requirement
from talkhub import extensions
from talkhub.security import make_api_key
from talkhub.services.access.api_keys import create_api_key
from talkhub.store.uow import Database, workspace_scope
from talkhub.volatile import limits

NOWHERE = "redis://127.0.0.1:1/0"
TEST = "/api/v1/test"
Ask = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def _clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window ends in the middle of a test."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))


def ask(client: FlaskClient, *, token: str = "", at: str = "127.0.0.1") -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get(TEST, headers=headers, environ_overrides={"REMOTE_ADDR": at})


@pytest.mark.parametrize("redis", ["there", "away"])
def test_a_token_may_ask_so_often_and_no_more(
    make_client: Callable[..., FlaskClient],
    sign_token: Callable[..., str],
    workspace: int,
    redis: str,
) -> None:
    changed = {"redis_url": NOWHERE} if redis == "away" else {}
    client = make_client(rate_limit_principal=25, **changed)
    token = sign_token(workspace, subject=new_user())

    answers = [ask(client, token=token) for _ in range(30)]

    assert [answer.status_code for answer in answers] == [200] * 25 + [429] * 5
    assert answers[-1].json["type"] == "/problems/rate_limited"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    told = [(it.headers["RateLimit-Policy"], it.headers["RateLimit"]) for it in answers]
    assert told[0] == ('"token";q=25;w=60', '"token";r=24;t=60')
    assert told[24:] == [('"token";q=25;w=60', '"token";r=0;t=60')] * 6


def test_one_callers_haste_does_not_slow_another(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str], workspace: int
) -> None:
    client = make_client(rate_limit_principal=1)
    ana, bia = (sign_token(workspace, subject=new_user()) for _ in range(2))

    statuses = [ask(client, token=token).status_code for token in (ana, ana, bia)]

    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("redis", ["there", "away"])
@requirement("security:rate-limit")
def test_an_address_without_a_token_may_ask_so_often_and_no_more(
    make_client: Callable[..., FlaskClient], redis: str
) -> None:
    changed = {"redis_url": NOWHERE} if redis == "away" else {}
    client, address = make_client(rate_limit_max=5, **changed), new_address()

    statuses = [ask(client, at=address).status_code for _ in range(7)]

    assert statuses == [401] * 5 + [429] * 2


def test_a_stranger_hears_how_many_requests_their_address_has_left(
    make_client: Callable[..., FlaskClient],
) -> None:
    told = ask(make_client(rate_limit_max=5), at=new_address()).headers

    assert told["RateLimit-Policy"] == '"address";q=5;w=900'
    assert told["RateLimit"] == '"address";r=4;t=900'


def test_all_addresses_of_a_network_are_counted_as_one(
    make_client: Callable[..., FlaskClient],
) -> None:
    client, network = make_client(rate_limit_max=2), new_address().removesuffix("1")

    statuses = [ask(client, at=f"{network}{n}").status_code for n in range(1, 5)]

    assert statuses == [401, 401, 429, 429]


def test_logins_from_all_addresses_of_a_network_are_counted_as_one(client: FlaskClient) -> None:
    network = new_address().removesuffix("1")

    answers = [
        client.post(
            "/api/v1/auth/token", json={}, environ_overrides={"REMOTE_ADDR": f"{network}{n:x}"}
        )
        for n in range(1, 40)
    ]

    assert (answers[0].status_code, answers[-1].status_code) == (422, 429)
    assert answers[-1].headers["Retry-After"] == "60"


def test_the_addresses_of_one_network_are_one_caller(
    make_client: Callable[..., FlaskClient],
) -> None:
    client, address = make_client(rate_limit_max=2), new_address()
    neighbours = [address, address + "2", address + ":ffff"]  # an IPv6 customer has 2^64 of them

    statuses = [ask(client, at=neighbour).status_code for neighbour in neighbours]

    assert statuses == [401, 401, 429]


def test_an_address_that_was_limited_may_still_use_its_token(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str], workspace: int
) -> None:
    client, address = make_client(rate_limit_max=1), new_address()
    refused = [ask(client, at=address).status_code for _ in range(3)]

    answer = ask(client, token=sign_token(workspace, subject=new_user()), at=address)

    assert (refused[-1], answer.status_code) == (429, 200)


def test_made_up_keys_cost_no_query_once_their_address_is_limited(
    make_client: Callable[..., FlaskClient],
) -> None:
    client, address = make_client(rate_limit_max=2), new_address()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "from api_keys" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        statuses = [ask(client, token=make_api_key(), at=address).status_code for _ in range(6)]
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert statuses == [401, 401, 429, 429, 429, 429]
    assert len(asked) == 3  # the third is the one that finds the limit reached


def test_a_key_that_is_known_is_taken_from_an_address_that_was_limited(
    make_client: Callable[..., FlaskClient], database: Database, workspace: int
) -> None:
    client, address = make_client(rate_limit_max=1), new_address()
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        key = create_api_key(uow, name="n8n", scopes=["mcp:read"], lifetime=None).text
    first = ask(client, token=key, at=address).status_code
    refused = [ask(client, token=make_api_key(), at=address).status_code for _ in range(3)]

    answer = ask(client, token=key, at=address)

    assert (first, refused[-1], answer.status_code) == (200, 429, 200)


def test_a_forwarded_address_is_believed_only_behind_a_proxy(
    make_client: Callable[..., FlaskClient],
) -> None:
    proxied, direct = (
        make_client(rate_limit_max=1, trusted_proxies=1),
        make_client(rate_limit_max=1),
    )
    address = new_address()

    def statuses(client: FlaskClient) -> list[int]:
        return [
            client.get(
                TEST,
                headers={"X-Forwarded-For": new_address()},
                environ_overrides={"REMOTE_ADDR": address},
            ).status_code
            for _ in range(3)
        ]

    assert statuses(proxied) == [401, 401, 401]
    assert statuses(direct) == [401, 429, 429]


def test_two_processes_count_together(
    make_client: Callable[..., FlaskClient], sign_token: Callable[..., str], workspace: int
) -> None:
    clients = [make_client(rate_limit_principal=40) for _ in range(2)]
    token = sign_token(workspace, subject=new_user())

    statuses = [ask(clients[turn % 2], token=token).status_code for turn in range(60)]

    assert statuses.count(200) == 40


def test_requests_that_lose_redis_together_are_counted_in_memory(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = extensions.limiter
    monkeypatch.setattr(limiter, "_storage_dead", False)

    def lose_it_just_after_another(*_: object, **__: object) -> None:
        limiter._storage_dead = True
        raise redis_package.ConnectionError

    monkeypatch.setattr(limiter.storage, "check", lambda: False)
    monkeypatch.setattr(limiter.storage, "acquire_entry", lose_it_just_after_another)

    at = {"REMOTE_ADDR": new_address()}
    statuses = {
        client.post("/api/v1/auth/token", json={}, environ_overrides=at).status_code
        for _ in range(25)
    }

    assert statuses == {422, 429}
