"""Subscriptions to sessions: fed by what is saved and analysed, apart, bounded, ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from callers import Caller
from flask.testing import FlaskClient
from rpc import MODERN, Rpc, modern_params
from talked import Talked
from werkzeug.test import TestResponse

from talkhub.blueprints.streams import MAX_STREAMS_OF_ONE, closing
from talkhub.mcp.content.addresses import SESSION, TRANSCRIPT, address
from talkhub.names import Scope

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
UPDATED = "notifications/resources/updated"
NOWHERE = "redis://127.0.0.1:1/0"


class Stream:
    """A stream as its client reads it: message by message, over comments."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self._chunks: Iterator[bytes] = iter(response.response)

    def read(self) -> dict[str, Any]:
        for chunk in self._chunks:
            for line in chunk.decode().splitlines():
                if line.startswith("data: "):
                    return json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream is over")


@pytest.fixture
def listen() -> Iterator[Callable[..., Stream]]:
    """Open a stream of changes; it is closed after the test."""
    opened: list[Stream] = []

    def open_stream(rpc: Rpc, *uris: str) -> Stream:
        method = "subscriptions/listen"
        params = modern_params({"notifications": {"resourceSubscriptions": list(uris)}})
        response = rpc.client.post(
            rpc.path,
            json={"jsonrpc": "2.0", "id": "changes", "method": method, "params": params},
            headers={
                "Authorization": f"Bearer {rpc.token}",
                "MCP-Protocol-Version": MODERN,
                "Mcp-Method": method,
            },
        )
        opened.append(Stream(response))
        return opened[-1]

    yield open_stream
    for stream in opened:
        with suppress(ValueError):  # its generator was never begun, or is over
            stream.response.close()


@pytest.fixture
def talk_unheard(
    make_client: Callable[..., FlaskClient], caller: Caller, talk: Callable[..., Talked]
) -> Callable[..., Talked]:
    """Have someone talk in Ana's workspace while no hint can be sent."""
    lonely = make_client(redis_url=NOWHERE)
    return lambda *texts: talk(Caller(lonely, caller.workspace_id, caller.token), *texts)


def session_of(talked: Talked) -> str:
    return address(SESSION, session_id=talked.session_id)


def transcript_of(talked: Talked) -> str:
    return address(TRANSCRIPT, conversation_id=talked.conversation_id)


def save_more(caller: Caller, talked: Talked) -> None:
    messages = [{"role": "user", "content": text} for text in ("Oi", "Alguém aí?")]
    body = {"session_id": talked.session_id, "user_id": talked.user_id, "messages": messages}
    assert caller.tool("save_conversation", body).status_code == 200


def test_saving_into_a_session_is_heard_by_who_subscribed_to_it_or_its_transcripts(
    listen: Callable[..., Stream], rpc: Rpc, caller: Caller, talk_unheard: Callable[..., Talked]
) -> None:
    talked = talk_unheard("Oi")
    uris = [session_of(talked), transcript_of(talked)]
    stream = listen(rpc, *uris)

    first = stream.read()
    save_more(caller, talked)
    heard = [stream.read(), stream.read()]

    assert first["method"] == ACKNOWLEDGED
    assert first["params"]["notifications"] == {"resourceSubscriptions": uris}
    assert [each["method"] for each in heard] == [UPDATED, UPDATED]
    assert [each["params"]["uri"] for each in heard] == uris
    for message in (first, *heard):
        meta = message["params"]["_meta"]
        assert meta == {"io.modelcontextprotocol/subscriptionId": "changes"}


def test_an_analysis_is_heard_of(
    listen: Callable[..., Stream],
    rpc: Rpc,
    talk_unheard: Callable[..., Talked],
    drain: Callable[[], None],
) -> None:
    talked = talk_unheard("Adorei!")
    stream = listen(rpc, session_of(talked))
    stream.read()

    drain()

    assert stream.read()["params"]["uri"] == session_of(talked)
    assert "- sentiment: " in _text(rpc, transcript_of(talked))


def test_another_sessions_changes_are_not_heard(
    listen: Callable[..., Stream], rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    talked, other = talk(caller, "Oi"), talk(caller, "Olá", user_id="bia")
    stream = listen(rpc, session_of(talked))
    stream.read()

    save_more(caller, other)
    save_more(caller, talked)

    assert stream.read()["params"]["uri"] == session_of(talked)


def test_what_belongs_to_another_workspace_cannot_be_subscribed_to(
    listen: Callable[..., Stream],
    caller: Caller,
    talk: Callable[..., Talked],
    stranger: int,
    sign_token: Callable[..., str],
) -> None:
    talked = talk(caller, "Oi")
    caio = Rpc(caller.client, sign_token(stranger))

    stream = listen(caio, session_of(talked), transcript_of(talked), "talkhub://health")

    assert stream.read()["params"]["notifications"] == {}
    assert stream.read()["result"]["resultType"] == "complete"


def test_subscribing_needs_the_scope_of_reading(
    listen: Callable[..., Stream],
    rpc_of: Callable[..., Rpc],
    caller: Caller,
    talk: Callable[..., Talked],
) -> None:
    refused = listen(rpc_of(Scope.MCP_WRITE), session_of(talk(caller, "Oi")))

    assert refused.response.status_code == 403


def test_beyond_the_seats_streams_are_refused_and_plain_requests_are_answered(
    listen: Callable[..., Stream],
    caller: Caller,
    talk: Callable[..., Talked],
    sign_token: Callable[..., str],
) -> None:
    uri = session_of(talk(caller, "Oi"))
    ana, bia, caio = (
        Rpc(caller.client, sign_token(caller.workspace_id, subject=who))
        for who in ("ana", "bia", "caio")
    )
    streams = [listen(rpc, uri) for rpc in (ana, bia) for _ in range(MAX_STREAMS_OF_ONE)]
    for stream in streams:
        stream.read()

    refused = listen(caio, uri)
    plain = caio.result("tools/list")
    streams[0].response.close()
    seated = listen(caio, uri)

    assert refused.response.status_code == 503
    assert refused.response.headers["Retry-After"]
    assert len(plain["tools"]) > 0
    assert seated.read()["method"] == ACKNOWLEDGED


def test_one_caller_leaves_half_of_the_seats_to_others(
    listen: Callable[..., Stream],
    caller: Caller,
    talk: Callable[..., Talked],
    sign_token: Callable[..., str],
) -> None:
    uri = session_of(talk(caller, "Oi"))
    ana, bia = (
        Rpc(caller.client, sign_token(caller.workspace_id, subject=who)) for who in ("ana", "bia")
    )
    streams = [listen(ana, uri) for _ in range(MAX_STREAMS_OF_ONE)]
    for stream in streams:
        stream.read()

    refused = listen(ana, uri)
    seated = listen(bia, uri)
    streams[0].response.close()
    again = listen(ana, uri)

    assert refused.response.status_code == 503
    assert seated.read()["method"] == ACKNOWLEDGED
    assert again.read()["method"] == ACKNOWLEDGED


def test_a_process_that_ends_ends_its_streams_in_good_order(
    listen: Callable[..., Stream], rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    stream = listen(rpc, session_of(talk(caller, "Oi")))
    stream.read()

    closing.set()
    try:
        last = stream.read()
    finally:
        closing.clear()

    assert last["id"] == "changes"
    assert last["result"]["resultType"] == "complete"


def test_a_revoked_key_hears_no_more(
    listen: Callable[..., Stream], caller: Caller, talk_unheard: Callable[..., Talked]
) -> None:
    key = caller.post("/api/v1/api-keys", {"name": "ears", "scopes": ["mcp:read"]}).json
    stream = listen(Rpc(caller.client, key["key"]), session_of(talk_unheard("Oi")))
    assert stream.read()["method"] == ACKNOWLEDGED

    auth = {"Authorization": f"Bearer {caller.token}"}
    caller.client.delete(f"/api/v1/api-keys/{key['id']}", headers=auth)

    assert stream.read()["result"]["resultType"] == "complete"


def test_without_redis_listening_is_refused_and_saving_goes_on(
    listen: Callable[..., Stream],
    make_client: Callable[..., FlaskClient],
    caller: Caller,
    talk: Callable[..., Talked],
) -> None:
    lonely = Caller(make_client(redis_url=NOWHERE), caller.workspace_id, caller.token)
    talked = talk(lonely, "Oi")

    refused = listen(Rpc(lonely.client, lonely.token), session_of(talked))

    assert refused.response.status_code == 503
    save_more(lonely, talked)


def _text(rpc: Rpc, uri: str) -> str:
    return rpc.result("resources/read", {"uri": uri})["contents"][0]["text"]
