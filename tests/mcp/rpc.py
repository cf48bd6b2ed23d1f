"""JSON-RPC messages as clients of both eras write them, and their answers checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from mcp_types import methods as wire
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION
from werkzeug.test import TestResponse

MODERN = LATEST_MODERN_VERSION
LEGACY = LATEST_HANDSHAKE_VERSION
NAMED_BY = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "tasks/get": "taskId",
    "tasks/update": "taskId",
    "tasks/cancel": "taskId",
}
Headers = dict[str, str | None]


def modern_params(params: dict[str, Any], capabilities: dict[str, Any] | None = None):
    """Return parameters in the envelope of 2026-07-28."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities or {},
        "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    }
    return {**params, "_meta": {**meta, **params.get("_meta", {})}}


@dataclass(frozen=True)
class Rpc:
    """Sends messages to the protocol's address."""

    client: FlaskClient
    token: str
    path: str = "/mcp"

    def post(self, body: object, headers: Headers | None = None) -> TestResponse:
        """Send a body as it is; bytes are not encoded again."""
        given = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **(headers or {}),
        }
        kept = {name: value for name, value in given.items() if value is not None}
        sent_as = "data" if isinstance(body, bytes) else "json"
        return self.client.post(self.path, **{sent_as: body}, headers=kept, buffered=True)

    def modern(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        headers: Headers | None = None,
        **capabilities: Any,
    ) -> TestResponse:
        """Send a request of 2026-07-28 with the headers that belong to it."""
        params = params or {}
        name = params.get(NAMED_BY.get(method, ""))
        own: Headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, "Mcp-Name": name}
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": modern_params(params, capabilities),
        }
        return self.post(body, {**own, **(headers or {})})

    def legacy(
        self, method: str, params: dict[str, Any] | None = None, version: str | None = LEGACY
    ) -> TestResponse:
        """Send a request of a revision with a handshake."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        return self.post(body, {"MCP-Protocol-Version": version})

    def result(self, method: str, params: dict[str, Any] | None = None, **capabilities: Any):
        """Return the result of a request of 2026-07-28, held to the specification."""
        answer = self.modern(method, params, **capabilities)
        assert answer.status_code == 200, answer.text
        wire.validate_server_result(method, MODERN, answer.json["result"])
        return answer.json["result"]

    def legacy_result(self, method: str, params: dict[str, Any] | None = None):
        """Return the result of a request of 2025-11-25, held to the specification."""
        answer = self.legacy(method, params)
        assert answer.status_code == 200, answer.text
        wire.validate_server_result(method, LEGACY, answer.json["result"])
        return answer.json["result"]

    def call(self, tool: str, arguments: object = None, **meta: Any):
        """Return the result of calling a tool."""
        return self.result("tools/call", {"name": tool, "arguments": arguments, "_meta": meta})
