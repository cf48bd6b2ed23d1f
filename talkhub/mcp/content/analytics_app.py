"""The analytics as an MCP App: a page that clients show beside the tool's answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from talkhub.mcp.call import Call, Handler
from talkhub.mcp.content.parts import Parts
from talkhub.mcp.protocol import JSONObject
from talkhub.mcp.resources import Contents, Resource
from talkhub.mcp.tools import Tool
from talkhub.names import Scope

EXTENSION: Final = "io.modelcontextprotocol/ui"
ADDRESS: Final = "ui://talkhub/analytics.html"
MEDIA_TYPE: Final = "text/html;profile=mcp-app"
TOOL: Final = "get_conversation_analytics"
TTL_MS: Final = 3_600_000

_SOURCES = Path(__file__).parent / "app"
_TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
"""The dashboard's colours and measures, so that the page looks like one of its own."""

_WISHES: Final[JSONObject] = {
    # Nothing is fetched, from nowhere: a host that allows no address at all shows all of it.
    "csp": {"connectDomains": [], "resourceDomains": []},
    "prefersBorder": True,
}


class _Apps:
    """The feature that announces the extension; its methods are those of tools and resources."""

    def __init__(self) -> None:
        self.methods: Mapping[str, Handler] = {}

    def capabilities(self, *, is_modern: bool) -> JSONObject:
        """Announce it; before 2026-07-28 a server has no place to."""
        return {"extensions": {EXTENSION: {}}} if is_modern else {}


def extend(parts: Parts) -> None:
    """Tie the page to the tool whose answers it draws. Clients without it show the text."""
    parts.tools = [_drawn(tool) if tool.name == TOOL else tool for tool in parts.tools]
    parts.resources.append(_resource())
    parts.features.append(_Apps())


def _drawn(tool: Tool) -> Tool:
    descriptor = {**tool.descriptor, "_meta": {"ui": {"resourceUri": ADDRESS}}}
    return Tool(descriptor, tool.run, tool.scope)


def _resource() -> Resource:
    descriptor: JSONObject = {
        "uri": ADDRESS,
        "name": "analytics_app",
        "title": "Gráficos das conversas",
        "description": "Draws what get_conversation_analytics answers, for people to see.",
        "mimeType": MEDIA_TYPE,
        "annotations": {"audience": ["user"], "priority": 0.3},
        "_meta": {"ui": _WISHES},
    }
    return Resource(descriptor, _read, Scope.ANALYTICS_READ, TTL_MS)


def _read(_call: Call) -> Contents:
    return {"text": page(), "_meta": {"ui": _WISHES}}


@cache
def page() -> str:
    """Return the page whole: its style and its script stand within it."""
    style = _TOKENS.read_text() + (_SOURCES / "analytics.css").read_text()
    script = (_SOURCES / "words.js").read_text() + (_SOURCES / "analytics.js").read_text()
    frame = (_SOURCES / "analytics.html").read_text()
    return frame.replace("/* style */", style).replace("/* script */", script)
