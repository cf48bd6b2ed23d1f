"""What the peers do, as asyncpg's documentation recommends it, on the reference schema."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

import asyncpg
import orjson

POOL_SIZE = 8

JSONObject = dict[str, Any]

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

_pools: list[asyncpg.Pool] = []
_making = asyncio.Lock()


async def create(user_id: str, user_data: JSONObject, platform: str) -> JSONObject:
    """Open a chat session."""
    row = await (await _pool()).fetchrow(CREATE, _new_id("session"), user_id, user_data, platform)
    return dict(row)


async def save(
    session_id: str,
    user_id: str,
    messages: list[JSONObject],
    *,
    intent_analysis: JSONObject,
    metadata: JSONObject,
) -> JSONObject:
    """Save a conversation's transcript and complete its session."""
    kept = {**metadata, "message_count": len(messages), "completion_status": "completed"}
    pool = await _pool()
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            SAVE, _new_id("conv"), session_id, user_id, messages, intent_analysis, kept
        )
        await connection.execute(COMPLETE, session_id)
    return {**dict(row), "intent_analysis": intent_analysis, "metadata": kept}


async def context(user_id: str, *, include_history: bool) -> JSONObject:
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
