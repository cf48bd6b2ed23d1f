"""Arguments that a tool's clients repeat in `Mcp-Param-*` headers, for proxies to route by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from talkhub.mcp.envelope import Headers, decode_header
from talkhub.mcp.protocol import HEADER_MISMATCH, JSONObject, McpError

KEYWORD = "x-mcp-header"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_INTEGER = re.compile(r"[+-]?\d{1,20}(\.0+)?")


@dataclass(frozen=True, slots=True)
class ParamHeader:
    """A header and the place of the argument that it repeats."""

    header: str
    path: tuple[str, ...]


def param_headers(schema: Mapping[str, Any]) -> tuple[ParamHeader, ...]:
    """Return the headers that an input schema declares; raise ValueError for a wrong one."""
    found = tuple(_declared(schema, ()))
    if len({param.header.lower() for param in found}) < len(found):
        raise ValueError("two arguments claim one header")
    return found


def compare(params: tuple[ParamHeader, ...], arguments: JSONObject, headers: Headers) -> None:
    """Refuse a call whose headers and arguments do not say the same."""
    for param in params:
        sent = headers.get(param.header)
        value = _value(arguments, param.path)
        if sent is None and _spelled(value) is None:
            continue
        decoded = decode_header(sent) if sent is not None else None
        if decoded is None or not _says(decoded, value):
            place = ".".join(param.path)
            raise McpError(HEADER_MISMATCH, f"{param.header} does not match arguments.{place}.")


def _declared(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[ParamHeader]:
    for name, described in schema.get("properties", {}).items():
        place = (*path, name)
        token = described.get(KEYWORD)
        if token is not None:
            is_scalar = described.get("type") in {"string", "integer", "boolean"}
            if not isinstance(token, str) or not _TOKEN.fullmatch(token) or not is_scalar:
                raise ValueError(f"{KEYWORD} of {'.'.join(place)} is not allowed")
            yield ParamHeader(f"Mcp-Param-{token}", place)
        yield from _declared(described, place)


def _value(arguments: object, path: tuple[str, ...]) -> object:
    for name in path:
        arguments = arguments.get(name) if isinstance(arguments, dict) else None
    return arguments


def _spelled(value: object) -> str | None:
    """Return a value as clients write it into a header; None if they write none."""
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
    return None


def _says(text: str, value: object) -> bool:
    if type(value) is int and _INTEGER.fullmatch(text):
        return int(text.partition(".")[0]) == value
    return text == _spelled(value)
