"""A server of made-up things on our engine, spoken to without a transport."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rpc import MODERN, NAMED_BY, modern_params

from talkhub import json_codec
from talkhub.encryption import Keyring
from talkhub.errors import Forbidden
from talkhub.mcp.identity import Identity
from talkhub.mcp.sealing import Sealer
from talkhub.mcp.server import Answer, Feature, McpServer

IDENTITY = Identity(name="made-up", title="Made up", version="1", instructions="Try things.")


@dataclass(frozen=True)
class Someone:
    """A caller with a name and scopes."""

    key: str = "ana"
    scopes: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise Forbidden(f"needs {scope}")


class CaseBlind:
    """Headers as a server finds them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {name.lower(): value for name, value in headers.items()}

    def get(self, name: str, /) -> str | None:
        return self._headers.get(name.lower())


@dataclass
class MadeUp:
    """The server and its client."""

    features: list[Feature]
    server: McpServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = McpServer(IDENTITY, self.features, sealer=Sealer(Keyring("tests")))

    def ask(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        caller: Someone | None = None,
        capabilities: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request of 2026-07-28."""
        params = params or {}
        own = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, **(headers or {})}
        if method in NAMED_BY:
            own["Mcp-Name"] = params[NAMED_BY[method]]
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": modern_params(params, capabilities),
        }
        return self.server.receive(body, CaseBlind(own), caller or Someone())

    def ask_legacy(self, method: str, params: dict[str, Any] | None = None) -> Answer:
        """Send a request of 2025-11-25."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        headers = CaseBlind({"MCP-Protocol-Version": "2025-11-25"})
        return self.server.receive(body, headers, Someone())


def result(answer: Answer) -> dict[str, Any]:
    """Return what an answer's result says on the wire."""
    assert answer.message is not None
    assert "result" in answer.message, answer.message
    return json_codec.loads(json_codec.dumps(answer.message["result"]))


def code(answer: Answer) -> int:
    """Return the code of an answer's error."""
    assert answer.message is not None
    return answer.message["error"]["code"]
