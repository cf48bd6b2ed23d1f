"""The protocol over standard input and output, with the command that people configure."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine import MadeUp, Someone
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from pydantic import SecretStr
from servers import ROOT

from talkhub.errors import Unauthenticated
from talkhub.mcp.content.local import serve_locally
from talkhub.mcp.stdio import serve
from talkhub.names import Scope
from talkhub.settings import Settings, environment_of_child
from talkhub.store.uow import Database

COMMAND = [sys.executable, "-m", "talkhub.cli", "mcp"]


def environment(settings: Settings, token: str) -> dict[str, str]:
    own = {"TALKHUB_TOKEN": token, "TALKHUB_ENV": "test"}
    return {**environment_of_child(settings), **own}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_starts_the_command_and_calls(
    settings: Settings, sign_token: Callable[..., str], workspace: int, mode: str
) -> None:
    token = sign_token(workspace)
    parameters = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env=environment(settings, token), cwd=ROOT
    )

    async def connected() -> Any:
        async with Client(stdio_client(parameters, errlog=nowhere), mode=mode) as client:
            return await calls(client)

    async def calls(client: Client) -> Any:
        await client.call_tool("create_chat_session", {"user_id": "ana"})
        return await client.call_tool("get_user_context", {"user_id": "ana"})

    with Path(os.devnull).open("w") as nowhere:
        answer = asyncio.run(connected())

    assert answer.structured_content["found"] is True


@pytest.fixture
def answers(
    settings: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., list[dict[str, Any]]]:
    """Serve somebody's lines, and return the answers: all that standard output got."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the command makes its own

    def serve_lines(token: str | None, *lines: object) -> list[dict[str, Any]]:
        asked = "".join(json.dumps(line) + "\n" for line in lines).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(asked)))
        known = SecretStr(token) if token is not None else None
        serve_locally(settings.model_copy(update={"token": known}), database)
        return [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]

    return serve_lines


CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "create_chat_session", "arguments": {"user_id": "operators-guest"}},
}


def test_without_a_token_the_operator_calls(answers: Callable[..., list[dict[str, Any]]]) -> None:
    (answer,) = answers(None, CALL)

    assert answer["result"]["structuredContent"]["user_id"] == "operators-guest"


def test_a_token_that_is_not_valid_or_not_enough_is_refused(
    answers: Callable[..., list[dict[str, Any]]],
    sign_token: Callable[..., str],
    workspace: int,
) -> None:
    reader = sign_token(workspace, Scope.MCP_READ)

    for token, code in (("nonsense", "unauthenticated"), (reader, "forbidden")):
        (answer,) = answers(token, CALL)
        assert (answer["id"], answer["error"]["data"]["code"]) == (1, code)


def refuse() -> Someone:
    raise Unauthenticated("Who are you?")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", {"id": None, "error": -32700}),
        (b'{"a":1,"a":2}', {"id": None, "error": -32600}),
        (b"[]", {"id": None, "error": -32600}),
        (b'{"jsonrpc":"2.0","id":3,"method":"ping"}', {"id": 3, "error": None}),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', None),
        (b"\n", None),
    ],
)
def test_each_line_is_answered_by_one(line: bytes, expected: dict[str, Any] | None) -> None:
    written = io.BytesIO()

    serve(MadeUp([]).server, Someone, [line], written.write)

    told = [json.loads(each) for each in written.getvalue().splitlines()]
    seen = [{"id": each["id"], "error": each.get("error", {}).get("code")} for each in told]
    assert seen == ([expected] if expected else [])


def test_who_calls_is_asked_for_every_message() -> None:
    written = io.BytesIO()
    ping = b'{"jsonrpc":"2.0","id":3,"method":"ping"}'

    serve(MadeUp([]).server, refuse, [ping], written.write)

    assert json.loads(written.getvalue())["error"]["data"] == {"code": "unauthenticated"}
