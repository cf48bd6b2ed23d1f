"""Whatever destroys or reveals is written down: every route that does leads to the trail."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
PACKAGES = ("alerts", "blueprints", "enrichment", "services")
"""Where views and what they decide are written."""

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
TRAIL = {
    ("talkhub.services.audit", "audit"),
    ("talkhub.services.audit", "audit_in"),
    ("talkhub.services.privacy.readings", "note_reading"),
}

NOTING = "at.note"
"""What `administering` opens writes it down by this."""

REVEALING = {
    "dashboard.bot_context",
    "dashboard.conversation",
    "dashboard.export_audit",
    "dashboard.export_conversations",
    "dashboard.export_people",
    "exports.export",
    "privacy.copy",
}
"""The routes that only read, but what people said, or much at once."""

NOT_WRITTEN_DOWN = {
    "api.": "tools: what they write stands in conversations and profiles, with its source",
    "mcp.": "the same tools, and those that only read",
    "graphql.": "reads the lists and figures that the tools tell",
    "webhooks.": "what providers send is kept byte for byte in the inbox",
    "oauth.": "Authlib calls back what writes it down; tests/oauth/test_tokens.py looks",
    "call_records.": "a call stands in its conversation; tokens of it end within minutes",
    "calls.": "a call stands in its conversation, and its row says who answered",
    "dashboard.answer_call": "the same",
    "dashboard.decline_call": "the same",
    "dashboard.decide": "the same; tests/oauth/test_applications_page.py looks",
    "dashboard.add_note": "a note says who wrote it, and when",
    "dashboard.change_note": "the same; only who wrote it can",
    "dashboard.mark_conversation": "a mark of the team's own, which anybody takes off again",
    "dashboard.save_view": "what a list is filtered by",
    "dashboard.change_view": "the same",
    "dashboard.delete_view": "the same",
    "dashboard.begin_factor": "nothing holds before the code is confirmed",
    "dashboard.check_channel": "asks the provider, and changes nothing",
    "dashboard.enter_workspace": "which of their workspaces a browser looks at",
    "dashboard.preferences": "a cookie of the visitor's own",
    "dashboard.presence": "says that somebody is still there",
    "replies.try_": "tells what would be answered, and keeps nothing",
    "dashboard.test_webhook": "sends a test to an address of the workspace's own",
    "webhook_endpoints.test": "the same",
}
"""By how their names begin, and why."""

Function = tuple[str, str]
"""A module and what it calls the function; of a method without its class."""


@dataclass
class Module:
    """What is written in a module: its functions, and what it imported from us as what."""

    functions: dict[str, list[ast.FunctionDef]] = field(default_factory=lambda: defaultdict(list))
    imported: dict[str, Function] = field(default_factory=dict)


@cache
def modules() -> dict[str, Module]:
    found = {}
    for file in sorted(it for name in PACKAGES for it in (ROOT / "talkhub" / name).rglob("*.py")):
        dotted = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[dotted] = module = Module()
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                module.functions[node.name].append(node)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    known_as = alias.asname or alias.name
                    module.imported[known_as] = (str(node.module), alias.name)
    return found


@cache
def fields() -> dict[str, Function]:
    """Return of which class the attributes are that classes declare, as `exports: ExportDesk`."""
    runtime = ast.parse((ROOT / "talkhub/blueprints/runtime.py").read_text())
    known = modules()["talkhub.blueprints.runtime"].imported
    return {
        node.target.id: known[node.annotation.id]
        for node in ast.walk(runtime)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.annotation, ast.Name)
        and node.annotation.id in known
    }


@cache
def mentioned(function: Function) -> frozenset[Function]:
    """Return the functions of ours that a function names: calls, or hands on."""
    module = modules().get(function[0])
    nodes = module.functions.get(function[1], []) if module else []
    return frozenset(name for node in nodes for name in names_in(function[0], node))


def names_in(module: str, node: ast.AST) -> Iterator[Function]:
    known = modules()[module].imported
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield known.get(part.id, (module, part.id))
        elif isinstance(part, ast.Attribute):
            of = part.value
            if isinstance(of, ast.Name) and of.id in known:
                yield ".".join(known[of.id]), part.attr
            elif isinstance(of, ast.Name) and f"{of.id}.{part.attr}" == NOTING:
                yield "talkhub.services.audit", "audit_in"
            elif isinstance(of, ast.Attribute) and of.attr in fields():
                yield fields()[of.attr][0], part.attr
            elif isinstance(of, ast.Call) and isinstance(of.func, ast.Name):
                made = modules()[module].functions.get(of.func.id, [])
                yield from (
                    (known[it.returns.id][0], part.attr)
                    for it in made
                    if isinstance(it.returns, ast.Name) and it.returns.id in known
                )


def leads_to_the_trail(view: Callable[..., object]) -> bool:
    inner = inspect.unwrap(view)
    waiting = list(names_in(inner.__module__, node_of(inner)))
    seen: set[Function] = set()
    while waiting:
        name = waiting.pop()
        if name in TRAIL:
            return True
        if name not in seen:
            seen.add(name)
            waiting += mentioned(name)
    return False


def node_of(view: Callable[..., object]) -> ast.FunctionDef:
    """Return where a view is written: it begins with the first of its decorators, if any."""
    named = modules()[view.__module__].functions[view.__name__]
    line = view.__code__.co_firstlineno
    return next(node for node in named if line == (node.decorator_list or [node])[0].lineno)


def test_every_route_that_destroys_or_reveals_is_written_down(app: Flask) -> None:
    watched = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint in REVEALING or (rule.methods or set()) & WRITING
    }

    silent = {
        endpoint
        for endpoint in watched
        if not endpoint.startswith(tuple(NOT_WRITTEN_DOWN))
        and not leads_to_the_trail(app.view_functions[endpoint])
    }

    assert silent == set()
    assert watched >= REVEALING


def test_the_rule_sees_a_view_that_writes_nothing_down(app: Flask) -> None:
    quiet_and_not = ("dashboard.people", "dashboard.overview", "privacy.erase")

    led = [leads_to_the_trail(app.view_functions[name]) for name in quiet_and_not]

    assert led == [False, False, True]
