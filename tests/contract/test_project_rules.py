"""Rules of safe code that a program can check; each also finds a fault that is planted here."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest
from syntax import ROOT, nodes, trees

SENDERS = {
    "talkhub/outbound/guarded.py": "the one client: judges every address that it connects to",
    "talkhub/enrichment/interface.py": "the language model that the operator named",
    "talkhub/embedded/ports.py": "looks for a free port of this machine",
    "talkhub/embedded/up.py": "asks the service that it started whether it is up",
    "talkhub/demo/doors.py": "plays a provider for the service of this machine",
}
"""Modules that may open a connection, and why. A new one is a decision: add it here."""

SECRETS = re.compile(
    r"(^|_)(hex)?(digest|signature|secret|password|mac|hmac|hash|token|api_key)s?$"
)
NETWORK = re.compile(
    r"(requests|httpx2?|aiohttp|urllib\.request|urllib3|http\.client|ftplib|smtplib|socket|openai)\b"
)
OF_THE_SESSION = re.compile(
    r"\bpg_(try_)?advisory_lock|\bset\s+session\b|^\s*set\s+(?!local\b)\w+\s*(=|to\b|;|$)"
    r"|^\s*set\s+role\b|^\s*(un)?listen\s|^\s*notify\s|\bset_config\([^()]*,\s*false\s*\)",
    re.IGNORECASE,
)
TAKING = re.compile(
    r"(revoke|erase|remove|delete|disable|disconnect|end|rotate|replay|merge|part)_"
)
"""How services begin that take something from somebody."""

WRITTEN_DOWN_ELSEWHERE = {
    "delete_closed": "the closing of the workspace is in the trail",
    "delete_view": "what somebody kept of the list's filters",
    "end_lost_calls": "a call says in its conversation how it ended",
    "end_sessions_of": "its callers say why they end",
    "erase_events": "a part of erasing, which is in the trail",
    "erase_returned": "comes back of people whose erasure is in the trail",
    "merge_days": "statistics, of nobody",
    "merge_profiles": "by its callers; a provider's own merge is the provider's word",
    "merge_some": "statistics, of nobody",
    "rotate_signing_key": "takes nothing from anybody: what is signed stays valid",
}
"""Services that begin so and write nothing into the trail, and why. Add a new one knowingly."""


def called(node: ast.expr) -> str:
    """Return the last part of what a name, attribute or call names."""
    named = node.func if isinstance(node, ast.Call) else node
    return getattr(named, "attr", None) or getattr(named, "id", "")


def dotted(node: ast.expr) -> str:
    """Return a name as it stands, like `os.system`; empty for what is none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=of), attr=name):
            return f"{of}.{name}"
    return ""


def compares_secrets(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    sides = [node.left, *node.comparators]
    is_with_a_literal = any(isinstance(side, ast.Constant) for side in sides)
    return not is_with_a_literal and any(SECRETS.search(called(side)) for side in sides)


def trusts_markup(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) in {"Markup", "render_template_string"}


def opens_connections(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(NETWORK.match(name.name) for name in names)
        case ast.ImportFrom(module=str(module), names=names):
            return any(NETWORK.match(f"{module}.{name.name}") for name in names)
    return False


def speaks_to_the_session(node: ast.AST) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text and bool(OF_THE_SESSION.search(node.value))


def makes_naive_times(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    of = called(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    has_zone = any(keyword.arg in {"tz", "tzinfo"} for keyword in node.keywords)
    match of, called(node):
        case ("datetime", "utcnow" | "utcfromtimestamp" | "today") | ("date", "today"):
            return True
        case ("datetime", "now"):
            return not (node.args or has_zone)
        case ("datetime", "fromtimestamp"):
            return not (len(node.args) > 1 or has_zone)
        case ("" | "datetime", "datetime"):
            return not (len(node.args) > 7 or has_zone)
    return False


def reads_tokens_loosely(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and dotted(node.func) == "jwt.decode"):
        return False
    given = {keyword.arg for keyword in node.keywords}
    wanted = {"algorithms", "audience", "issuer"}
    return not wanted <= given or "'verify_" in ast.unparse(node)


def asks_a_shell(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    is_shell = any(
        keyword.arg == "shell" and getattr(keyword.value, "value", True)
        for keyword in node.keywords
    )
    return is_shell or dotted(node.func) in {"os.system", "os.popen", "eval", "exec"}


def loads_objects(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name in {"pickle", "marshal", "shelve", "dill"} for name in names)
        case ast.ImportFrom(module=str(module)):
            return module in {"pickle", "marshal", "shelve", "dill"}
        case ast.Call():
            return dotted(node.func) in {"yaml.load", "pickle.loads"}
    return False


Rule = Callable[[ast.AST], bool]
RULES: dict[Rule, tuple[list[str], list[str]]] = {
    compares_secrets: (
        ["hmac.digest(a, b, 'sha256') == given", "row.signature != given", "secret == other"],
        ["secret == ''", "hmac.compare_digest(digest, given)", "token is None", "hash_of(a) == b"],
    ),
    trusts_markup: (["Markup(text)", "flask.render_template_string(text)"], ["escape(text)"]),
    opens_connections: (
        ["import requests", "from urllib import request", "import http.client", "import httpx"],
        ["from urllib.parse import quote", "from flask import request", "import socketserver"],
    ),
    speaks_to_the_session: (
        [
            "'select pg_advisory_lock(1)'",
            "'set statement_timeout = 5'",
            "'SET SESSION x TO 1'",
            "'set role talkhub_app'",
            "'listen changes'",
            "\"select set_config('role', 'x', false)\"",
        ],
        [
            "'select pg_advisory_xact_lock(1)'",
            "'set local lock_timeout = 5'",
            "'update a set b = 1'",
            "\"select set_config('role', 'x', true)\"",
        ],
    ),
    makes_naive_times: (
        [
            "datetime.now()",
            "datetime.utcnow()",
            "datetime.fromtimestamp(1)",
            "datetime.datetime.now()",
            "datetime(2026, 1, 1)",
            "date.today()",
        ],
        ["datetime.now(UTC)", "clock.now()", "datetime(2026, 1, 1, tzinfo=UTC)", "func.now()"],
    ),
    reads_tokens_loosely: (
        [
            "jwt.decode(token, key)",
            "jwt.decode(token, key, algorithms=a, issuer=i)",
            "jwt.decode(t, k, algorithms=a, issuer=i, audience=b, options={'verify_exp': False})",
        ],
        ["jwt.decode(t, k, algorithms=a, issuer=i, audience=b)", "raw.decode()"],
    ),
    asks_a_shell: (
        ["subprocess.run(line, shell=True)", "os.system(line)", "eval(line)"],
        ["subprocess.run([program])", "subprocess.run(line, shell=False)", "redis.eval(script)"],
    ),
    loads_objects: (["import pickle", "from marshal import loads"], ["yaml.safe_load(text)"]),
}


def breaking(rule: Rule) -> set[str]:
    """Return the modules that break a rule."""
    return {path for path, node in nodes() if rule(node)}


def functions_of(folder: str) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for path, tree in trees().items()
        if path.startswith(folder)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def writes_down(name: str, functions: dict[str, ast.FunctionDef], passed: frozenset[str]) -> bool:
    """Tell whether a function leads to an entry in the trail, itself or by those it calls."""
    if name in {"audit", "audit_in"}:
        return True
    if name in passed or name not in functions:
        return False
    calls = {
        node.func.id
        for node in ast.walk(functions[name])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return any(writes_down(call, functions, passed | {name}) for call in calls)


def finds(rule: Rule, line: str) -> bool:
    return any(rule(node) for node in ast.walk(ast.parse(line)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_the_rule(rule: Rule) -> None:
    allowed = set(SENDERS) if rule is opens_connections else set()

    assert breaking(rule) == allowed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_finds_what_breaks_it_and_nothing_else(rule: Rule) -> None:
    planted, harmless = RULES[rule]

    assert [line for line in planted if not finds(rule, line)] == []
    assert [line for line in harmless if finds(rule, line)] == []


def test_templates_and_scripts_trust_no_text() -> None:
    unsafe = re.compile(
        r"\|\s*safe\b|autoescape\s+false|\beval\(|insertAdjacentHTML|document\.write"
        r"|\.(inner|outer)HTML\s*\+?=[^=]"
    )
    files = [*ROOT.glob("talkhub/templates/**/*.*"), *ROOT.glob("talkhub/static/js/**/*.js")]

    found = {file.name for file in files if unsafe.search(file.read_text())}

    assert files
    assert found == set()
    assert unsafe.search("{{ text | safe }}")
    assert unsafe.search("region.innerHTML = text")
    assert not unsafe.search("if (region.innerHTML === next.innerHTML)")


def test_what_takes_something_from_somebody_is_written_down() -> None:
    services = functions_of("talkhub/services/")
    taking = {name for name in services if TAKING.match(name)}

    silent = {name for name in taking if not writes_down(name, services, frozenset())}

    assert silent == set(WRITTEN_DOWN_ELSEWHERE)


def test_a_service_that_writes_nothing_down_is_found() -> None:
    planted = ast.parse(
        "def revoke_a(): audit()\ndef revoke_b(): revoke_a()\ndef revoke_c(): run()"
    )
    functions = {node.name: node for node in planted.body if isinstance(node, ast.FunctionDef)}

    assert [name for name in functions if not writes_down(name, functions, frozenset())] == [
        "revoke_c"
    ]
