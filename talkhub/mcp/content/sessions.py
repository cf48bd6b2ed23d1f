"""A chat session as a document, with the addresses of its transcripts."""

from __future__ import annotations

from dataclasses import asdict

from talkhub.errors import NotFound
from talkhub.mcp.content import addresses
from talkhub.mcp.content.documents import Document, json_document
from talkhub.services.talking.transcripts import format_time
from talkhub.store.queries.sessions import find_session
from talkhub.store.uow import UnitOfWork

SHOWN_CONVERSATIONS = 50


def session(uow: UnitOfWork, session_id: str) -> Document:
    """Return a session and what is known of its conversations; raises NotFound."""
    found = find_session(uow, session_id, conversations=SHOWN_CONVERSATIONS)
    if found is None:
        raise NotFound("There is no such session.")
    told = asdict(found)
    for conversation in told["conversations"]:
        conversation["transcript"] = addresses.address(
            addresses.TRANSCRIPT, conversation_id=conversation["conversation_id"]
        )
    told["conversations"] = list(told["conversations"])
    return json_document(told, modified_at=format_time(found.updated_at))
