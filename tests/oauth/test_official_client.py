"""The official SDK's client gets in from nothing: it registers, asks a person, and calls a tool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from flask import Flask
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from werkzeug.serving import make_server

REDIRECT = "http://127.0.0.1:45454/callback"


class Storage:
    """What the client remembers between its steps."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


@pytest.fixture
def server_url(app: Flask) -> Iterator[str]:
    """The application on a loopback port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def consent(page_url: str, cookie: str) -> AuthorizationCodeResult:
    """Do what a person does in their browser: open the page and press the first button."""
    with httpx2.Client(headers={"Cookie": f"talkhub={cookie}"}) as browser:
        page = browser.get(page_url)
        assert page.status_code == 200, page.text[:500]
        answer = browser.post(page_url, data={"decision": "allow"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(REDIRECT)
    told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    return AuthorizationCodeResult(code=told["code"], state=told["state"], iss=told["iss"])


@dataclass
class Visit:
    """What two calls of a tool were answered, and what the client held after each."""

    answers: list[Any] = field(default_factory=list)
    tokens: list[Any] = field(default_factory=list)
    times_asked: int = 0


def call_twice(server_url: str, cookie: str) -> Visit:
    """Call a tool as the SDK's user would, and again when the access token is over."""
    storage, visit = Storage(), Visit()
    opened: list[str] = []

    async def open_browser(url: str) -> None:
        opened.append(url)

    async def wait_for_code() -> AuthorizationCodeResult:
        return await asyncio.to_thread(consent, opened[-1], cookie)

    async def run() -> None:
        provider = OAuthClientProvider(
            f"{server_url}/mcp",
            OAuthClientMetadata(
                client_name="SDK",
                redirect_uris=[REDIRECT],
                grant_types=["authorization_code", "refresh_token"],
                response_types=["code"],
                token_endpoint_auth_method="none",
            ),
            storage,
            open_browser,
            wait_for_code,
        )
        async with httpx2.AsyncClient(auth=provider) as http:
            transport = streamable_http_client(f"{server_url}/mcp", http_client=http)
            async with Client(transport) as client:
                for _ in range(2):
                    arguments = {"user_id": "user_1"}
                    visit.answers.append(await client.call_tool("create_chat_session", arguments))
                    visit.tokens.append(storage.tokens)
                    provider.context.token_expiry_time = 1.0

    asyncio.run(run())
    visit.times_asked = len(opened)
    return visit


def test_the_official_client_gets_in_from_nothing_calls_a_tool_and_refreshes(
    server_url: str, ana: Any
) -> None:
    visit = call_twice(server_url, ana.browser.get_cookie("talkhub").value)

    first, second = visit.tokens
    assert [answer.is_error for answer in visit.answers] == [False, False]
    assert first.scope == "analytics:read mcp:read mcp:write messages:send profile:write"
    assert first.refresh_token != second.refresh_token
    assert visit.times_asked == 1
