"""From one JSON document and its headers to a request: the checks before any method runs.

Their order is the specification's (2026-07-28, basic/transports): the first that fails
decides the answer.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Protocol, cast

from talkhub.mcp.protocol import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LEGACY_VERSIONS,
    META_CLIENT_CAPABILITIES,
    META_PROTOCOL_VERSION,
    MODERN_VERSIONS,
    UNSUPPORTED_PROTOCOL_VERSION,
    VERSION_WITHOUT_HEADER,
    JSONObject,
    McpError,
    RequestId,
)

VERSION_HEADER: Final = "MCP-Protocol-Version"
METHOD_HEADER: Final = "Mcp-Method"
NAME_HEADER: Final = "Mcp-Name"
NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The parameter that `Mcp-Name` repeats, by method."""

_BASE64_VALUE = re.compile(r"=\?base64\?(.*)\?=")


class Headers(Protocol):
    """The request's headers, found without regard to case."""

    def get(self, name: str, /) -> str | None:
        """Return a header's value; None if it was not sent."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A JSON-RPC request whose revision is not known yet. `meta` is whatever was sent."""

    id: RequestId
    method: str
    params: JSONObject
    meta: object


@dataclass(frozen=True, slots=True)
class ClientAnswer:
    """A client's answer to a request of ours: revisions before 2026-07-28 post it."""

    id: RequestId
    result: JSONObject | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request that passed the checks of its revision."""

    id: RequestId
    method: str
    params: JSONObject
    version: str
    meta: JSONObject
    capabilities: JSONObject
    headers: Headers | None


def open_envelope(document: object) -> Envelope | ClientAnswer | None:
    """Return the request or answer that a body holds; None for a notification."""
    if not isinstance(document, dict) or document.get("jsonrpc") != "2.0":
        raise McpError(INVALID_REQUEST, "The body must be one JSON-RPC 2.0 message.")
    method = document.get("method")
    if isinstance(method, str) and "id" not in document:
        return None
    request_id = request_id_of(document)
    if request_id is None:
        raise McpError(INVALID_REQUEST, "The id must be a string or an integer.")
    if method is None and ("result" in document or "error" in document):
        result = document.get("result")
        return ClientAnswer(request_id, result if isinstance(result, dict) else None)
    if not isinstance(method, str):
        raise McpError(INVALID_REQUEST, "The method must be a string.")
    params = document.get("params", {})
    if not isinstance(params, dict):
        raise McpError(INVALID_REQUEST, "The params must be an object.")
    return Envelope(request_id, method, params, params.get("_meta"))


def request_id_of(document: object) -> RequestId | None:
    """Return the id of a message, as far as it has one that can be answered to."""
    found = document.get("id") if isinstance(document, dict) else None
    return cast("RequestId", found) if type(found) in {str, int} else None


def speaks_modern(envelope: Envelope, headers: Headers | None) -> bool:
    """Tell whether a request means a revision with envelopes, or one with a handshake."""
    if isinstance(envelope.meta, dict) and META_PROTOCOL_VERSION in envelope.meta:
        return True
    version = headers.get(VERSION_HEADER) if headers is not None else None
    return version is not None and version not in LEGACY_VERSIONS


def read_modern(envelope: Envelope, headers: Headers | None) -> Request:
    """Return a request of 2026-07-28 and later. Without `headers` none are compared: stdio."""
    meta = envelope.meta
    if not isinstance(meta, dict):
        raise McpError(INVALID_PARAMS, "params._meta must be an object.")
    missing = [key for key in (META_PROTOCOL_VERSION, META_CLIENT_CAPABILITIES) if key not in meta]
    if missing:
        raise McpError(INVALID_PARAMS, f"params._meta lacks {' and '.join(missing)}.")
    version = meta[META_PROTOCOL_VERSION]
    if headers is not None:
        _compare_headers(envelope, version, headers)
    if version not in MODERN_VERSIONS:
        raise McpError(
            UNSUPPORTED_PROTOCOL_VERSION,
            "This protocol version is not served.",
            {"supported": list(MODERN_VERSIONS), "requested": version},
        )
    capabilities = meta[META_CLIENT_CAPABILITIES]
    return Request(
        id=envelope.id,
        method=envelope.method,
        params=envelope.params,
        version=version,
        meta=meta,
        # Anything but an object is refused where the method's parameters are validated.
        capabilities=capabilities if isinstance(capabilities, dict) else {},
        headers=headers,
    )


def read_legacy(envelope: Envelope, headers: Headers | None) -> Request:
    """Return a request of 2025-11-25 and before."""
    version = headers.get(VERSION_HEADER) if headers is not None else LEGACY_VERSIONS[-1]
    return Request(
        id=envelope.id,
        method=envelope.method,
        params=envelope.params,
        version=version or VERSION_WITHOUT_HEADER,
        meta=envelope.meta if isinstance(envelope.meta, dict) else {},
        capabilities={},
        headers=headers,
    )


def decode_header(value: str) -> str | None:
    """Return what a header says, also in the `=?base64?…?=` form; None if that is malformed."""
    wrapped = _BASE64_VALUE.fullmatch(value)
    if wrapped is None:
        return value
    try:
        content = base64.b64decode(wrapped[1], validate=True)
        # Only the canonical spelling counts: two spellings of one value could be told apart.
        return content.decode() if base64.b64encode(content).decode() == wrapped[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def compare_name(params: JSONObject, key: str, headers: Headers) -> None:
    """Refuse an `Mcp-Name` that does not repeat the parameter that names what a request is on."""
    if params.get(key) is None:
        return
    sent = headers.get(NAME_HEADER)
    if sent is None or decode_header(sent) != params[key]:
        raise McpError(HEADER_MISMATCH, f"{NAME_HEADER} does not match params.{key}.")


def _compare_headers(envelope: Envelope, version: object, headers: Headers) -> None:
    """Refuse headers that do not say what the body says: a proxy may have routed by them."""
    if headers.get(VERSION_HEADER) != version:
        raise McpError(HEADER_MISMATCH, f"{VERSION_HEADER} does not match params._meta.")
    if headers.get(METHOD_HEADER) != envelope.method:
        raise McpError(HEADER_MISMATCH, f"{METHOD_HEADER} does not match the method.")
    key = NAMED_BY.get(envelope.method)
    if key is not None:
        compare_name(envelope.params, key, headers)
