"""The peer: a FastMCP server of the same three tools, as its documentation recommends one.

Stateless, with JSON answers, on asyncpg and uvicorn. Unlike TalkHub it knows no
authentication, limits, metrics, idempotency or workspaces.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

import asyncpg
import orjson
from fastmcp import FastMCP

POOL_SIZE = 8

CREATE = """
insert into chat_sessions (session_id, user_id, user_data, platform, status, created_at)
values ($1, $2, $3, $4, 'active', now())
returning id, session_id, user_id, user_data, platform, status, created_at, updated_at
"""
SAVE = """
insert into conversations
  (conversation_id, session_id, user_id, messages, intent_analysis, metadata, created_at)
values ($1, $2, $3, $4, $5, $6, now())
returning id, conversation_id, created_at
"""
COMPLETE = """
update chat_sessions set status = 'completed', updated_at = now() where session_id = $1
"""
PROFILE = "select * from user_profiles where user_id = $1"
HISTORY = """
select conversation_id, session_id, messages, intent_analysis, metadata, created_at
from conversations where user_id = $1 order by created_at desc limit 5
"""

mcp = FastMCP("peer")
_pools: list[asyncpg.Pool] = []
_making = asyncio.Lock()


async def _pool() -> asyncpg.Pool:
    """Return this process' pool; the connection's parameters come from PG* variables."""
    if not _pools:
        async with _making:
            if not _pools:
                _pools.append(
                    await asyncpg.create_pool(
                        min_size=POOL_SIZE, max_size=POOL_SIZE, init=_register
                    )
                )
    return _pools[0]


async def _register(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
        schema="pg_catalog",
    )


def _new_id(kind: str) -> str:
    return f"{kind}_{int(time.time() * 1000)}_{secrets.token_hex(6)}"


@mcp.tool
async def create_chat_session(
    user_id: str, user_data: dict[str, Any] | None = None, platform: str = "unknown"
) -> dict[str, Any]:
    """Open a chat session."""
    pool = await _pool()
    row = await pool.fetchrow(CREATE, _new_id("session"), user_id, user_data or {}, platform)
    return dict(row)


@mcp.tool
async def save_conversation(
    session_id: str,
    user_id: str,
    messages: list[dict[str, Any]],
    intent_analysis: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Save a conversation's transcript and complete its session."""
    analysis = intent_analysis or {}
    kept = {
        **(metadata or {}),
        "message_count": len(messages),
        "completion_status": "completed",
    }
    pool = await _pool()
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            SAVE, _new_id("conv"), session_id, user_id, messages, analysis, kept
        )
        await connection.execute(COMPLETE, session_id)
    return {**dict(row), "intent_analysis": analysis, "metadata": kept}


@mcp.tool
async def get_user_context(user_id: str, include_history: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 -- a tool's arguments
    """Tell what is known of a person, with the last five conversations."""
    pool = await _pool()
    async with pool.acquire() as connection:
        profile = await connection.fetchrow(PROFILE, user_id)
        rows = await connection.fetch(HISTORY, user_id) if include_history else []
    return {
        "user_id": user_id,
        "profile": dict(profile) if profile else {},
        "has_history": bool(rows),
        "recent_conversations": [dict(row) for row in rows],
    }


app = mcp.http_app(path="/mcp", stateless_http=True, json_response=True)
