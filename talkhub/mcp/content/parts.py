"""What the server is put together from; each optional module adds its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from talkhub.mcp.resources import Resource
from talkhub.mcp.server import Feature
from talkhub.mcp.tools import Tool


@dataclass(slots=True)
class Parts:
    """The tools and fixed resources on offer, and features beside the usual ones."""

    tools: list[Tool]
    resources: list[Resource]
    features: list[Feature] = field(default_factory=list)
