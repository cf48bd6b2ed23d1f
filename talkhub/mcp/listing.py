"""Lists that are the same for everyone with the same scopes, page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from talkhub.mcp.call import Call, Result
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError

PAGE_SIZE = 50
TTL_MS = 300_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that can be listed; without a scope everyone sees it."""

    descriptor: JSONObject
    scope: str | None = None


def list_page(call: Call, key: str, entries: Sequence[Entry], *, size: int = PAGE_SIZE) -> Result:
    """Return the page that the call's cursor names, of the entries its caller may use."""
    visible = [
        entry.descriptor for entry in entries if entry.scope is None or call.caller.may(entry.scope)
    ]
    first = _position(call.params.get("cursor"), key, len(visible))
    result: Result = {
        key: visible[first : first + size],
        "ttlMs": TTL_MS,
        # What is listed depends on the token.
        "cacheScope": "private",
    }
    if first + size < len(visible):
        result["nextCursor"] = _cursor(key, first + size)
    return result


def _cursor(key: str, position: int) -> str:
    return base64.urlsafe_b64encode(f"{key}:{position}".encode()).decode()


def _position(cursor: str | None, key: str, length: int) -> int:
    if cursor is None:
        return 0
    try:
        name, _, position = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise _unknown_cursor() from error
    # Ten digits are more than any list has; `int` would take thousands.
    if name != key or not position.isdecimal() or len(position) > 9 or int(position) >= length:
        raise _unknown_cursor()
    return int(position)


def _unknown_cursor() -> McpError:
    return McpError(INVALID_PARAMS, "This cursor is not one of this list; begin without one.")
