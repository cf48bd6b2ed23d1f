"""A workspace in which people have talked, to be read over the protocol."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from talked import Talked

from talkhub import clock


@pytest.fixture
def talk() -> Callable[..., Talked]:
    """Have someone and a bot talk just now, in a caller's workspace."""

    def save(caller: Caller, *texts: str, user_id: str = "ana", **person: object) -> Talked:
        opened = caller.tool(
            "create_chat_session",
            {"user_id": user_id, "platform": "whatsapp", "user_data": person},
        )
        messages = [
            {
                "role": "bot" if number % 2 else "user",
                "content": text,
                "timestamp": clock.now().isoformat(),
            }
            for number, text in enumerate(texts)
        ]
        body = {"session_id": opened.json["session_id"], "user_id": user_id, "messages": messages}
        saved = caller.tool("save_conversation", body)
        assert saved.status_code == 200, saved.text
        return Talked(user_id, opened.json["session_id"], saved.json["conversation_id"])

    return save
