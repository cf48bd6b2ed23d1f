"""How a server introduces itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from talkhub.mcp.protocol import JSONObject


@dataclass(frozen=True)
class Identity:
    """A server's name and what clients may show of it; `instructions` are for the model."""

    name: str
    version: str
    title: str
    instructions: str
    description: str | None = None
    website_url: str | None = None
    icons: tuple[JSONObject, ...] = ()

    @cached_property
    def brief(self) -> JSONObject:
        """What every result carries: enough to know who answered."""
        return {"name": self.name, "title": self.title, "version": self.version}

    @cached_property
    def full(self) -> JSONObject:
        """What a client shows when it connects."""
        optional = {
            "description": self.description,
            "websiteUrl": self.website_url,
            "icons": list(self.icons) or None,
        }
        told = {name: value for name, value in optional.items() if value is not None}
        return {**self.brief, **told}
