"""Random calls of two workspaces, each by one with ids of either, or of nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from talkhub.mcp.content.addresses import address
from talkhub.mcp.content.resources import resources, templates
from talkhub.tools.catalogue import registry

LEFT_OUT = frozenset(
    {
        "workspaces.delete",  # would end one of the two
        "workspaces.quotas",  # would make them wait
        "graphql.answer",  # asked by name below
        "exports.export",  # a few at once; all rows anyway are in the lists
        "workspaces.archive",
        "webhook_endpoints.test",  # would send
    }
)
PREFIX = "/api/v1/"
TOOLS_PREFIX = "/api/v1/mcp"
TOKENS_PREFIX = "/api/v1/auth"
LARGEST_NUMBER = 60
"""Numbers count on over both workspaces: small ones are somebody's."""

GRAPH = (
    "query ($user: String!, $conversation: String!) { profile(userId: $user) { name tags }"
    " conversation(id: $conversation) { messages { content } } profiles { nodes { name } } }"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two workspaces: everything that is written in it carries its mark."""

    mark: str
    token: str
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request of one side."""

    by: Side
    method: str
    path: str
    body: bytes | None


def random_calls(app: Flask, sides: tuple[Side, Side], *, seed: int, count: int) -> Iterator[Call]:
    """Yield calls, the same for the same seed and routes; they are made as the last one was."""
    random = Random(seed)
    rules = sorted(_rules(app), key=lambda one: (str(one[1]), one[0]))
    ways: list[Callable[[Random, Side, Side], Call]] = [
        lambda chance, by, other: _route(chance, by, other, *chance.choice(rules)),
        _tool_over_rest,
        _tool_over_mcp,
        _resource,
        _graph,
    ]
    for _ in range(count):
        by, other = random.sample(sides, 2)
        yield random.choice(ways)(random, by, other)


def _rules(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        path = str(rule)
        is_asked = path.startswith(PREFIX) and not path.startswith((TOOLS_PREFIX, TOKENS_PREFIX))
        if is_asked and rule.endpoint not in LEFT_OUT:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def _route(random: Random, by: Side, other: Side, method: str, rule: Rule) -> Call:
    # What is one's own is not deleted, or soon there would be nothing to tell.
    whose = other if method == "DELETE" else by
    values = {
        name: random.randrange(1, LARGEST_NUMBER)
        if f"<int:{name}>" in str(rule)
        else _id(random, name, (whose, other))
        for name in rule.arguments
    }
    if method == "DELETE":
        values |= {name: 2**40 for name in values if isinstance(values[name], int)}
    built = rule.build(values)
    path = built[1] if built is not None else str(rule)
    body = None if method == "GET" else _json(_body(random, by, other))
    return Call(by, method, path, body)


def _tool_over_rest(random: Random, by: Side, other: Side) -> Call:
    name = random.choice(list(registry.specs))
    return Call(by, "POST", f"{TOOLS_PREFIX}/{name}", _json(_arguments(random, name, by, other)))


def _tool_over_mcp(random: Random, by: Side, other: Side) -> Call:
    name = random.choice(list(registry.specs))
    return _mcp(by, "tools/call", {"name": name, "arguments": _arguments(random, name, by, other)})


def _resource(random: Random, by: Side, other: Side) -> Call:
    forms = [each.descriptor["uri"] for each in resources()]
    forms += [each.descriptor["uriTemplate"] for each in templates()]
    form = random.choice(forms)
    places = {name: _id(random, name, (by, other)) for name in re.findall(r"\{(\w+)\}", form)}
    return _mcp(by, "resources/read", {"uri": address(form, **places)})


def _graph(random: Random, by: Side, other: Side) -> Call:
    variables = {
        "user": _id(random, "user_id", (by, other)),
        "conversation": _id(random, "conversation_id", (by, other)),
    }
    return Call(by, "POST", "/api/v1/graphql", _json({"query": GRAPH, "variables": variables}))


def _mcp(by: Side, method: str, params: Mapping[str, Any]) -> Call:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Call(by, "POST", "/mcp", _json(body))


def _arguments(random: Random, tool: str, by: Side, other: Side) -> dict[str, Any]:
    fields = registry.specs[tool].input_model.model_fields
    given = _body(random, by, other)
    return {name: given[name] for name, field in fields.items() if name in given}


def _body(random: Random, by: Side, other: Side) -> dict[str, Any]:
    """Return all that a call may carry: ids of whomever, words of one's own."""
    day = "2026-03-02"
    return {
        "user_id": _id(random, "user_id", (by, other)),
        "session_id": _id(random, "session_id", (by, other)),
        "conversation_id": _id(random, "conversation_id", (by, other)),
        "id": _id(random, "id", (by, other)),
        "into": _id(random, "user_id", (by, other)),
        "messages": [{"role": "user", "content": by.mark, "timestamp": f"{day}T12:00:00Z"}],
        "profile_data": {"name": by.mark},
        "user_data": {"name": by.mark},
        "platform": "api",
        "query": by.mark,
        "text": by.mark,
        "name": random.choice([by.mark, "visit"]),
        "kind": random.choice(["csat", "city", "topic"]),
        "value": random.choice([by.mark, 1]),
        "score": 1,
        "steps": ["visit"],
        "phrases": [by.mark],
        "scopes": ["mcp:read"],
        "start": day,
    }


def _id(random: Random, name: str, sides: tuple[Side, Side]) -> str:
    nobody = f"nobody-{random.randrange(20)}"
    known = [side.ids[name] for side in sides if name in side.ids]
    return random.choice([*known, nobody]) if known else nobody


def _json(document: object) -> bytes:
    return json.dumps(document).encode()
