"""The official Python client and FastMCP's, each on a whole visit.

`python -m tests.conformance.foreign_clients NAME URL` runs in the environment that has them,
reads the token from stdin, and writes the outcome as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import fastmcp
import httpx2
import mcp
from mcp.client.streamable_http import streamable_http_client

from tests.conformance.visit import Client, visit


class _Official:
    def __init__(self, client: mcp.Client) -> None:
        self._client = client

    async def tools(self) -> list[str]:
        return [tool.name for tool in (await self._client.list_tools()).tools]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments)
        if result.is_error:
            raise RuntimeError(str(result.content))
        content: dict[str, Any] = result.structured_content
        return content

    async def resources(self) -> list[str]:
        listed = (await self._client.list_resources()).resources
        return [str(resource.uri) for resource in listed]

    async def templates(self) -> list[str]:
        listed = await self._client.list_resource_templates()
        return [template.uri_template for template in listed.resource_templates]

    async def read(self, uri: str) -> object:
        return (await self._client.read_resource(uri)).contents

    async def prompts(self) -> dict[str, list[str]]:
        listed = (await self._client.list_prompts()).prompts
        return {prompt.name: [each.name for each in prompt.arguments or []] for prompt in listed}

    async def ask(self, prompt: str, arguments: dict[str, str]) -> object:
        return (await self._client.get_prompt(prompt, arguments)).messages


class _FastMCP:
    def __init__(self, client: fastmcp.Client) -> None:
        self._client = client

    async def tools(self) -> list[str]:
        return [tool.name for tool in await self._client.list_tools()]

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments)  # raises what is an error
        content: dict[str, Any] = result.structured_content
        return content

    async def resources(self) -> list[str]:
        return [str(resource.uri) for resource in await self._client.list_resources()]

    async def templates(self) -> list[str]:
        listed = await self._client.list_resource_templates()
        return [template.uri_template for template in listed]

    async def read(self, uri: str) -> object:
        return await self._client.read_resource(uri)

    async def prompts(self) -> dict[str, list[str]]:
        listed = await self._client.list_prompts()
        return {prompt.name: [each.name for each in prompt.arguments or []] for prompt in listed}

    async def ask(self, prompt: str, arguments: dict[str, str]) -> object:
        return (await self._client.get_prompt(prompt, arguments)).messages


@asynccontextmanager
async def _official(url: str, token: str, *, mode: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        mcp.Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield _Official(client)


@asynccontextmanager
async def _fastmcp(url: str, token: str) -> AsyncIterator[Client]:
    async with fastmcp.Client(url, auth=token) as client:
        yield _FastMCP(client)


CLIENTS: dict[str, Callable[[str, str], AbstractAsyncContextManager[Client]]] = {
    "official": partial(_official, mode="auto"),
    "official-legacy": partial(_official, mode="legacy"),
    "fastmcp": _fastmcp,
}


async def main(name: str, url: str) -> None:
    async with CLIENTS[name](url, sys.stdin.read()) as client:
        outcome = await visit(client)
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
