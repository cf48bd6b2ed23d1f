"""One conversation whole: its messages, its current analysis, its person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from talkhub.names.labels import AnalysisSource, Correctable
from talkhub.store.queries.analytics import completion
from talkhub.store.tables.conversations import EMPTIED, Conversation
from talkhub.store.tables.insights import AnalysisRecord
from talkhub.store.tables.profiles import Profile
from talkhub.store.uow import UnitOfWork

OWN_SOURCE = "talkhub"
_OF_PERSON = (
    Profile.user_id,
    Profile.name,
    Profile.phone,
    Profile.email,
    Profile.tags,
    Profile.first_seen_at,
    Profile.memory_opt_out,
    Profile.held_at,
    Profile.interaction_stats,
)


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
    held_at: datetime | None
    interaction_stats: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation. `messages` and `result` are JSON as it is stored.

    `result` is the analysis that the filter columns come from; None before the first one.
    `earlier` are what other versions said, the latest first; `person` is None if there is none
    (any more).
    """

    conversation_id: str
    session_id: str
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
    person: Person | None
    earlier: tuple[EarlierAnalysis, ...]

    @property
    def is_emptied(self) -> bool:
        """Whether it was deleted, or its person erased: only what figures count is left."""
        return self.source == EMPTIED

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
            Conversation.session_id,
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
            _earlier_analyses(uow).label("earlier"),
            *(column.label(f"person_{column.key}") for column in _OF_PERSON),
        )
        .outerjoin(AnalysisRecord, current)
        .outerjoin(
            Profile,
            and_(Profile.workspace_id == uow.workspace_id, Profile.id == Conversation.profile_id),
        )
        .where(
            Conversation.workspace_id == uow.workspace_id,
            Conversation.conversation_id == conversation_id,
        )
    )
    row = uow.execute(statement).mappings().first()
    return _transcript(row) if row is not None else None


def _transcript(row: Mapping[Any, Any]) -> Transcript:
    told = {name: value for name, value in row.items() if not name.startswith("person_")}
    lists = {name: tuple(row[name]) for name in ("topics", "messages")}
    person = {column.key: row[f"person_{column.key}"] for column in _OF_PERSON}
    earlier = tuple(
        EarlierAnalysis(**{**it, "analysed_at": datetime.fromisoformat(it["analysed_at"])})
        for it in row["earlier"] or ()
    )
    has_person = person["user_id"] is not None
    made_of = {"person": _person(person) if has_person else None, "earlier": earlier}
    return Transcript(**{**told, **lists, **made_of})


def find_person(uow: UnitOfWork, profile_id: int) -> Person | None:
    """Return the person of a profile, or None if there is none (any more)."""
    statement = select(*_OF_PERSON).where(
        Profile.workspace_id == uow.workspace_id, Profile.id == profile_id
    )
    row = uow.execute(statement).mappings().first()
    return _person(row) if row is not None else None


def _person(row: Mapping[Any, Any]) -> Person:
    return Person(**{**row, "tags": tuple(row["tags"])})


def _earlier_analyses(uow: UnitOfWork) -> ScalarSelect[Any]:
    before = aliased(AnalysisRecord)
    told = func.jsonb_build_object(
        "version", before.analyser_version,
        "intent", before.result["intent"].astext,
        "sentiment", before.result["sentiment"].astext,
        "analysed_at", before.analysed_at,
    )  # fmt: skip
    return (
        select(func.jsonb_agg(aggregate_order_by(told, before.analysed_at.desc())))
        .where(
            before.workspace_id == uow.workspace_id,
            before.conversation_id == Conversation.id,
            before.source == OWN_SOURCE,
            before.analyser_version != Conversation.analysed_version,
        )
        .scalar_subquery()
    )
