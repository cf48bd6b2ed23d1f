"""Active sessions are found in Redis, for as long as they may go on."""

from __future__ import annotations

import json

import redis
from callers import Caller
from factories import transcript
from waiting import wait_until


def test_a_session_is_shown_from_its_beginning_until_it_is_saved(
    caller: Caller, redis_url: str
) -> None:
    client = redis.Redis.from_url(redis_url)
    pattern = f"session:{caller.workspace_id}:*"

    opened = caller.tool("create_chat_session", {"user_id": "ana", "platform": "whatsapp"}).json
    key = f"session:{caller.workspace_id}:{opened['session_id']}".encode()
    wait_until(lambda: client.keys(pattern) == [key])
    shown = json.loads(client.get(key))
    lasts = client.ttl(key)
    body = {"session_id": opened["session_id"], "user_id": "ana", "messages": transcript("oi")}
    caller.tool("save_conversation", body)
    wait_until(lambda: client.keys(pattern) == [])

    assert shown == {
        "platform": "whatsapp",
        "status": "active",
        "last_activity_at": opened["created_at"],
    }
    assert 1_700 < lasts <= 1_800
