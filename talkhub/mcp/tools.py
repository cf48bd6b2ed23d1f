"""Tools: what a model may call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from talkhub import json_codec
from talkhub.mcp.call import Call, Handler, Outcome, Result
from talkhub.mcp.listing import Entry, list_page
from talkhub.mcp.param_headers import compare, param_headers
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

Run: TypeAlias = Callable[[Call, JSONObject], Outcome]
"""Does a tool's work with the arguments of a call; checks them itself."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as `tools/list` describes it, and what runs when it is called."""

    descriptor: JSONObject
    run: Run
    scope: str | None = None

    @property
    def name(self) -> str:
        """The name by which it is called."""
        return str(self.descriptor["name"])


class Tools:
    """The feature behind `tools/list` and `tools/call`."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._entries = [Entry(tool.descriptor, tool.scope) for tool in self._tools.values()]
        self._headers = {
            name: declared
            for name, tool in self._tools.items()
            if (declared := param_headers(tool.descriptor["inputSchema"]))
        }
        self.methods: Mapping[str, Handler] = {"tools/list": self._list, "tools/call": self._call}

    def capabilities(self, *, is_modern: bool) -> JSONObject:  # noqa: ARG002 -- the same in all
        """Announce the tools."""
        return {"tools": {}}

    def _list(self, call: Call) -> Result:
        return list_page(call, "tools", self._entries)

    def _call(self, call: Call) -> Outcome:
        name = call.params["name"]
        tool = self._tools.get(name)
        if tool is None:
            raise McpError(INVALID_PARAMS, "There is no such tool.", {"name": name})
        arguments: JSONObject = call.params.get("arguments") or {}
        declared = self._headers.get(name)
        if declared and call.is_modern and call.headers is not None:
            compare(declared, arguments, call.headers)
        if tool.scope is not None:
            call.caller.require(tool.scope)
        return tool.run(call, arguments)


def structured_result(body: bytes, text: str | None = None) -> Result:
    """Return a result from an object's JSON, which travels unparsed.

    The text for clients that know no structured content is the same JSON unless given.
    """
    return {
        "content": [{"type": "text", "text": body.decode() if text is None else text}],
        "structuredContent": json_codec.embedded(body),
        "isError": False,
    }


def text_result(text: str, *, is_error: bool = False) -> Result:
    """Return a result that is a text; as an error, one that a model can act on."""
    return {"content": [{"type": "text", "text": text}], "isError": is_error}
