"""The rules of docs/architecture.md that a program can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import syntax

from talkhub.jobs import handlers
from talkhub.names import Job

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "talkhub"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 60

SYSTEM_SCOPES = {
    ("blueprints/health.py", "health"),
    ("blueprints/health.py", "metrics"),
    ("demo/load.py", "a workspace for invented conversations"),
    ("enrichment/breaker.py", "how the language model fares"),
    ("enrichment/budget.py", "the budget of all workspaces"),
    ("enrichment/queueing.py", "a drain's claim"),
    ("jobs/courier.py", "a drain's claim"),
    ("jobs/crm_sessions.py", "idle sessions at CRMs"),
    ("jobs/handlers.py", "a drain's claim"),
    ("jobs/statistics.py", "buckets that an earlier release counted"),
    ("jobs/statistics.py", "workspaces with due statistics"),
    ("jobs/retention.py", "workspaces with rules of retention"),
    ("jobs/packing.py", "workspaces with conversations to pack"),
    ("jobs/schedule.py", "delivered webhooks of all workspaces"),
    ("jobs/schedule.py", "due work of all workspaces"),
    ("jobs/schedule.py", "logged requests of all workspaces"),
    ("jobs/schedule.py", "silent sessions of all workspaces"),
    ("jobs/schedule.py", "the default workspace's time zone"),
    ("jobs/schedule.py", "the schedule"),
    ("jobs/forgetting.py", "what is past its time"),
    ("jobs/schedule.py", "settled events of all workspaces"),
    ("jobs/schedule.py", "work that ends its workers"),
    ("jobs/teaching.py", "a drain's claim"),
    ("jobs/watching.py", "workspaces that want a weekly report"),
    ("jobs/watching.py", "workspaces with rules of alerts"),
    ("services/calling/calls.py", "calls that nobody is in"),
    ("services/access/admin_tries.py", "tries of the admin secret"),
    ("services/access/api_keys.py", "the workspace of an API key"),
    ("services/access/attempts.py", "a failed attempt"),
    ("services/access/attempts.py", "failures of all addresses"),
    ("services/answering/queueing.py", "a drain's claim"),
    ("services/connecting/hearing.py", "the workspace of a CRM"),
    ("services/audit_chain.py", "the seals of all workspaces' trails"),
    ("services/access/auth.py", "the first admin"),
    ("services/access/auth.py", "the workspace of a login"),
    ("services/access/auth.py", "a person's password"),
    ("services/access/passwords.py", "a person's password"),
    ("services/access/second_factors.py", "a person's second factor"),
    ("services/administration/vouched.py", "a person's e-mail address"),
    ("services/administration/disabling.py", "a login is disabled"),
    ("services/access/browser_sessions.py", "the browsers of a person"),
    ("services/administration/brands.py", "the brand of a login"),
    ("services/sending/channel_accounts.py", "the workspace of a channel"),
    ("services/access/ending.py", "whose tokens are to end"),
    ("services/access/oauth_clients.py", "an application belongs to no workspace"),
    ("services/access/oauth_grants.py", "an application was used"),
    ("services/access/oauth_grants.py", "the workspace of an authorization code"),
    ("services/access/oauth_grants.py", "whether a person still belongs"),
    ("services/reporting/rebuilding.py", "whose statistics are counted again"),
    ("services/sending/reconciling.py", "the accounts to reconcile"),
    ("services/access/refreshing.py", "the workspace of a refresh token"),
    ("services/access/signing.py", "the rotation of signing keys"),
    ("store/browser_sessions.py", "who is signed in in a browser"),
    ("store/connections.py", "room for connections"),
    ("store/inbox_writer.py", "the inbox takes events of all workspaces"),
    ("store/request_log.py", "the log takes requests of all workspaces"),
    ("store/revocations.py", "revoked tokens of all workspaces"),
    ("store/hashing_keys.py", "keys that hash for all"),
    ("store/signing_keys.py", "signing keys serve all workspaces"),
    ("services/privacy/number_masking.py", "what a workspace wants masked"),
    ("services/administration/reencrypting.py", "what is encrypted of all workspaces"),
    ("services/administration/workspaces.py", "a workspace's silence between sessions"),
    ("services/administration/administering.py", "the administration of a workspace"),
    ("services/administration/administering.py", "who belongs to which workspace"),
    ("services/administration/emptying.py", "what is in closed workspaces"),
    ("services/administration/invitations.py", "an invitation is accepted"),
    ("services/administration/invitations.py", "a login that comes by an invitation"),
    ("services/administration/invitations.py", "an invitation is accepted by a login"),
    ("store/workspace_use.py", "how much is used"),
}
"""Every place that may see all workspaces, and why. A new one is a decision: add it here."""

OUTSIDE_THE_SCHEMA = {"embedded/schema.py", "embedded/servers.py"}
"""Modules with SQL that asks a server about itself, before there is anything to scope."""

SQL = re.compile(
    r"\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s"
    r"|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|role|policy|function|database)\s"
    r"|set\s+(local|role|session)\s|grant\s.+\sto\s)",
    re.IGNORECASE | re.DOTALL,
)


def nodes() -> list[tuple[str, ast.AST]]:
    """Return the nodes of the package's modules that rules look at."""
    return [
        (path.removeprefix("talkhub/"), node)
        for path, node in syntax.nodes()
        if path.startswith("talkhub/")
    ]


def called_name(node: ast.Call) -> str:
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def prose() -> set[tuple[str, str]]:
    """Return the texts that stand as statements of their own."""
    return {
        (module, node.value.value)
        for module, node in nodes()
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def test_the_callers_of_the_system_scope_are_the_listed_ones() -> None:
    called = {
        (module, ast.literal_eval(node.args[0]))
        for module, node in nodes()
        if isinstance(node, ast.Call) and called_name(node) == "system_scope"
    }

    assert called == SYSTEM_SCOPES


def test_only_the_store_commits_and_rolls_back() -> None:
    ending = {
        module
        for module, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
    }

    assert {module for module in ending if not module.startswith("store/")} == set()


def test_only_the_store_writes_sql() -> None:
    spoken = prose()

    with_sql = {
        module
        for module, node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and SQL.match(node.value)
        and (module, node.value) not in spoken
    }

    outside = {module for module in with_sql if not module.startswith("store/")}
    assert outside - OUTSIDE_THE_SCHEMA == set()
    assert "store/statements/conversations.py" in with_sql  # the rule sees SQL at all


def test_only_the_store_knows_the_database_driver() -> None:
    importing = {
        module
        for module, node in nodes()
        if (isinstance(node, ast.Import) and node.names[0].name.startswith("psycopg2"))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("psycopg2"))
    }

    assert {m for m in importing if not m.startswith(("store/", "embedded/"))} == set()


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text().splitlines()) for module in MODULES
    }

    assert {name: count for name, count in lengths.items() if count > MAX_MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{module}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: count for name, count in lengths.items() if count > MAX_FUNCTION_LINES} == {}


def test_every_module_says_in_one_line_what_it_is() -> None:
    silent = {
        module
        for module, node in nodes()
        if isinstance(node, ast.Module) and node.body and not ast.get_docstring(node)
    }

    assert silent == set()


def test_a_module_imports_only_downward() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("job", list(Job))
def test_every_job_is_a_function_that_workers_can_call(job: Job) -> None:
    assert callable(getattr(handlers, job.value, None))
