"""The official client lists and calls every tool, in each era."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2
import pytest
from callers import Caller
from factories import transcript
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from requirements import requirement
from talkhub.tools.catalogue import registry

MODES = pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
T = TypeVar("T")
CALLS = {
    "create_chat_session": {"user_id": "ana", "platform": "whatsapp"},
    "save_conversation": {
        "session_id": "s",
        "user_id": "ana",
        "messages": transcript("oi", "olá"),
    },
    "get_user_context": {"user_id": "ana"},
    "search_memory": {"user_id": "ana", "query": "olá"},
    "update_user_profile": {"user_id": "ana", "profile_data": {"name": "Ana"}},
    "get_conversation_analytics": {"metrics": ["total_conversations"]},
    "record_event": {"user_id": "ana", "name": "order_paid"},
    "record_score": {"user_id": "ana", "kind": "nps", "score": 9},
    "get_satisfaction": {},
    "get_retention": {},
    "get_funnel": {"steps": ["order_paid"]},
    "list_conversations": {"limit": 5},
    "list_profiles": {},
}
# These need a channel to write on: tests/sending calls them.
SENDING = {"send_message", "get_message"}


def ask(url: str, token: str, mode: str, question: Callable[[Client], Awaitable[T]]) -> T:
    """Return the answer to a question put to a connected client."""

    async def connected() -> T:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await question(client)

    return asyncio.run(connected())


@MODES
def test_every_tool_is_found(mcp_url: str, caller: Caller, mode: str) -> None:
    listed = ask(mcp_url, caller.token, mode, lambda client: client.list_tools())

    assert [tool.name for tool in listed.tools] == list(registry.specs)
    assert all(tool.title and tool.description and tool.annotations for tool in listed.tools)


@MODES
@requirement("mcp:structured-content")
def test_every_tool_answers_as_its_schema_says(mcp_url: str, caller: Caller, mode: str) -> None:
    async def call_all(client: Client) -> dict[str, CallToolResult]:
        return {name: await client.call_tool(name, given) for name, given in CALLS.items()}

    answers = ask(mcp_url, caller.token, mode, call_all)

    assert answers.keys() == registry.specs.keys() - SENDING
    for name, answer in answers.items():
        assert not answer.is_error
        schema = registry.specs[name].listing()["outputSchema"]
        Draft202012Validator(schema).validate(answer.structured_content)
