"""HTTP requests as wrk sends them, byte by byte."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

from benchmarks.workload import as_json

LEGACY, MODERN = "2025-06-18", "2026-07-28"
_META = "io.modelcontextprotocol/"


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


def mcp_call(
    tool: str,
    arguments: dict[str, Any],
    *,
    port: int,
    token: str | None = None,
    version: str = LEGACY,
) -> bytes:
    """Return a call of a tool over MCP's streamable HTTP."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
    }
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if version == MODERN:
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
        params["_meta"] = {_META + "protocolVersion": version, _META + "clientCapabilities": {}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return http_request("POST", "/mcp", port=port, headers=headers, body=as_json(call).encode())


def send(port: int, request: bytes) -> str:
    """Send such a request once and return the body of the answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body or None, headers)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
