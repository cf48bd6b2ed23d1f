"""The wire's constants: revisions, `_meta` keys, error codes and their HTTP statuses."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

JSONObject: TypeAlias = dict[str, Any]
RequestId: TypeAlias = str | int

LEGACY_VERSIONS: Final = HANDSHAKE_PROTOCOL_VERSIONS
"""Revisions that begin with `initialize`, oldest first."""

MODERN_VERSIONS: Final = MODERN_PROTOCOL_VERSIONS
"""Revisions in which every request carries its own envelope."""

VERSION_WITHOUT_HEADER: Final = "2025-03-26"
"""What a legacy client speaks that sends no `MCP-Protocol-Version`."""

META_PROTOCOL_VERSION: Final = "io.modelcontextprotocol/protocolVersion"
META_CLIENT_CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
META_SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"
META_SUBSCRIPTION_ID: Final = "io.modelcontextprotocol/subscriptionId"

LEGACY_RESOURCE_NOT_FOUND: Final = -32002

_MODERN_STATUS: Final = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    MISSING_REQUIRED_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_PROTOCOL_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}

__all__ = [
    "HEADER_MISMATCH",
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "METHOD_NOT_FOUND",
    "MISSING_REQUIRED_CLIENT_CAPABILITY",
    "PARSE_ERROR",
    "UNSUPPORTED_PROTOCOL_VERSION",
]


class McpError(Exception):
    """A JSON-RPC error; its message and data are safe to show to a stranger."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def response(self, request_id: RequestId | None) -> JSONObject:
        """Return the JSON-RPC message that tells of it."""
        error: JSONObject = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": request_id, "error": error}

    def http_status(self, *, is_modern: bool) -> int:
        """Return the status of the HTTP answer that carries it; legacy errors travel in 200."""
        if not is_modern:
            return 400 if self.code in {PARSE_ERROR, INVALID_REQUEST} else 200
        return _MODERN_STATUS.get(self.code, 200)
