"""The protocol over standard input and output, with the command that people configure."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine import MadeUp, Someone
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from servers import ROOT

from talkhub.errors import Unauthenticated
from talkhub.mcp.stdio import serve
from talkhub.names import Scope
from talkhub.settings import Settings, environment_of_child

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


def answers(settings: Settings, token: str, *lines: object) -> list[dict[str, Any]]:
    """Return what the command answers; whatever else it writes goes to standard error."""
    done = subprocess.run(
        COMMAND,
        input="".join(json.dumps(line) + "\n" for line in lines),
        env=environment(settings, token),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "create_chat_session", "arguments": {"user_id": "operators-guest"}},
}


def test_without_a_token_the_operator_calls(settings: Settings) -> None:
    (answer,) = answers(settings, "", CALL)

    assert answer["result"]["structuredContent"]["user_id"] == "operators-guest"


def test_a_token_that_is_not_valid_or_not_enough_is_refused(
    settings: Settings, sign_token: Callable[..., str], workspace: int
) -> None:
    reader = sign_token(workspace, Scope.MCP_READ)

    for token, code in (("nonsense", "unauthenticated"), (reader, "forbidden")):
        (answer,) = answers(settings, token, CALL)
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
