"""The peer: a FastMCP server of the same three tools, as its documentation recommends one.

Stateless, with JSON answers, on asyncpg and uvicorn. Unlike TalkHub it knows no
authentication, limits, metrics, idempotency or workspaces.
"""

from __future__ import annotations

from typing import Any

from fastmcp import FastMCP

from benchmarks.peer import work

mcp = FastMCP("peer")


@mcp.tool
async def create_chat_session(
    user_id: str, user_data: dict[str, Any] | None = None, platform: str = "unknown"
) -> dict[str, Any]:
    """Open a chat session."""
    return await work.create(user_id, user_data or {}, platform)


@mcp.tool
async def save_conversation(
    session_id: str,
    user_id: str,
    messages: list[dict[str, Any]],
    intent_analysis: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Save a conversation's transcript and complete its session."""
    return await work.save(
        session_id,
        user_id,
        messages,
        intent_analysis=intent_analysis or {},
        metadata=metadata or {},
    )


@mcp.tool
async def get_user_context(user_id: str, include_history: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 -- a tool's arguments
    """Tell what is known of a person, with the last five conversations."""
    return await work.context(user_id, include_history=include_history)


app = mcp.http_app(path="/mcp", stateless_http=True, json_response=True)
