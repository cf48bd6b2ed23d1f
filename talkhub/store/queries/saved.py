"""A saved conversation as its caller knows it, and whether it was analysed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from talkhub.names.labels import AnalysisStatus
from talkhub.store.queries.transcripts import OWN_SOURCE
from talkhub.store.tables.conversations import Conversation
from talkhub.store.tables.insights import AnalysisRecord
from talkhub.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class AnalysisState:
    """How a conversation's analysis stands, and when it was analysed last, if ever."""

    status: str
    analysed_at: datetime | None
    updated_at: datetime

    @property
    def is_pending(self) -> bool:
        """Whether an analysis is still to come."""
        return self.status == AnalysisStatus.PENDING

    @property
    def has_failed(self) -> bool:
        """Whether there will be none: it was tried too often."""
        return self.status == AnalysisStatus.FAILED


def analysis_state(uow: UnitOfWork, conversation_id: str) -> AnalysisState | None:
    """Return how the analysis of a conversation stands; None if there is no such one."""
    analysed_at = (
        select(func.max(AnalysisRecord.analysed_at))
        .where(
            AnalysisRecord.workspace_id == uow.workspace_id,
            AnalysisRecord.conversation_id == Conversation.id,
            AnalysisRecord.source == OWN_SOURCE,
        )
        .scalar_subquery()
    )
    statement = select(
        func.coalesce(Conversation.intent_analysis["status"].astext, "").label("status"),
        analysed_at.label("analysed_at"),
        Conversation.updated_at,
    ).where(
        Conversation.workspace_id == uow.workspace_id,
        Conversation.conversation_id == conversation_id,
    )
    row = uow.execute(statement).mappings().first()
    return AnalysisState(**row) if row is not None else None


def saved_conversation(uow: UnitOfWork, conversation_id: str) -> dict[str, Any] | None:
    """Return a conversation's row as saving it answers it; None if there is no such one."""
    statement = select(
        Conversation.id,
        Conversation.conversation_id,
        Conversation.session_id,
        Conversation.user_id,
        Conversation.platform,
        Conversation.messages,
        Conversation.intent_analysis,
        Conversation.metadata_.label("metadata"),
        Conversation.created_at,
    ).where(
        Conversation.workspace_id == uow.workspace_id,
        Conversation.conversation_id == conversation_id,
    )
    row = uow.execute(statement).mappings().first()
    return dict(row) if row is not None else None
