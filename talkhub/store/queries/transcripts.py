"""One conversation whole: its messages, its current analysis, its person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from talkhub.label_names import AnalysisSource, Correctable
from talkhub.store.conversations import Conversation
from talkhub.store.insights import AnalysisRecord
from talkhub.store.profiles import Profile
from talkhub.store.queries.analytics import completion
from talkhub.store.uow import UnitOfWork

OWN_SOURCE = "talkhub"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation. `messages` and `result` are JSON as it is stored.

    `result` is the analysis that the filter columns come from; None before the first one.
    """

    conversation_id: str
    profile_id: int
    user_id: str
    platform: str
    channel_id: int | None
    source: str
    part: int
    started_at: datetime
    last_message_at: datetime
    message_count: int
    user_message_count: int
    response_count: int
    response_ms_total: int
    language: str | None
    sentiment: str | None
    sentiment_score: float | None
    primary_intent: str | None
    topics: tuple[str, ...]
    completion: str | None
    analysed_version: str | None
    analysis_due_at: datetime | None
    messages: tuple[Mapping[str, Any], ...]
    intent_analysis: Mapping[str, Any]
    result: Mapping[str, Any] | None

    @property
    def course(self) -> Mapping[str, Any] | None:
        """How the conversation went, as `result` has it but for what people corrected.

        None if its analysis is not there or says nothing of it.
        """
        found: Mapping[str, Any] | None = (self.result or {}).get("course")
        counts = self.intent_analysis
        if not found or counts.get("source") != AnalysisSource.CORRECTED:
            return found or None
        said = {
            name.value: {"label": counts["course"][name], "evidence": []}
            for name in (Correctable.OUTCOME, Correctable.RESOLUTION)
            if name in counts["corrected"]
        }
        return {**found, **said}


@dataclass(frozen=True, slots=True)
class EarlierAnalysis:
    """What an older analyser said of a conversation."""

    version: str
    intent: str
    sentiment: str
    analysed_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """The person of a conversation. `interaction_stats` is JSON as it is stored."""

    user_id: str
    name: str | None
    phone: str | None
    email: str | None
    tags: tuple[str, ...]
    first_seen_at: datetime | None
    memory_opt_out: bool
    interaction_stats: Mapping[str, Any]


def find_transcript(uow: UnitOfWork, conversation_id: str) -> Transcript | None:
    """Return a conversation of the workspace, or None if it has none of this id."""
    current = and_(
        AnalysisRecord.workspace_id == uow.workspace_id,
        AnalysisRecord.conversation_id == Conversation.id,
        AnalysisRecord.analyser_version == Conversation.analysed_version,
        AnalysisRecord.source == OWN_SOURCE,
    )
    statement = (
        select(
            Conversation.conversation_id,
            Conversation.profile_id,
            Conversation.user_id,
            Conversation.platform,
            Conversation.channel_id,
            Conversation.source,
            Conversation.part,
            Conversation.started_at,
            Conversation.last_message_at,
            Conversation.message_count,
            Conversation.user_message_count,
            Conversation.response_count,
            Conversation.response_ms_total,
            Conversation.language,
            Conversation.sentiment,
            Conversation.sentiment_score,
            Conversation.primary_intent,
            Conversation.topics,
            completion().label("completion"),
            Conversation.analysed_version,
            Conversation.analysis_due_at,
            Conversation.messages,
            Conversation.intent_analysis,
            AnalysisRecord.result,
        )
        .outerjoin(AnalysisRecord, current)
        .where(
            Conversation.workspace_id == uow.workspace_id,
            Conversation.conversation_id == conversation_id,
        )
    )
    row = uow.execute(statement).mappings().first()
    if row is None:
        return None
    lists = {name: tuple(row[name]) for name in ("topics", "messages")}
    return Transcript(**{**row, **lists})


def earlier_analyses(uow: UnitOfWork, conversation_id: str) -> tuple[EarlierAnalysis, ...]:
    """Return what other versions than the current one said of a conversation, the latest first."""
    statement = (
        select(
            AnalysisRecord.analyser_version.label("version"),
            AnalysisRecord.result["intent"].astext.label("intent"),
            AnalysisRecord.result["sentiment"].astext.label("sentiment"),
            AnalysisRecord.analysed_at,
        )
        .join(Conversation, Conversation.id == AnalysisRecord.conversation_id)
        .where(
            Conversation.workspace_id == uow.workspace_id,
            Conversation.conversation_id == conversation_id,
            AnalysisRecord.workspace_id == uow.workspace_id,
            AnalysisRecord.source == OWN_SOURCE,
            AnalysisRecord.analyser_version != Conversation.analysed_version,
        )
        .order_by(AnalysisRecord.analysed_at.desc())
    )
    return tuple(EarlierAnalysis(**row) for row in uow.execute(statement).mappings())


def find_person(uow: UnitOfWork, profile_id: int) -> Person | None:
    """Return the person of a profile, or None if there is none (any more)."""
    statement = select(
        Profile.user_id,
        Profile.name,
        Profile.phone,
        Profile.email,
        Profile.tags,
        Profile.first_seen_at,
        Profile.memory_opt_out,
        Profile.interaction_stats,
    ).where(Profile.workspace_id == uow.workspace_id, Profile.id == profile_id)
    row = uow.execute(statement).mappings().first()
    return Person(**{**row, "tags": tuple(row["tags"])}) if row is not None else None
