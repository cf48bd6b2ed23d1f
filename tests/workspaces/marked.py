"""A workspace in which everything that can be told carries a mark, and the ids of it all."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from callers import Caller
from factories import make_channel, rows
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from talkhub.names import Platform
from talkhub.roles import Role
from talkhub.services.administration.administering import Acting, overseeing
from talkhub.services.administration.invitations import invite
from talkhub.services.administration.members import list_members
from talkhub.store.base import Base
from talkhub.store.uow import Database, system_scope

MARK = "segredo-da-ana"
WRITTEN_BY_LOOKING = frozenset(
    {"audit_entries", "browser_sessions", "request_log", "tokens", "usage_counts"}
)
"""What requests leave by the way: who came in, how often, what was read."""

IDS_OF_ROWS = {
    "profile_id": "select id from user_profiles order by id desc limit 1",
    "fact_id": "select max(id) as id from profile_facts",
    "correction_id": "select max(id) as id from corrections",
    "rule_id": "select max(id) as id from alert_rules",
    "key_id": "select max(id) as id from api_keys",
    "endpoint_id": "select max(id) as id from webhook_endpoints",
    "delivery_id": "select max(id) as id from outbound_messages",
    "channel_id": "select max(id) as id from channels",
    "connector_id": "select max(id) as id from crm_connectors",
    "note_id": "select max(id) as id from notes",
    "marker_id": "select max(id) as id from markers",
    "view_id": "select max(id) as id from saved_views",
    "request_id": "select max(id) as id from subject_requests",
    "source_id": "select max(id) as id from reply_sources",
    "reply_id": "select max(id) as id from replies",
    "invitation_id": "select max(id) as id from invitations",
}
"""Where the numbers in addresses come from. Whatever is new in an address is added here."""


@dataclass(frozen=True)
class Marked:
    """Ana's workspace; `texts` and `numbers` are what stands in addresses of what is hers."""

    workspace_id: int
    texts: Mapping[str, str]
    numbers: Mapping[str, int]

    def path(self, rule: Rule) -> str:
        """Return the address of something of Ana's; raises KeyError for an unknown place."""
        values = {
            name: self.numbers[name]
            if isinstance(rule._converters.get(name), IntegerConverter)
            else self.texts[name]
            for name in rule.arguments
        }
        built = rule.build(values)
        assert built is not None
        return built[1]


def mark_workspace(
    caller: Caller, browser: FlaskClient, database: Database, drain: Callable[[], None]
) -> Marked:
    """Fill a workspace with what carries the mark, through the API and pages, and name it."""
    user_id = f"u-{secrets.token_hex(8)}"
    path = make_channel(database, caller.workspace_id, Platform.TELEGRAM, name=MARK)
    saved = caller.tool(
        "save_conversation",
        {
            "session_id": f"s-{user_id}",
            "user_id": user_id,
            "messages": [{"role": "user", "content": f"{MARK} péssimo"}],
        },
    ).json
    drain()
    of_person = f"/api/v1/people/{user_id}"
    of_conversation = f"/api/v1/conversations/{saved['conversation_id']}"
    on_page = f"/dashboard/conversations/{saved['conversation_id']}"
    made = [
        caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {"name": MARK}}),
        caller.post(f"{of_person}/facts", {"kind": "city", "value": MARK}),
        caller.post(f"{of_conversation}/corrections", {"sentiment": "positive"}),
        caller.post(
            "/api/v1/alert-rules",
            {
                "name": MARK, "kind": "volume", "direction": "above", "threshold": 9.0,
                "clears_at": 1.0, "window_minutes": 60, "hold_minutes": 5, "minimum": 1,
            },
        ),
        caller.post("/api/v1/api-keys", {"name": MARK, "scopes": ["mcp:read"]}),
        caller.post(
            "/api/v1/webhook-endpoints",
            {"url": f"https://example.com/{MARK}", "events": ["conversation.closed"]},
        ),
        caller.put(f"/api/v1/own-labels/{MARK}", {"kind": "topic", "phrases": [MARK]}),
        caller.post("/api/v1/reply-sources", {"name": MARK, "format": "text", "text": MARK}),
        caller.post("/api/v1/subject-requests", {"kind": "access", "user_id": MARK}),
        browser.post("/dashboard/markers", data={"name": MARK}),
        browser.post(f"{on_page}/notes", data={"body": MARK}),
        caller.post(
            "/api/v1/crm-connectors",
            {"kind": "hubspot", "name": MARK, "credentials": {"token": MARK}},
        ),
        browser.post("/dashboard/views", data={"name": MARK, "filters": "sentiment=negative"}),
    ]  # fmt: skip
    browser.post("/dashboard/calls/page", data={"is_open": "yes"})
    page_key = rows(database, caller.workspace_id, "select page_key from call_pages")[0]["page_key"]
    made.append(caller.client.post(f"/api/v1/call-pages/{page_key}/calls", json={"name": MARK}))
    refused = [answer.text[:300] for answer in made if answer.status_code >= 400]
    assert not refused, "\n".join(refused)
    endpoint = made[5].json["id"]
    assert caller.post(f"/api/v1/webhook-endpoints/{endpoint}/test", {}).status_code < 300
    owner = Acting(caller.workspace_id, "ops", is_operator=True)
    invitation = invite(database, owner, role=Role.VIEWER, email=f"{MARK}@example.com")
    numbers = {
        name: rows(database, caller.workspace_id, sql)[0]["id"] or 0
        for name, sql in IDS_OF_ROWS.items()
    }
    with overseeing(database) as uow:
        (member, *_others) = list_members(uow, caller.workspace_id)
    numbers |= {"user_id": member.id, "workspace_id": caller.workspace_id, "version": 1}
    numbers |= {"session_id": 1, "grant_id": 1}
    texts = {
        "user_id": user_id,
        "session_id": f"s-{user_id}",
        "conversation_id": saved["conversation_id"],
        "id": f"message_{secrets.token_hex(8)}",
        "name": MARK,
        "file_name": "conversations.csv",
        "token": invitation.token,
        "public_token": path.rpartition("/")[2],
        "colour": "aabbcc",
        "digest": "0" * 16,
        "code": "not_found",
        "filename": "css/app.css",
        "platform": "telegram",
        "page_key": page_key,
        "call_id": made[-1].json["call_id"],
    }
    return Marked(caller.workspace_id, texts, numbers)


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Yield every route with each of its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def everything(database: Database, workspace_id: int) -> dict[str, list[Any]]:
    """Return all rows of a workspace as text, by table, but for those that looking writes."""
    with database.read_only(system_scope("a test")) as uow:
        return {
            table.name: sorted(
                uow.run(
                    f"select to_jsonb(t)::text from {table.name} t where workspace_id = %(id)s",
                    {"id": workspace_id},
                ).scalars()
            )
            for table in Base.metadata.sorted_tables
            if "workspace_id" in table.columns and table.name not in WRITTEN_BY_LOOKING
        }
