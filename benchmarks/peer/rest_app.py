"""The other peer: a stock FastAPI application that saves conversations, without protection.

It speaks no protocol but HTTP, and like the first one it knows no authentication, limits,
metrics, idempotency or workspaces.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.peer import work

app = FastAPI()


class Conversation(BaseModel):
    session_id: str
    user_id: str
    messages: list[dict[str, Any]]
    intent_analysis: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


@app.post("/save_conversation")
async def save_conversation(conversation: Conversation) -> dict[str, Any]:
    """Save a conversation's transcript and complete its session."""
    return await work.save(
        conversation.session_id,
        conversation.user_id,
        conversation.messages,
        intent_analysis=conversation.intent_analysis,
        metadata=conversation.metadata,
    )
