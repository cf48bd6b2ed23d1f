"""Every route, tool and resource, asked by nobody, by a stranger and by who may too little.

Made from the URL map and the registries: whatever is added is asked too, or this fails and says
what is missing. Routes that are open on purpose stand here with their reasons.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace
from flask import Flask
from flask.testing import FlaskClient
from marked import MARK, Marked, everything, mark_workspace, routes
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from talkhub.names import Scope
from talkhub.store.uow import Database
from talkhub.tools.catalogue import registry

ENDLESS = {"dashboard.hints", "mcp.receive_0", "mcp.receive_1", "mcp.receive_2"}
"""Streams, and one address for many methods: tests/mcp asks these by name."""

OPEN = {
    "static": "styles, scripts and icons",
    "problem_type": "the documentation",
    "root": "leads to the dashboard, which asks for a login",
    "well_known.server": "tells applications how to ask for access",
    "well_known.host": "tells applications how to ask for access",
    "well_known.endpoint": "tells applications how to ask for access",
    "health.health": "load balancers",
    "health.api_health": "load balancers",
    "health.livez": "load balancers",
    "health.readyz": "load balancers",
    "health.metrics": "Prometheus, and no proxy's caller",
    "mcp.refuse": "says that the address wants POST",
    "auth.token": "takes the admin secret",
    "auth.refresh": "takes a refresh token",
    "auth.revoke": "takes the token at stake",
    "oauth.token": "takes a code or refresh token",
    "oauth.revoke": "takes the token at stake",
    "oauth.register": "applications register themselves",
    "api.openapi": "the documentation",
    "dashboard.login": "the login",
    "dashboard.enter": "the login",
    "dashboard.second_step": "the login's second step",
    "dashboard.take_second_step": "the login's second step",
    "auth.supabase": "takes a token of the Supabase project, where that is switched on",
    "dashboard.leave_for_company": "the login, where that is switched on",
    "dashboard.return_from_company": "the login, where that is switched on",
    "dashboard.supabase": "the login, where that is switched on",
    "dashboard.enter_by_supabase": "the login, where that is switched on",
    "dashboard.preferences": "theme and language, in a cookie",
    "dashboard.invitation": "an invitation's secret is in its address",
    "dashboard.accept_as_newcomer": "an invitation's secret is in its address",
    "dashboard.brand_style": "the colour on the login page",
    "dashboard.brand_logo": "the logo on the login page, at an address of its content",
    "call_pages.show": "the page that a workspace's people call from",
    "calls.begin": "whoever calls from that page; its key is in its address",
}
"""Endpoints that ask for no token, and why. The webhooks ask for a signature."""

OF_ONE_CALL = {"calls.attend", "calls.end", "calls.signal"}
"""They take the token of one side of one call, and no other: tests/calling asks these."""

WITHOUT_SCOPE = {
    "api.test": "tells of the token itself",
    "api.tools": "names the tools",
    "graphql.answer": "each field asks for its scope",
}
FOR_VIEWERS = {
    "dashboard.preferences": "their own theme and language",
    "dashboard.leave": "their own session",
    "dashboard.presence": "their own session",
    "dashboard.set_password": "their own password",
    "dashboard.set_own_email": "their own address",
    "dashboard.enter_by_supabase": "the login",
    "dashboard.begin_factor": "their own second factor",
    "dashboard.confirm_factor": "their own second factor",
    "dashboard.end_factor": "their own second factor",
    "dashboard.end_one_session": "their own sessions",
    "dashboard.end_all_other_sessions": "their own sessions",
    "dashboard.enter_workspace": "workspaces they belong to",
    "dashboard.join_workspace": "an invitation's secret is in its address",
    "dashboard.decide": "applications for what they see",
    "dashboard.disconnect": "applications that they connected",
    "dashboard.save_view": "views of their own",
    "dashboard.change_view": "views of their own",
    "dashboard.delete_view": "views of their own",
    "dashboard.login": "who is signed in is sent on",
    "dashboard.enter": "the login",
    "dashboard.take_second_step": "the login's second step",
    "dashboard.accept_as_newcomer": "an invitation's secret is in its address",
}
"""What somebody may send who only looks, and why."""

FORMS: dict[str, Mapping[str, str]] = {
    "dashboard.add_channel_rule": {"event": "conversation.analyzed", "action": "add_tag"},
    "dashboard.change_role": {"role": "owner"},
    "dashboard.create_workspace": {"slug": "new", "name": "New", "timezone": "UTC"},
    "dashboard.found_agency": {"name": "Agency"},
    "dashboard.invite": {"role": "viewer"},
    "dashboard.review_analysis": {"conversation_id": "x", "sentiment": "positive"},
    "dashboard.judge_reply_here": {"good": "true"},
    "dashboard.switch_enrichment": {"enabled": "true"},
}
"""What is looked at before who sends it, where nothing at all would be refused for that."""

REFUSED = {401, 403, 404}


@dataclass(frozen=True)
class Stage:
    """Ana's marked workspace, and who else there is."""

    ana: Marked
    owner: Caller
    stranger: Caller
    strange_browser: FlaskClient
    viewing_browser: FlaskClient


@pytest.fixture
def stage(
    database: Database,
    caller: Caller,
    browse: Callable[..., FlaskClient],
    sign_token: Callable[..., str],
    drain: Callable[[], None],
) -> Stage:
    other = make_workspace(database)
    browser = browse(caller.workspace_id, name="ana-of-the-matrix")
    ana = mark_workspace(caller, browser, database, drain)
    return Stage(
        ana=ana,
        owner=caller,
        stranger=Caller(caller.client, other, sign_token(other, subject="caio")),
        strange_browser=browse(other, "owner", name="caio-of-the-matrix"),
        viewing_browser=browse(caller.workspace_id, "viewer", name="bia-of-the-matrix"),
    )


def is_page(rule: Rule) -> bool:
    return rule.endpoint.startswith("dashboard.")


def is_webhook(rule: Rule) -> bool:
    return rule.endpoint.startswith("webhooks.")


def ask(client: FlaskClient, method: str, path: str, token: str | None = None) -> TestResponse:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if path.startswith("/dashboard"):
        return client.open(path, method=method, headers=headers)
    body = json.dumps({"query": "{ profiles { nodes { name } } }"}) if "graphql" in path else "{}"
    headers["Content-Type"] = "application/json"
    sent = body if method in {"POST", "PUT", "PATCH", "DELETE"} else None
    return client.open(path, method=method, headers=headers, data=sent)


def tells(answer: TestResponse) -> bool:
    """Tell whether an answer holds anything of Ana's, beside the address that was asked for."""
    return MARK.encode() in answer.data.replace(answer.request.path.encode(), b"")


def test_without_a_token_nothing_answers_but_what_is_open_on_purpose(
    app: Flask, stage: Stage
) -> None:
    client = app.test_client()
    wrong: dict[str, Any] = {}
    opened = set()
    for method, rule in routes(app):
        answer = ask(client, method, stage.ana.path(rule))
        closed = answer.status_code in REFUSED or (
            is_page(rule) and (answer.location or "").startswith("/dashboard/login")
        )
        name = f"{method} {rule}"
        if tells(answer):
            wrong[name] = "tells of Ana's"
        elif rule.endpoint in OPEN:
            opened.add(rule.endpoint)
        elif not closed and not is_webhook(rule):
            wrong[name] = answer.status_code

    assert wrong == {}
    assert set(OPEN) - opened == set()


def test_a_stranger_is_told_nothing_and_changes_nothing(
    app: Flask, stage: Stage, database: Database
) -> None:
    before = everything(database, stage.ana.workspace_id)
    wrong: dict[str, Any] = {}
    for method, rule in routes(app):
        if rule.endpoint in ENDLESS | set(OPEN) or is_webhook(rule):
            continue
        client = stage.strange_browser if is_page(rule) else stage.stranger.client
        token = None if is_page(rule) else stage.stranger.token
        answer = ask(client, method, stage.ana.path(rule), token)
        if tells(answer):
            wrong[f"{method} {rule}"] = "tells of Ana's"
        elif answer.status_code >= 500:
            wrong[f"{method} {rule}"] = answer.status_code

    assert wrong == {}
    assert everything(database, stage.ana.workspace_id) == before


def test_a_token_without_the_scope_is_refused_before_anything_is_read(
    app: Flask, stage: Stage, sign_token: Callable[..., str], database: Database
) -> None:
    token = sign_token(stage.ana.workspace_id, Scope.DASHBOARD)
    before = everything(database, stage.ana.workspace_id)
    wrong = {}
    for method, rule in routes(app):
        skipped = rule.endpoint in ENDLESS | OF_ONE_CALL | set(OPEN)
        skipped = skipped or is_webhook(rule) or is_page(rule)
        if skipped:
            continue
        answer = ask(stage.owner.client, method, stage.ana.path(rule), token)
        expected = 200 if rule.endpoint in WITHOUT_SCOPE else 403
        if answer.status_code != expected or tells(answer):
            wrong[f"{method} {rule}"] = answer.status_code

    assert wrong == {}
    assert everything(database, stage.ana.workspace_id) == before


def test_who_only_looks_sends_nothing_that_is_not_theirs(
    app: Flask, stage: Stage, database: Database
) -> None:
    before = everything(database, stage.ana.workspace_id)
    wrong = {}
    for method, rule in routes(app):
        if not is_page(rule) or method == "GET" or rule.endpoint in FOR_VIEWERS:
            continue
        form = FORMS.get(rule.endpoint, {})
        answer = stage.viewing_browser.post(stage.ana.path(rule), data=form)
        if answer.status_code != 403:
            wrong[rule.endpoint] = answer.status_code

    assert wrong == {}
    assert everything(database, stage.ana.workspace_id) == before


@pytest.mark.parametrize("spec", list(registry), ids=lambda spec: spec.name)
def test_a_tool_is_refused_without_its_scope(
    caller: Caller, sign_token: Callable[..., str], spec: Any
) -> None:
    token = sign_token(caller.workspace_id, Scope.DASHBOARD)
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": spec.name, "arguments": {}},
    }

    answer = Caller(caller.client, caller.workspace_id, token).post("/mcp", body)

    assert answer.status_code == 403
