"""Every example of the original README's "API Reference", as it stands there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from factories import rows
from flask.testing import FlaskClient

from requirements import requirement
from talkhub.settings import Settings, reveal
from talkhub.store.uow import Database

DEFAULT_WORKSPACE = 1
CREATE_CHAT_SESSION = """
{
  "user_id": "user_123",
  "user_data": {
    "name": "João Silva",
    "phone": "+5511999999999",
    "platform": "whatsapp"
  },
  "platform": "whatsapp"
}
"""
SAVE_CONVERSATION = """
{
  "session_id": "session_xxx",
  "user_id": "user_123",
  "messages": [
    {
      "role": "user",
      "content": "Olá, preciso de ajuda",
      "timestamp": "2025-01-01T10:00:00Z"
    },
    {
      "role": "assistant",
      "content": "Claro! Como posso ajudar?",
      "timestamp": "2025-01-01T10:00:05Z"
    }
  ],
  "intent_analysis": {
    "intent": "support",
    "sentiment": "neutral",
    "confidence": 0.85
  }
}
"""
Call = Callable[..., Any]


@pytest.fixture
def token(client: FlaskClient, settings: Settings) -> str:
    body = {"username": "admin", "admin_secret": reveal(settings.admin_secret)}
    answer = client.post(
        "/api/v1/auth/token", json=body, environ_overrides={"REMOTE_ADDR": "198.51.100.7"}
    )
    assert answer.status_code == 200
    return answer.json["token"]


@pytest.fixture
def call(client: FlaskClient, token: str) -> Iterator[Call]:
    """Call a path as curl does, with the token."""

    def call(method: str, path: str, body: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = client.open(path, method=method, data=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.json
        return answer.json

    return call


@requirement("api:token")
def test_the_admin_secret_gives_a_token(client: FlaskClient, settings: Settings) -> None:
    secret = reveal(settings.admin_secret)
    body = f'{{\n    "username": "admin",\n    "admin_secret": "{secret}"\n  }}'

    answer = client.post(
        "/api/v1/auth/token",
        data=body,
        content_type="application/json",
        environ_overrides={"REMOTE_ADDR": "198.51.100.8"},
    )

    assert answer.status_code == 200
    assert answer.json["expires_in"] == "24h"
    assert answer.json["token"] == answer.json["access_token"]
    assert answer.json["token_type"] == "Bearer"


@requirement("api:health")
def test_health(client: FlaskClient) -> None:
    answer = client.get("/api/health")

    assert answer.status_code == 200
    assert answer.json["status"] == "healthy"


@requirement("api:tools", "tools:listed")
def test_listing_the_tools(call: Call) -> None:
    listed = call("GET", "/api/v1/mcp/tools")["tools"]

    assert {tool["name"] for tool in listed} >= {
        "create_chat_session",
        "save_conversation",
        "get_user_context",
        "update_user_profile",
        "get_conversation_analytics",
    }


@requirement("api:create-chat-session", "tools:create-chat-session")
def test_creating_a_chat_session(call: Call) -> None:
    session = call("POST", "/api/v1/mcp/create_chat_session", CREATE_CHAT_SESSION)

    assert session["user_id"] == "user_123"
    assert session["platform"] == "whatsapp"
    assert session["status"] == "active"
    assert session["user_data"] == json.loads(CREATE_CHAT_SESSION)["user_data"]


@requirement("api:get-user-context", "tools:get-user-context", "workflow:new-conversation")
def test_asking_for_a_users_context(call: Call) -> None:
    call("POST", "/api/v1/mcp/create_chat_session", CREATE_CHAT_SESSION)
    call("POST", "/api/v1/mcp/save_conversation", SAVE_CONVERSATION)

    context = call("GET", "/api/v1/mcp/get_user_context/user_123?include_history=true")

    assert context["profile"]["name"] == "João Silva"
    assert context["profile"]["phone"] == "+5511999999999"
    assert context["has_history"] is True
    assert [c["session_id"] for c in context["recent_conversations"]] == ["session_xxx"]


@requirement(
    "api:save-conversation", "tools:save-conversation", "storage:sessions-conversations-profiles"
)
def test_saving_a_conversation(call: Call, database: Database) -> None:
    saved = call("POST", "/api/v1/mcp/save_conversation", SAVE_CONVERSATION)

    assert saved["session_id"] == "session_xxx"
    assert [message["content"] for message in saved["messages"]] == [
        "Olá, preciso de ajuda",
        "Claro! Como posso ajudar?",
    ]
    assert saved["metadata"] == {
        "message_count": 2,
        "duration": 5,
        "completion_status": "completed",
    }
    given = json.loads(SAVE_CONVERSATION)["intent_analysis"]
    assert {name: saved["intent_analysis"][name] for name in given} == given
    sql = "select conversation_id from conversations where session_id = 'session_xxx'"
    assert rows(database, DEFAULT_WORKSPACE, sql) == [{"conversation_id": saved["conversation_id"]}]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?user_id=user_123",
        '?date_range={"start":"2025-01-01","end":"2025-01-31"}',
        "?date_range=%7B%22start%22%3A%222025-01-01%22%2C%22end%22%3A%222025-01-31%22%7D",
    ],
)
@requirement("api:analytics-of-a-user", "api:analytics-of-a-period")
def test_asking_for_analytics(call: Call, query: str) -> None:
    call("POST", "/api/v1/mcp/save_conversation", SAVE_CONVERSATION)

    answer = call("GET", f"/api/v1/mcp/get_conversation_analytics{query}")

    assert answer["total_conversations"] >= 1
    assert answer["average_response_time"] > 0


@requirement("flow:context-action")
def test_the_flow_builders_action_finds_its_user(call: Call) -> None:
    """The README's action block: parameters with a filled placeholder, `include_history` true."""
    call("POST", "/api/v1/mcp/create_chat_session", CREATE_CHAT_SESSION)
    parameters = {"user_id": "user_123", "include_history": True}

    context = call("POST", "/api/v1/mcp/get_user_context", json.dumps(parameters))

    assert context["found"] is True


def test_the_connection_test_tells_what_the_token_allows(call: Call) -> None:
    answer = call("GET", "/api/v1/test")

    assert answer["ok"] is True
    assert answer["user"] == "admin"
    assert "mcp:write" in answer["scopes"]
