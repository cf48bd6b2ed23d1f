"""HTTP requests as wrk sends them, byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.workload import as_json

MCP_VERSION = "2025-06-18"


def http_request(
    method: str, path: str, *, port: int, headers: Mapping[str, str], body: bytes = b""
) -> bytes:
    """Return a request on a connection that is kept open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def rest_call(tool: str, arguments: dict[str, Any], *, port: int, token: str) -> bytes:
    """Return a call of a tool over REST, as the README writes it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if tool == "get_user_context":
        path = f"/api/v1/mcp/{tool}/{arguments['user_id']}?include_history=true"
        return http_request("GET", path, port=port, headers=headers)
    body = as_json(arguments).encode()
    return http_request("POST", f"/api/v1/mcp/{tool}", port=port, headers=headers, body=body)


def mcp_call(tool: str, arguments: dict[str, Any], *, port: int) -> bytes:
    """Return a call of a tool over MCP's streamable HTTP."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MCP_VERSION,
    }
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    body = as_json(call).encode()
    return http_request("POST", "/mcp", port=port, headers=headers, body=body)
