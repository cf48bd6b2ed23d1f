"""Conversations as people look for them: a filter, and pages, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    and_,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from talkhub.names import MessageRole, SessionStatus
from talkhub.store.queries.analytics import completion
from talkhub.store.queries.conversation_filters import ConversationFilter, is_among
from talkhub.store.tables.conversations import EMPTIED, ChatSession, Conversation
from talkhub.store.tables.profiles import Profile
from talkhub.store.tables.teamwork import ConversationMarker, Marker
from talkhub.store.uow import UnitOfWork

PAGE_SIZE = 50
COUNTED_AT_MOST = 10_000
"""Counting goes no further: beyond it nobody reads the number, and the table is large."""

_EXCERPT_LENGTH = 240


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of all conversations, newest first."""

    last_message_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One conversation in a list. `last_words` are the person's, not the bot's.

    `markers` are pairs of a name and a colour. Of an emptied one only figures are left.
    """

    id: int
    conversation_id: str
    user_id: str
    name: str | None
    phone: str | None
    platform: str
    last_words: str | None
    intent: str | None
    sentiment: str | None
    score: float | None
    completion: str | None
    is_analysed: bool
    is_emptied: bool
    markers: tuple[tuple[str, str], ...]
    message_count: int
    last_message_at: datetime

    @property
    def position(self) -> Position:
        """Where the line stands in the order."""
        return Position(self.last_message_at, self.id)


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """A page of a list. `newer` and `older` are None where the list ends."""

    lines: tuple[ConversationLine, ...]
    newer: Position | None
    older: Position | None


def latest_conversations(
    uow: UnitOfWork,
    wanted: ConversationFilter,
    *,
    older_than: Position | None = None,
    newer_than: Position | None = None,
    size: int = PAGE_SIZE,
) -> ConversationPage:
    """Return the page that follows `older_than`, or precedes `newer_than`, or the first."""
    place = tuple_(Conversation.last_message_at, Conversation.id)
    # One row more than the page holds tells whether the list goes on.
    chosen = select(Conversation.id).where(is_among(uow, wanted)).limit(size + 1)
    if newer_than is not None:
        chosen = chosen.where(place > _edge(newer_than)).order_by(*place)
        lines = _read(uow, chosen)
        goes_on, lines = len(lines) > size, lines[-size:]
        newer, older = goes_on, True
    else:
        if older_than is not None:
            chosen = chosen.where(place < _edge(older_than))
        chosen = chosen.order_by(*(column.desc() for column in place))
        lines = _read(uow, chosen)
        goes_on, lines = len(lines) > size, lines[:size]
        newer, older = older_than is not None, goes_on
    return ConversationPage(
        lines=lines,
        newer=lines[0].position if lines and newer else None,
        older=lines[-1].position if lines and older else None,
    )


def count_conversations(uow: UnitOfWork, wanted: ConversationFilter) -> int:
    """Count the matching conversations, up to one more than `COUNTED_AT_MOST`."""
    found = select(Conversation.id).where(is_among(uow, wanted)).limit(COUNTED_AT_MOST + 1)
    counted: int = uow.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    return counted


def conversations_of_person(
    uow: UnitOfWork, profile_id: int, *, limit: int
) -> tuple[ConversationLine, ...]:
    """Return a person's latest conversations, on whatever platform."""
    chosen = (
        select(Conversation.id)
        .where(Conversation.workspace_id == uow.workspace_id, Conversation.profile_id == profile_id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    return _read(uow, chosen)


def active_conversations(
    uow: UnitOfWork, *, since: datetime, limit: int
) -> tuple[ConversationLine, ...]:
    """Return the latest conversations of sessions that are active and heard of `since`."""
    chosen = (
        select(Conversation.id)
        .join(
            ChatSession,
            and_(
                ChatSession.workspace_id == uow.workspace_id,
                ChatSession.session_id == Conversation.session_id,
                ChatSession.status == SessionStatus.ACTIVE,
            ),
        )
        .where(Conversation.workspace_id == uow.workspace_id, Conversation.last_message_at >= since)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(limit)
    )
    return _read(uow, chosen)


def _edge(position: Position) -> ColumnElement[Any]:
    return tuple_(position.last_message_at, position.id)


def _read(uow: UnitOfWork, chosen: Select[int]) -> tuple[ConversationLine, ...]:
    """Read the lines of chosen ids, newest first.

    The ids come from a subquery, so that only the page's transcripts are unpacked.
    """
    last_own_message = func.jsonb_path_query_array(
        Conversation.messages,
        f'$[*] ? (@.role == "{MessageRole.USER}" && @.content != "")',
        type_=JSONB,
    )[-1]
    statement = (
        select(
            Conversation.id,
            Conversation.conversation_id,
            Conversation.user_id,
            Profile.name,
            Profile.phone,
            Conversation.platform,
            func.left(last_own_message["content"].astext, _EXCERPT_LENGTH).label("last_words"),
            Conversation.primary_intent.label("intent"),
            Conversation.sentiment,
            Conversation.sentiment_score.label("score"),
            completion().label("completion"),
            Conversation.analysed_version.is_not(None).label("is_analysed"),
            (Conversation.source == EMPTIED).label("is_emptied"),
            _markers(uow).label("markers"),
            Conversation.message_count,
            Conversation.last_message_at,
        )
        .outerjoin(
            Profile,
            and_(Profile.workspace_id == uow.workspace_id, Profile.id == Conversation.profile_id),
        )
        .where(Conversation.id.in_(chosen))
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    )
    return tuple(_line(row) for row in uow.execute(statement))


def _line(row: Row[Any]) -> ConversationLine:
    told = dict(row._mapping)  # noqa: SLF001 -- the row's public API, despite its name
    markers = tuple((name, colour) for name, colour in told.pop("markers") or ())
    return ConversationLine(**told, markers=markers)


def _markers(uow: UnitOfWork) -> ScalarSelect[Any]:
    pair = func.jsonb_build_array(Marker.name, Marker.colour)
    return (
        select(func.jsonb_agg(aggregate_order_by(pair, func.lower(Marker.name))))
        .select_from(ConversationMarker)
        .join(Marker, Marker.id == ConversationMarker.marker_id)
        .where(
            ConversationMarker.workspace_id == uow.workspace_id,
            ConversationMarker.conversation_id == Conversation.id,
        )
        .scalar_subquery()
    )
