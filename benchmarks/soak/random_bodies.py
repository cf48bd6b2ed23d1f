"""Random JSON-RPC bodies: mostly almost right, since those get furthest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_MODERN_VERSION

from talkhub.mcp.envelope import METHOD_HEADER, NAME_HEADER, NAMED_BY, VERSION_HEADER
from talkhub.mcp.protocol import META_CLIENT_CAPABILITIES, META_PROTOCOL_VERSION
from talkhub.tools.catalogue import registry

METHODS = (
    "initialize",
    "server/discover",
    "ping",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "completion/complete",
    "logging/setLevel",
    "tasks/get",
    "notifications/initialized",
)
TOOLS = tuple(registry.specs)
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**63 - 1, 2**64, 1e308, "", "x", "\x00", "\ud800", "é" * 300,
    "{{user_id}}", "{", "[]", '{"a": 1}', [], {}, [[]], {"": None}, ["a", 1, None], {"$ref": "#"},
    "2026-02-30", "9999-12-31T23:59:59Z", "../../etc/passwd", "'; drop table x; --", "talkhub://x",
)  # fmt: skip
KEYS = (
    "user_id", "session_id", "messages", "profile_data", "user_data", "metrics", "date_range",
    "start", "end", "platform", "metadata", "idempotency_key", "include_history", "role",
    "content", "timestamp", "name", "uri", "ref", "argument", "cursor", "value", "type",
    "arguments", "tags", "preferences", "requestState", "inputResponses", "context", "surprise",
)  # fmt: skip


def random_bodies(seed: int, count: int) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Yield bodies with the headers they are sent with; the same for the same seed."""
    random = Random(seed)
    for _ in range(count):
        yield _request(random)


def _request(random: Random) -> tuple[bytes, dict[str, str]]:
    method = random.choice(METHODS)
    params: Any = {} if random.random() < 0.1 else _params(random, method)
    headers: dict[str, str] = {VERSION_HEADER: LATEST_HANDSHAKE_VERSION}
    if random.random() < 0.6:
        params["_meta"] = {
            META_PROTOCOL_VERSION: LATEST_MODERN_VERSION,
            META_CLIENT_CAPABILITIES: {},
        }
        name = params.get(NAMED_BY.get(method, ""))
        sendable = name if isinstance(name, str) and name.isascii() and name.isprintable() else "x"
        headers = {
            VERSION_HEADER: LATEST_MODERN_VERSION,
            METHOD_HEADER: method,
            NAME_HEADER: sendable,
        }
        if random.random() < 0.1:
            params["_meta"][random.choice([*params["_meta"], "progressToken"])] = _odd(random)
    body: Any = {"jsonrpc": "2.0", "id": random.randrange(9), "method": method, "params": params}
    if random.random() < 0.1:
        body[random.choice([*body])] = _odd(random)
    if random.random() < 0.03:
        body = random.choice([_odd(random), [body]])
    raw = json.dumps(body).encode()
    if random.random() < 0.05:
        place = random.randrange(len(raw) + 1)
        raw = raw[:place] + random.randbytes(2) + raw[place + 1 :]
    return raw, headers


def _params(random: Random, method: str) -> dict[str, Any]:
    match method:
        case "tools/call":
            name: Any = random.choice(TOOLS) if random.random() < 0.9 else _odd(random)
            return {"name": name, "arguments": _arguments(random)}
        case "completion/complete":
            return {
                "ref": {"type": random.choice(["ref/prompt", "ref/resource"]), "name": "x"},
                "argument": {"name": random.choice(KEYS), "value": _odd(random)},
            }
    return {random.choice(KEYS): _odd(random) for _ in range(random.randrange(4))}


def _arguments(random: Random) -> Any:
    if random.random() < 0.05:
        return _odd(random)
    given: dict[str, Any] = {
        "user_id": f"user-{random.randrange(50)}",
        "session_id": f"session-{random.randrange(50)}",
        "messages": [{"role": "user", "content": "oi"}],
        "profile_data": {"name": "Ana"},
    }
    kept = {name: value for name, value in given.items() if random.random() < 0.7}
    for _ in range(random.randrange(3)):
        kept[random.choice(KEYS)] = _odd(random)
    return kept


def _odd(random: Random, depth: int = 0) -> Any:
    if depth < 3 and random.random() < 0.3:
        inner = [_odd(random, depth + 1) for _ in range(random.randrange(3))]
        is_list = random.random() < 0.5
        return inner if is_list else {random.choice(KEYS): each for each in inner}
    return random.choice(ODD)
